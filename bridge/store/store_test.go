package store_test

import (
	"testing"

	"drawbridge/bridge/store"
	"drawbridge/bridge/store/storetest"
)

func TestStore(t *testing.T) {
	for _, kind := range []struct {
		name string
		open func(t *testing.T) *store.Store
	}{
		{"sqlite", func(t *testing.T) *store.Store { return storetest.SQLite(t) }},
		{"postgres", func(t *testing.T) *store.Store { return storetest.Postgres(t) }},
	} {
		t.Run(kind.name, func(t *testing.T) { storetest.Run(t, kind.open) })
	}
}
