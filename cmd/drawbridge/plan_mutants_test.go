package main

// planMutants are broken builds that the tests of the disconnect kill.
func planMutants() []mutant {
	const sync = "./oktasync"
	const orders = "TestI1_TestI2_Interleavings//sqlite"
	return []mutant{
		{"I1, in flight", "bridge/store/cut.go", "if _, err := c.exec(ctx, restoreInFlight,", "if _, err := c.exec(ctx, `DELETE FROM restorations WHERE plan_id = ? AND late_from > ? AND customer_id = ?`,", sync, orders},
		{"I1, in the burst", "policy/plan.go", "	case d.Burst:\n", "	case d.Burst && false:\n", sync, "TestI1_EverybodyStillSignsIn/sqlite"},
		{"I1, compared", "bridge/store/departing.go", "from, from+length-1)", "from, from+length-2)", "./bridge/store", "TestStore/sqlite/I1_Compare"},
		{"I1, landed late", "policy/decide.go", "!takenByUs(f) && !landedLate(f):", "!takenByUs(f):", sync, "TestI2_LateLandingIsReverted/sqlite"},
		{"I2, after the cut", "bridge/store/intent.go", "AND c.epoch = $6\n  AND (NOT $7 OR c.state IN ` + governingStates + ` OR ` + locked + `)", "AND $6 > 0", sync, orders},
		{"I2, proof", "oktasync/prove.go", "j.Link.Read.Before(j.Customer.VerifyFrom)", "j.Link.Read.Before(j.Customer.Created)", sync, orders},
		{"I2, second sweep", "oktasync/disconnect.go", "	if err := s.Store.StartSweep(ctx, p, s.Now()); err != nil {\n", "	if err := ctx.Err(); err != nil {\n", sync, "TestI2_LateLandingIsReverted/sqlite"},
		{"I2, undo without a hold", "bridge/store/rejoin.go", "tx.exec(ctx, openHold, u.HoldID, row.ID, micros(u.At), bridge.HoldUndone, u.Sentence)", "tx.exec(ctx, closeHold, micros(u.At), row.ID)", sync, "TestI2_AnUndoRevokesNobody/sqlite"},
		{"I11, unreleased", "oktasync/look.go", "	if e.settle && j.Customer.State == bridge.Disconnecting && j.User.Connected {\n", "	if e.settle && j.Customer.State == bridge.Disconnecting && j.User.Connected && false {\n", sync, "TestI11_UndoneBeforeTheRelease/sqlite"},
		{"I13, under a lock", "bridge/store/intent.go", "AND ($4 NOT IN ('unsuspend', 'activate') OR NOT ` + locked + `)", "AND $4 <> ''", "./bridge/store", "TestStore/sqlite/I13_Containment"},
		{"I13, lock", "policy/plan.go", "	case d.Contained:\n		return StaysInactive\n", "", sync, "TestI1_EverybodyStillSignsIn/sqlite"},
		{"I13, by hand", "policy/decide.go", "	case !f.GiveBack || !takenByUs(f)", "	case !f.GiveBack && !takenByUs(f)", sync, "TestI1_EverybodyStillSignsIn/sqlite"},
		{"I25, rows", "bridge/store/planrows.go", "r.result = '' ORDER BY r.ordinal LIMIT ?", "r.result = '' AND l.okta_id IS NOT NULL ORDER BY r.ordinal LIMIT 1 + 0 * ?", sync, "TestI25_AJobKilledAnywhere/sqlite"},
		{"I25, released", "oktasync/disconnect.go", "	if rest, err := s.atRest(ctx, p.CustomerID); err != nil || !rest {\n		return err\n	}\n	if err := s.Store.AddLateRows", "	if err := s.Store.AddLateRows", sync, "TestI25_AJobKilledAnywhere/sqlite"},
	}
}
