package main

// restoreMutants are broken builds that the tests of restores from backups kill.
func restoreMutants() []mutant {
	const sync, store = "./oktasync", "./bridge/store"
	const story = "TestI9_NothingIsWrittenUntilAPersonApproves/sqlite"
	return []mutant{
		{"I9, noticed", "oktasync/record.go", "	case there.Counter > c.Pending:\n", "	case there.Counter > c.Pending && false:\n", sync, story},
		{"I9, counted here first", "oktasync/record.go", "	c.Pending++\n	if err := k.Store.SaveCounter(ctx, k.lease, c); err != nil {\n		return err\n	}\n", "	c.Pending++\n", sync, "TestI9_ACrashWhileCountingIsNoRestore/after_Okta/sqlite"},
		{"I9, before a write", "oktasync/call.go", "		if err := j.records.vouch(ctx); err != nil {\n", "		if err := ctx.Err(); err != nil {\n", sync, "TestI9_CountsAreFew/sqlite"},
		{"I9, the last brake", "bridge/store/intent.go", " AND c.review_since = 0 AND c.epoch = $6", " AND c.epoch = $6", store, "TestStore/sqlite/I9"},
		{"I9, who rests", "oktasync/look.go", "j.Open == nil && !j.unproven()\n", "j.Open == nil\n", sync, story},
		{"I9, SCIM", "bridge/store/user_sqlite.go", "` + servingStates + ` AND c.review_since = 0 AND t.id", "` + servingStates + ` AND t.id", store, "TestStore/sqlite/I9"},
		{"I9, by hand", "bridge/store/restore.go", "WHERE customer_id = ? AND by_us ORDER", "WHERE customer_id = ? ORDER", sync, story},
		{"I9, disconnected since", "bridge/restore.go", "r.Found.Record.State.ended() && !r.Customer.State.ended()", "r.Found.Record.State.ended() && r.Customer.State.ended()", sync, story},
		{"I9, on record", "oktasync/disconnect.go", "	if s.Records != nil && !s.records.cutOnRecord(p.CustomerID) {\n", "	if s.Records != nil && false {\n", sync, "TestI9_ADisconnectIsDoneWhenItIsOnRecord/sqlite"},
		{"I13, kept out", "bridge/store/restore.go", "		if _, err := c.exec(ctx, takenAway, u.CustomerID, u.ID); err != nil {\n			return e, err\n		}\n", "", sync, story},
		{"I11, hold", "bridge/store/restore.go", "	n, err := c.exec(ctx, markNotGone, micros(a.At), row.ID)\n", "	n, err := c.exec(ctx, forgetOutOf, row.ID)\n", sync, story},
	}
}
