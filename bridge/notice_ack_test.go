package bridge_test

import (
	"testing"
	"time"

	"drawbridge/bridge"
	"drawbridge/bridge/store"
	"drawbridge/bridge/store/storetest"
)

func TestAcknowledgeNotice(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx, svc := t.Context(), bridge.NewService(s, now, newID)
		anna := bridge.Actor{Name: "support:anna", Role: bridge.Operator}
		at := now()
		n := bridge.Notice{ID: newID(), Subject: "outage:1", Kind: bridge.NoticeOutage, Severity: bridge.Critical, Text: []string{"Okta"}, Created: at, Due: at}
		if _, err := s.RaiseNotice(ctx, n); err != nil {
			t.Fatal(err)
		}
		if _, err := svc.AcknowledgeNotice(ctx, bridge.Actor{Name: "support:new", Role: bridge.Viewer}, n.Subject); bridge.CodeOf(err) != bridge.Refused {
			t.Errorf("by a viewer: %v", err)
		}
		if _, err := svc.AcknowledgeNotice(ctx, anna, "outage:2"); bridge.CodeOf(err) != bridge.NotFound {
			t.Errorf("of another subject: %v", err)
		}
		if _, err := svc.AcknowledgeNotice(ctx, anna, n.Subject); err != nil {
			t.Fatal(err)
		}
		if _, err := svc.AcknowledgeNotice(ctx, anna, n.Subject); bridge.CodeOf(err) != bridge.Conflict {
			t.Errorf("a second time: %v", err)
		}
		open, err := svc.Notices(ctx, anna)
		if err != nil || len(open) != 1 || open[0].AcknowledgedBy != "support:anna" || !open[0].Due.IsZero() {
			t.Errorf("open notices %+v, %v", open, err)
		}
		closing := func(n *bridge.Notice) bool { n.Sends = 1; n.Close(now().Add(time.Second)); return true }
		if _, err := s.ChangeNotice(ctx, "", n.ID, closing); err != nil {
			t.Fatal(err)
		}
		if open, err := svc.Notices(ctx, anna); err != nil || len(open) != 0 {
			t.Errorf("closed, and still to be told, it is listed as open: %+v, %v", open, err)
		}
	})
}
