package main

// notifyMutants are broken builds that the tests of the notifier kill.
func notifyMutants() []mutant {
	const here, store = "./bridge/notify", "./bridge/store"
	return []mutant{
		{"private addresses", "bridge/notify/guard.go", "if err != nil || !public(to.Addr()) {", "if err != nil || !to.IsValid() {", here, "TestPrivateAddressesAreRefused"},
		{"redirects", "bridge/notify/guard.go", "return http.ErrUseLastResponse", "return nil", here, "TestPrivateAddressesAreRefused|TestI29_Failures"},
		{"I29, webhooks", "bridge/notify/failure.go", "return &Failure{Reason: connectionFailed}", "return &Failure{Reason: err.Error()}", here, "TestI29_FailuresHoldNoSecret"},
		{"I29, mail", "bridge/notify/mail.go", `Reason: "the mail server refused the log-in: SMTP " + strconv.Itoa(reply.Code)`, `Reason: reply.Error() + strconv.Itoa(reply.Code)`, here, "TestI29_MailFailuresHoldNoSecret"},
		{"I11, what hangs", "bridge/notify/health.go", "	if !failed || was.until.After(now) {\n		return was, failed\n", "	if !failed {\n		return was, failed\n", here, "TestI11_HoldIsToldWithinAMinuteWhateverHangs"},
		{"I11, rounds", "bridge/notice.go", "	if n.Due.IsZero() || n.Due.After(now) {\n", "	if n.Due.IsZero() || n.Sends > 1 {\n", here, "TestI11_HoldIsToldUntilAnswered"},
		{"told once", "bridge/notice.go", "	n.Due = now.Add(roundLasts)\n", "", store, "TestStore/sqlite/NoticeIsTakenOnOnce"},
		{"I7", "bridge/notify/notifier.go", "	wanted, err := n.causes(ctx, now)\n	if err != nil {\n", "	wanted, err := n.causes(ctx, now)\n	if err != nil && false {\n", here, "TestI7_AFailedReadClosesNothing"},
	}
}
