package main

// deleteMutants are broken builds that the tests of deleted customers kill.
func deleteMutants() []mutant {
	const sync, store = "./oktasync", "./bridge/store"
	const inherited = "TestI15_DeletedAccountsAreInheritedByNobody/sqlite"
	return []mutant{
		{"I15, last brake", "bridge/store/link.go", "WHERE NOT EXISTS (SELECT 1 FROM tombstones t WHERE t.okta_id = $4)", "WHERE NOT EXISTS (SELECT 1 FROM tombstones t WHERE t.okta_id = $4 AND t.at < 0)", store, "TestStore/sqlite/Purge"},
		{"I15, found", "oktasync/lifecycle.go", "err != nil || buried {", "err != nil || buried && false {", sync, inherited},
		{"I15, mark", "bridge/store/tombstone.go", "WHERE c.id = $2 AND c.state = 'deleted'", "WHERE c.id = $2 AND c.state = ''", sync, inherited},
		{"I2, second sweep", "bridge/delete.go", "	case !d.Sweep.IsZero():\n", "	case !d.Sweep.IsZero() && false:\n", sync, "TestDelete_WhenItMay/sqlite"},
		{"no call after it", "bridge/store/intent.go", "c.state <> 'deleted'", "c.state <> ''", store, "TestStore/sqlite/Delete"},
		{"nothing to do after it", "oktasync/look.go", "	case j.Customer.State == bridge.Deleted:", "	case j.Customer.State == bridge.Deleted && false:", sync, inherited},
		{"I25, remembered", "bridge/store/purge.go", "SELECT l.okta_id, l.customer_id, l.user_id, $4 FROM links l WHERE", "SELECT l.okta_id, l.customer_id, l.user_id, $4 FROM links l WHERE l.status = '' AND", sync, "TestI25_APurgeKilledAnywhere/sqlite"},
		{"purge, what comes late", "oktasync/purge.go", "const purgeSettles = 5 * time.Minute", "const purgeSettles = 0 * time.Minute", sync, "TestDelete_NothingPersonalIsLeft/sqlite"},
		{"purge, names in plans", "bridge/store/purge.go", "SET user_name = '', writes", "SET user_name = user_name, writes", sync, "TestDelete_NothingPersonalIsLeft/sqlite"},
	}
}
