package main

// holdMutants are broken builds that the tests of holds, of the answers to them and of locks kill.
func holdMutants() []mutant {
	const sync, store = "./oktasync", "./bridge/store"
	return []mutant{
		{"I3", "bridge/store/hold.go", "AND i.kind = 'suspend' AND i.sent_at > `", "AND i.kind = 'nothing' AND i.sent_at > `", "./bridge/store", "TestStore/sqlite/I3_LateRemovalsCount"},
		{"approval, read", "bridge/store/subject.go", "a.removed_at = u.removed_at) AS approved", "a.removed_at <> 0) AS approved", store, "TestStore/sqlite/I3_ApprovalIsForOneRemoval"},
		{"approval, claimed", "bridge/store/intent.go", "a.user_id = u.id AND a.removed_at = u.removed_at))", "a.user_id = u.id AND a.removed_at <> 0))", store, "TestStore/sqlite/I3_NothingStartsWhileHeld"},
		{"approval, given", "bridge/store/approval.go", "AND u.removed_at = CAST(e.value ->> 1 AS BIGINT)", "AND u.removed_at <> 0", store, "TestStore/sqlite/I3_ApprovalIsForOneRemoval"},
		{"lapse, by closing", "bridge/store/hold.go", "customerID); err != nil || n > 0 {", "customerID); err != nil || n < 0 {", store, "TestStore/sqlite/I3_ApprovalIsForOneRemoval"},
		{"lapse, by not looking", "bridge/store/subject.go", "h.closed_at = 0) AS held", "h.closed_at < 0) AS held", store, "TestStore/sqlite/I3_ApprovalIsForOneRemoval"},
		{"lapse, as counts fall", "bridge/store/intent.go", "h.customer_id = $2 AND h.closed_at = 0))", "h.customer_id = $2 AND h.closed_at < 0))", store, "TestStore/sqlite/I3_NothingStartsWhileHeld"},
		{"second person", "bridge/holdanswer.go", "p.Actor == a.Name && now.Before(out.Alone)", "p.Actor == \"\" && now.Before(out.Alone)", sync, "TestI3_ManyNeedASecondPerson/sqlite"},
		{"an hour alone", "bridge/hold.go", "const AloneAfter = time.Hour", "const AloneAfter = time.Minute", sync, "TestI3_AlonePersonConfirmsAnHourLater/sqlite"},
		{"proposed set", "bridge/holdanswer.go", "		set = p.Set\n", "		_ = p.Set\n", sync, "TestI3_ManyNeedASecondPerson/sqlite"},
		{"answered, accepted", "bridge/store/hold.go", "Hour: row.Hour - row.AnsweredHour,", "Hour: row.Hour,", store, "TestStore/sqlite/I3_ApprovalIsForOneRemoval"},
		{"answered, started", "bridge/store/hold.go", "AND revokes AND NOT answered AND sent_at > $2) AS started`", "AND revokes AND sent_at > $2) AS started`", store, "TestStore/sqlite/I3_Brake"},
		{"answered, over all", "bridge/store/hold.go", "WHERE revokes AND NOT answered AND sent_at > ?", "WHERE revokes AND sent_at > ?", store, "TestStore/sqlite/I3_Brake"},
		{"brake", "bridge/store/intent.go", "$16) < 200 OR", "$16) < 2000 OR", sync, "TestI3_TheBrakeStopsWhatTheLimitsDoNot/sqlite"},
		{"logins, as counts fall", "policy/loginhold.go", "l.Held == 0 && l.Changed < limit", "l.Changed < limit", sync, "TestI3_ChangedLoginsWait/sqlite"},
		{"logins, counted", "bridge/store/loginhold.go", "i.state <> 'failed' AND", "i.state = 'failed' AND", store, "TestStore/sqlite/I3_LoginHold"},
		{"logins, corrected", "policy/loginhold.go", "l.Again || l.Held", "l.Held", sync, "TestI3_ACorrectedLoginIsWritten/sqlite"},
		{"logins, answered", "oktasync/loginhold.go", "j.Renamed.Wanted == key)", "j.Renamed.Wanted != \"\")", sync, "TestI3_AnAnswerCoversTheLoginsThatWere/sqlite"},
		{"logins, said since", "oktasync/loginhold.go", "	_, pin.Wanted = j.Said()\n", "", sync, "TestI3_ACorrectedLoginIsWritten/sqlite"},
		{"logins, told", "bridge/notify/cause.go", "	for _, h := range logins {\n", "	for _, h := range logins[:0] {\n", "./bridge/notify", "TestI3_HeldLoginsAreTold"},
		{"lock, lifted", "bridge/store/intent.go", "k.user_id = u.id AND k.lifted_at = 0)", "k.user_id = u.id AND k.lifted_at >= 0)", store, "TestStore/sqlite/I13_Containment"},
		{"lock, at rest", "oktasync/look.go", "!j.locking(d)\n", "true\n", sync, "TestI13_OnlyAPersonLiftsALock/sqlite"},
		{"lock, given back", "bridge/facts.go", "		Unlocked:    s.Unlocked,\n", "", sync, "TestI13_OnlyAPersonLiftsALock/sqlite"},
		{"lock, sessions", "oktasync/reconcile.go", " || !j.Contained.IsZero()) && j.Link.SessionsEnded == 0", ") && j.Link.SessionsEnded == 0", sync, "TestI13_OnlyAPersonLiftsALock/sqlite"},
		{"mistake, attribute", "bridge/userchange.go", "	attrs[\"active\"] = active\n", "", sync, "TestI13_AMistakeIsTakenBackByAPerson/sqlite"},
		{"mistake, name in use", "bridge/store/userchange.go", "err != nil || live > 0 {", "err != nil || live < 0 {", sync, "TestI13_AMistakeIsTakenBackByAPerson/sqlite"},
	}
}
