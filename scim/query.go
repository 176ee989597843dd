package scim

import (
	"errors"
	"fmt"
	"math"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"drawbridge/scim/filter"
	"drawbridge/scim/schema"
)

// params are the query parameters that mean something here. All others are accepted: Entra keeps its feature
// flags in the query of the base URL.
type params struct {
	filter, startIndex, count *string
	attributes, excluded      []string
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
		var single **string
		var list *[]string
		switch strings.ToLower(name) {
		case "filter":
			single = &p.filter
		case "startindex":
			single = &p.startIndex
		case "count":
			single = &p.count
		case "attributes":
			list = &p.attributes
		case "excludedattributes":
			list = &p.excluded
		default:
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

// query turns the parameters of a list into a Query.
func (p params) query(rt *schema.ResourceType) (Query, error) {
	q := Query{StartIndex: 1, Count: DefaultPage}
	var err error
	if p.startIndex != nil {
		if q.StartIndex, err = clamped("startIndex", *p.startIndex, 1, math.MaxInt32); err != nil {
			return Query{}, err
		}
	}
	if p.count != nil {
		if q.Count, err = clamped("count", *p.count, 0, MaxPage); err != nil {
			return Query{}, err
		}
	}
	if p.filter == nil {
		return q, nil
	}
	if q.Filter, err = filter.Parse(*p.filter); err != nil {
		return Query{}, err
	}
	return q, filter.Check(q.Filter, rt)
}

// clamped reads an integer; values out of range mean the nearest one within it (RFC 7644 section 3.4.2.4).
func clamped(name, text string, least, most int) (int, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, InvalidValue(name + ": expected an integer")
	}
	return int(min(max(n, int64(least)), int64(most))), nil
}
