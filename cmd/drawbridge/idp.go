package main

import (
	"context"
	"fmt"
	"log/slog"

	"drawbridge/bridge"
	"drawbridge/bridge/store"
	"drawbridge/oktasync"
	"drawbridge/oktasync/okta"
)

// examineIdPs looks at the customers' identity providers in Okta as the process that syncs has last read them.
func examineIdPs(ctx context.Context, s *store.Store) []finding {
	all, err := s.CustomerIdPs(ctx)
	if err != nil {
		return []finding{{false, "idp", oneLine(err)}}
	}
	var found []finding
	for _, c := range all {
		if trouble := c.IdP.Trouble(now()); trouble != "" {
			found = append(found, finding{false, "idp", idpSentence(c.Customer, trouble)})
		}
	}
	if len(all) > 0 && len(found) == 0 {
		found = append(found, finding{true, "idp", allWell(len(all))})
	}
	return found
}

func idpSentence(c bridge.Customer, trouble string) string {
	return fmt.Sprintf("the identity provider of %s in Okta (%s): %s", c.Slug, c.OktaIdP, trouble)
}

func allWell(n int) string {
	return fmt.Sprintf("the identity providers of customers in Okta (%d) are active, and their just-in-time rules give no removed person access back", n)
}

// idps reads the customers' identity providers in the org. Without a database there is nothing to look at; one that is not
// ready is no fault of the org.
func (c *oktaCheckCmd) idps(ctx context.Context, std streams, client *okta.Client) []okta.Finding {
	if c.Database == "" {
		return nil
	}
	all, err := c.customerIdPs(ctx, std)
	if err != nil {
		return []okta.Finding{{Subject: "idp", OK: true, Sentence: "The customers' identity providers were not looked at: " + oneLine(err)}}
	}
	var findings []okta.Finding
	for _, x := range all {
		p, err := oktasync.ReadIdP(ctx, client, x.Customer, now())
		trouble := p.Trouble(now())
		if err != nil {
			trouble = fmt.Sprintf("it cannot be read (%v): the token's user, or the app, must be allowed to read identity providers (okta.idps.read)", err)
		}
		if trouble != "" {
			findings = append(findings, okta.Finding{Subject: "idp", Sentence: idpSentence(x.Customer, trouble)})
		}
	}
	if len(all) > 0 && len(findings) == 0 {
		findings = append(findings, okta.Finding{Subject: "idp", OK: true, Sentence: allWell(len(all))})
	}
	return findings
}

func (c *oktaCheckCmd) customerIdPs(ctx context.Context, std streams) ([]bridge.CustomerIdP, error) {
	s, err := databaseFlag{c.Database}.open(ctx, logger(std.err, slog.LevelError))
	if err != nil {
		return nil, err
	}
	defer s.Close()
	return s.CustomerIdPs(ctx)
}
