package scim

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"drawbridge/scim/filter"
)

// params are the query parameters that mean something here. All others are accepted: Entra keeps its feature
// flags in the query of the base URL.
type params struct {
	filter, startIndex, count *string
	sortBy, sortOrder, cursor *string
	attributes, excluded      []string
}

// place is where a parameter is kept, by its name in lower case: single or, for a list, list.
func (p *params) place(name string) (single **string, list *[]string) {
	switch name {
	case "filter":
		return &p.filter, nil
	case "startindex":
		return &p.startIndex, nil
	case "count":
		return &p.count, nil
	case "sortby":
		return &p.sortBy, nil
	case "sortorder":
		return &p.sortOrder, nil
	case "cursor":
		return &p.cursor, nil
	case "attributes":
		return nil, &p.attributes
	case "excludedattributes":
		return nil, &p.excluded
	}
	return nil, nil
}

// parseParams reads a raw query. Names are matched in any case and escaped or not: a filter that is overlooked would
// be answered with everything.
func parseParams(raw string) (params, error) {
	var p params
	for pair := range strings.SplitSeq(raw, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if plain, err := url.QueryUnescape(name); err == nil {
			name = plain
		}
		single, list := p.place(strings.ToLower(name))
		if single == nil && list == nil {
			continue
		}
		if len(value) > 3*filter.MaxBytes { // every byte escaped
			return params{}, tooLong(name)
		}
		text, err := url.QueryUnescape(value)
		if err != nil || !utf8.ValidString(text) {
			return params{}, InvalidSyntax(name + ": not valid percent-encoded UTF-8")
		}
		if len(text) > filter.MaxBytes {
			return params{}, tooLong(name)
		}
		if list != nil {
			*list = append(*list, strings.Split(text, ",")...)
			continue
		}
		if *single != nil {
			return params{}, InvalidSyntax(name + ": given more than once")
		}
		*single = &text
	}
	return p, nil
}

func tooLong(name string) error {
	detail := fmt.Sprintf("%s: longer than %d bytes", name, filter.MaxBytes)
	if strings.EqualFold(name, "filter") {
		return InvalidFilter(detail)
	}
	return InvalidValue(detail)
}

// clamped reads an integer; values out of range mean the nearest one within it (RFC 7644 section 3.4.2.4).
func clamped(name, text string, least, most int) (int, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, InvalidValue(name + ": expected an integer")
	}
	return int(min(max(n, int64(least)), int64(most))), nil
}
