package storetest

import (
	"testing"

	"drawbridge/bridge/store"
)

// Run runs the suite; open returns a fresh store of the kind under test.
func Run(t *testing.T, open func(t *testing.T) *store.Store) {
	tests := []struct {
		name string
		test func(t *testing.T, s *store.Store)
	}{
		{"Customer", testCustomer},
		{"ChangeCustomer", testChangeCustomer},
		{"Token", testToken},
		{"User", testUser},
		{"UniqueName", testUniqueName},
		{"Fresh", testFresh},
		{"VersionRace", testVersionRace},
		{"I18_CustomersApart", testI18CustomersApart},
		{"Gate", testGate},
		{"I30_RevokedTokenWritesNothing", testI30RevokedTokenWritesNothing},
		{"DueMark", testDueMark},
		{"DueQueue", testDueQueue},
		{"MarkDue", testMarkDue},
		{"Settle", testSettle},
		{"SettleMany", testSettleMany},
		{"DueSubjects", testDueSubjects},
		{"Parked", testParked},
		{"I24_EventsInCommitOrder", testI24EventsInCommitOrder},
		{"EventsOfUser", testEventsOfUser},
		{"Pages", testPages},
		{"PagesUnderWrites", testPagesUnderWrites},
		{"Find", testFind},
		{"Mail", testMail},
		{"Sort", testSort},
		{"Cursor", testCursor},
		{"Group", testGroup},
		{"GroupName", testGroupName},
		{"FindGroups", testFindGroups},
		{"GroupsOfUsers", testGroupsOfUsers},
		{"I14_ForeignMembers", testI14ForeignMembers},
		{"I21_SameMembersTwice", testI21SameMembersTwice},
		{"I24_OneEventPerGroupChange", testI24OneEventPerGroupChange},
		{"DeletedUserLeaves", testDeletedUserLeaves},
		{"Text", testText},
		{"Reservation", testReservation},
		{"I15_OneLoginOneUser", testI15OneLoginOneUser},
		{"I12_AppliedVersionNeverGoesBack", testI12AppliedVersionNeverGoesBack},
		{"StillActive", testStillActive},
		{"IdP", testIdP},
		{"I23_OneCallInFlight", testI23OneCallInFlight},
		{"BeginIntent", testBeginIntent},
		{"EndIntent", testEndIntent},
		{"Lease", testLease},
		{"Removals", testRemovals},
		{"I3_LateRemovalsCount", testI3LateRemovalsCount},
		{"Holds", testHolds},
		{"HoldState", testHoldState},
		{"HeldPeople", testHeldPeople},
		{"I3_ApprovalIsForOneRemoval", testI3ApprovalIsForOneRemoval},
		{"I3_Brake", testI3Brake},
		{"I3_NothingStartsWhileHeld", testI3NothingStartsWhileHeld},
		{"I13_Containment", testI13Containment},
		{"Proposal", testProposal},
		{"Signs", testSigns},
		{"ChangeUsers", testChangeUsers},
		{"Contacts", testContacts},
		{"Notices", testNotices},
		{"NoticeIsTakenOnOnce", testNoticeIsTakenOnOnce},
		{"Release", testRelease},
		{"Plans", testPlans},
		{"Cut", testCut},
		{"Finish", testFinish},
		{"Sweep", testSweep},
		{"Uncut", testUncut},
		{"Manage", testManage},
		{"Subject", testSubject},
		{"Search", testSearch},
		{"State", testState},
		{"Cancelled", testCancelled},
		{"Wakes", testWakes},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { tt.test(t, open(t)) })
	}
}
