package scim

import (
	"fmt"
	"strings"

	"drawbridge/scim/patch"
)

// operations reads the body of a PATCH. Keys are taken in any case. schemas is not asked for: it can only repeat
// what the method says. No operations at all is a request that changes nothing; Entra's validator sends it.
func operations(body map[string]any) ([]patch.Operation, error) {
	members, err := lowerKeys(body)
	if err != nil {
		return nil, err
	}
	list, ok := members["operations"].([]any)
	if !ok {
		return nil, InvalidSyntax("Operations: expected a list")
	}
	if len(list) > patch.MaxOperations {
		return nil, TooMany(fmt.Sprintf("Operations: at most %d in one request", patch.MaxOperations))
	}
	ops := make([]patch.Operation, 0, len(list))
	for i, item := range list {
		op, err := operation(item)
		if err != nil {
			return nil, InvalidSyntax(fmt.Sprintf("operation %d: %s", i+1, err.Detail))
		}
		ops = append(ops, op)
	}
	return ops, nil
}

func operation(item any) (patch.Operation, *Error) {
	object, ok := item.(map[string]any)
	if !ok {
		return patch.Operation{}, InvalidSyntax("expected an object")
	}
	members, err := lowerKeys(object)
	if err != nil {
		return patch.Operation{}, err
	}
	op := patch.Operation{Value: members["value"]}
	_, op.HasValue = members["value"]
	if op.Op, ok = members["op"].(string); !ok {
		return patch.Operation{}, InvalidSyntax("op: expected add, replace or remove")
	}
	if op.Path, ok = members["path"].(string); !ok && members["path"] != nil {
		return patch.Operation{}, InvalidSyntax("path: expected a string")
	}
	return op, nil
}

func lowerKeys(m map[string]any) (map[string]any, *Error) {
	out := make(map[string]any, len(m))
	for key, v := range m {
		out[strings.ToLower(key)] = v
	}
	if len(out) != len(m) {
		return nil, InvalidSyntax("the same key twice, in different case")
	}
	return out, nil
}
