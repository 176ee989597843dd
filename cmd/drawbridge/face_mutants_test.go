package main

// faceMutants are broken builds that the tests of the SCIM face kill.
func faceMutants() []mutant {
	const here = "./cmd/drawbridge"
	return []mutant{
		{"paths", "scim/auth.go", `strings.ContainsAny(path, "%;\\")`, `strings.ContainsAny(path, "\\")`, here, "TestFace_PathTricksAreRefused/sqlite"},
		{"overrides", "scim/server.go", "	case overridden(r.Header):\n", "	case overridden(nil):\n", here, "TestFace_PathTricksAreRefused/sqlite"},
		{"tokens", "scim/auth.go", "	if len(headers) != 1 {\n", "	if len(headers) == 0 {\n", here, "TestFace_BadTokensAreRefused/sqlite"},
		{"classes", "bridge/gatekeeper.go", "if !ok || class != SCIMToken {", "if !ok || class == \"\" {", here, "TestFace_BadTokensAreRefused/sqlite"},
		{"slowed by address", "bridge/traffic/wrong.go", "b = append(append(b, '\\n'), secret...)", "b = append(b, '\\n')", here, "TestFace_WrongTokensAreSlowedPerPair/sqlite"},
		{"secrets in filters", "scim/filter/scope.go", "if secret(t.Attr) || secret(t.Leaf()) {", "if secret(t.Attr) && false {", here, "TestFace_FiltersNeverMeanAllRows/sqlite"},
		{"page", "scim/search.go", `clamped("count", *p.count, 0, MaxPage)`, `clamped("count", *p.count, 0, 2*MaxPage)`, here, "TestFace_PagesAreClamped/sqlite"},
		{"cursor", "bridge/store/userlist.go", "u.ordinal > (SELECT ordinal FROM past)", "u.ordinal > (SELECT ordinal + 1 FROM past)", here, "TestFace_PagesAreStableDuringWrites/sqlite"},
		{"password", "scim/schema/user.go", `Mutability: WriteOnly, Returned: Never, Description`, `Mutability: ReadWrite, Returned: Default, Description`, here, "TestFace_MassAssignmentIsIgnoredOrRefused/sqlite"},
		{"foreign members", "bridge/store/member.go", "if err == nil && n != len(ids) {", "if err == nil && n > len(ids) {", here, "TestFace_(ForeignMembers|PatchApplies).*/sqlite"},
		{"races", "bridge/store/group.go", "if err == nil && row.Version != g.Version-1 {", "if err == nil && row.Version == 0 {", here, "TestFace_RacingPatchesLoseNothing/sqlite"},
		{"ETag", "scim/etag.go", "len(want) > 0 && !matches(want, current.Version)", "len(want) > 1 && !matches(want, current.Version)", here, "TestFace_OldETagsAreRefused/sqlite"},
		{"revival", "bridge/userface.go", `if cur.ExternalID == w.User.ExternalID || cur.ExternalID == ""`, `if true || cur.ExternalID == ""`, here, "TestFace_ReviveRules/sqlite"},
		{"repeated", "bridge/userface.go", "if !samePerson || cur.Active || !next.Active {", "if !samePerson {", here, "TestFace_(RepeatedPost|ReviveRules).*/sqlite"},
		{"disconnect", "bridge/store/gate.go", "	case !bridge.State(g.State).Serves():\n", "	case bridge.State(g.State) == bridge.Disconnected:\n", here, "TestFace_DisconnectedIsRefusedEverywhere/sqlite"},
		{"moves", "bridge/userface.go", "l == login && e == email", "l == login || e == email", here, "TestFace_MovesIntoAnotherDomainAreRefused/sqlite"},
		{"owned domains", "bridge/store/domain.go", "WHERE name = ? AND customer_id <> ?`", "WHERE name = ? AND customer_id = ?`", here, "TestFace_AnotherCustomersDomainIsRefused/sqlite"},
		{"odd names", "bridge/login.go", "if !letter && !strings.ContainsRune(\"._-+'&~!=^$*{}|`\", r) {", "if !letter && r == 0 {", here, "TestFace_OddNamesNeverReachOkta/sqlite"},
		{"cycle, users", "bridge/userface.go", "if cur.Deleted.IsZero() && bytes.Equal(next.Doc, cur.Doc) {", "if false && bytes.Equal(next.Doc, cur.Doc) {", here, "TestI21_ACycleTwiceChangesNothingMore/.*/sqlite"},
		{"cycle, members", "bridge/store/group.go", "		case len(added)+len(removed) == 0:\n", "		case len(added)+len(removed) < 0:\n", here, "TestI21_ACycleTwiceChangesNothingMore/.*/sqlite"},
	}
}
