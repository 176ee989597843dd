package main

// reconnectMutants are broken builds that the tests of a customer's coming back kill.
func reconnectMutants() []mutant {
	const sync, store = "./oktasync", "./bridge/store"
	const whole, hold = "TestI7_AMissingPersonKeepsAccess/sqlite", "TestI3_AcceptedRemovalsWait/sqlite"
	return []mutant{
		{"I7, missing", "bridge/store/reconnect.go", "		{addMissing, []any{customerID, at, a.Actor}},\n", "", sync, whole},
		{"I7, lists", "bridge/arrival.go", "	if page.Total != 1 || len(page.Resources) != 1 {\n		return nil\n	}\n	by, ok := soughtBy(q.Filter)\n	if !ok {", "	by, ok := ByLogin, len(page.Resources) > 0\n	if !ok {", sync, "TestReconnect_WhatShowsThatTheIdPKnows/sqlite"},
		{"I3, hold on acceptance", "bridge/store/reconnect.go", "	if h := a.Hold; h != nil {", "	if h := a.Hold; h != nil && false {", sync, hold},
		{"I3, hold that looks empty", "bridge/store/rejoin.go", " + (SELECT COUNT(*) FROM customers WHERE id = $1 AND joining_since <> 0)", "", sync, hold},
		{"I3, what was read", "bridge/reconnect.go", " || r.Hash[:len(hash)] != hash:", ":", sync, hold},
		{"I13, created while waiting", "bridge/store/user_sqlite.go", "$10 AND c.waiting_since = 0, $11,", "$10, $11,", store, "TestStore/sqlite/Reconnect"},
		{"I13, released singly", "bridge/store/arrival.go", "AND user_id = ? AND missing`", "AND user_id = ?`", store, "TestStore/sqlite/Reconnect"},
		{"I16, logins stay", "bridge/facts.go", "	if s.Pin != nil {\n", "	if s.Pin != nil && false {\n", sync, whole},
		{"I19, claimed once", "bridge/store/arrival.go", "	if err == nil && n == 0 {\n		err = refusal(bridge.Conflict, \"another request", "	if err == nil && n < 0 {\n		err = refusal(bridge.Conflict, \"another request", store, "TestStore/sqlite/I19"},
		{"changed by hand", "oktasync/reconnect.go", "			link.Applied[name] = value\n", "			_ = value\n", sync, whole},
	}
}
