package scim1

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// configDocument tells what the service can do (draft-scim-core-schema-01 section 9).
type configDocument struct {
	Schemas        []string         `json:"schemas"`
	Patch          json.RawMessage  `json:"patch"`
	Bulk           bulkDocument     `json:"bulk"`
	Filter         json.RawMessage  `json:"filter"`
	ChangePassword json.RawMessage  `json:"changePassword"`
	Sort           json.RawMessage  `json:"sort"`
	ETag           json.RawMessage  `json:"etag"`
	XML            supported        `json:"xmlDataFormat"`
	Authentication []schemeDocument `json:"authenticationSchemes"`
}

type supported struct {
	Supported bool `json:"supported"`
}

type bulkDocument struct {
	supported
	MaxOperations  int `json:"maxOperations"`
	MaxPayloadSize int `json:"maxPayloadSize"`
}

type schemeDocument struct {
	Type        string `json:"type"`
	Name        string `json:"name"`
	Description string `json:"description"`
	SpecURL     string `json:"specUrl,omitempty"`
	Primary     bool   `json:"primary,omitempty"`
}

// serviceProviderConfig takes over what SCIM 2.0 says of itself, but for Bulk.
func (s *server) serviceProviderConfig(_ *http.Request, body string) (string, error) {
	var of2 struct {
		Patch, Filter, ChangePassword, Sort, ETag json.RawMessage
		AuthenticationSchemes                     []struct {
			Type, Name, Description, SpecURI string
			Primary                          bool
		}
	}
	if err := json.Unmarshal([]byte(body), &of2); err != nil {
		return "", fmt.Errorf("scim1: reading the configuration of SCIM 2.0: %w", err)
	}
	d := configDocument{
		Schemas: []string{coreURN}, Patch: of2.Patch, Filter: of2.Filter, ChangePassword: of2.ChangePassword, Sort: of2.Sort, ETag: of2.ETag,
	}
	for _, a := range of2.AuthenticationSchemes {
		d.Authentication = append(d.Authentication, schemeDocument{a.Type, a.Name, a.Description, a.SpecURI, a.Primary})
	}
	return encode(d)
}
