package main

import (
	"context"
	"fmt"
	"maps"
	"text/tabwriter"
	"time"

	"drawbridge/bridge"
)

type customerCmd struct {
	Add     customerAddCmd     `cmd:"" help:"Add a customer, e.g. customer add acme --name \"Acme\" --domain acme.example --trust-domains \"contract 12\""`
	List    customerListCmd    `cmd:"" help:"List customers, e.g. customer list --json"`
	Show    customerShowCmd    `cmd:"" help:"Show a customer, e.g. customer show acme"`
	Set     customerSetCmd     `cmd:"" help:"Change a customer's rules, e.g. customer set acme --grace 14d --logins refuse"`
	Contact customerContactCmd `cmd:"" help:"People at the customer to turn to."`
	Domain  customerDomainCmd  `cmd:"" help:"Take a domain as verified, e.g. customer domain acme acme.org --trust-domains \"DNS checked by hand\""`
	Pause   customerPauseCmd   `cmd:"" help:"Let a customer's writes wait, e.g. customer pause acme --for 3d"`
	Delete  customerDeleteCmd  `cmd:"" help:"Forget a customer that is disconnected; says first what that means, e.g. customer delete acme"`
	Resume  customerResumeCmd  `cmd:"" help:"End a pause; says first what waited, e.g. customer resume acme"`
}

type customerAddCmd struct {
	databaseFlag
	Slug         string   `arg:"" help:"Stands in the customer's SCIM base URL."`
	Name         string   `help:"The customer's name."`
	Domain       []string `help:"E-mail domain of the customer; may be repeated."`
	TrustDomains string   `help:"Why the domains are known to be the customer's." placeholder:"WHY"`
	Off          bool     `help:"Leave the connection off; 'customer set --live' turns it on."`
	JSON         bool     `help:"Print JSON."`
}

func (c *customerAddCmd) Run(ctx context.Context, std streams) error {
	svc, s, err := c.service(ctx, std)
	if err != nil {
		return err
	}
	defer s.Close()
	made, err := svc.AddCustomer(ctx, operator(), bridge.NewCustomer{
		Slug: c.Slug, Name: c.Name, Domains: c.Domain, Trust: c.TrustDomains, Off: c.Off,
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(std.out, customerJSON(bridge.CustomerView{Customer: made}))
	}
	_, err = fmt.Fprintf(std.out, "%s is %s. SCIM base URL: /scim/v2/%s\nNext: drawbridge token create %s --name idp\n", made.Slug, made.State, made.Slug, made.Slug)
	return err
}

type customerListCmd struct {
	databaseFlag
	JSON bool `help:"Print JSON."`
}

func (c *customerListCmd) Run(ctx context.Context, std streams) error {
	svc, s, err := c.service(ctx, std)
	if err != nil {
		return err
	}
	defer s.Close()
	all, err := svc.Customers(ctx, operator())
	if err != nil {
		return err
	}
	if c.JSON {
		out := make([]any, len(all))
		for i, x := range all {
			out[i] = customerJSON(bridge.CustomerView{Customer: x})
		}
		return printJSON(std.out, out)
	}
	w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "CUSTOMER\tNAME\tCONNECTION")
	for _, x := range all {
		fmt.Fprintf(w, "%s\t%s\t%s\n", x.Slug, x.Name, x.State)
	}
	return w.Flush()
}

type customerShowCmd struct {
	databaseFlag
	Slug string `arg:""`
	JSON bool   `help:"Print JSON."`
}

func (c *customerShowCmd) Run(ctx context.Context, std streams) error {
	svc, s, err := c.service(ctx, std)
	if err != nil {
		return err
	}
	defer s.Close()
	v, err := svc.Customer(ctx, operator(), c.Slug)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(std.out, customerJSON(v))
	}
	w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "customer\t%s (%s)\nconnection\t%s\nSCIM base URL\t/scim/v2/%s\n", v.Slug, v.Name, v.State, v.Slug)
	fmt.Fprintf(w, "logins outside its domains\t%s\ngrace period\t%s\nsuspend only\t%t\nrate\t%d requests/s\n", v.Logins, days(v.Grace), v.SuspendOnly, v.Rate)
	fmt.Fprintf(w, "log of requests\t%s\nPATCH of a group is answered\t%d\n", v.RequestLog.OrDefault(), groupPatch(v.Customer))
	if v.State == bridge.Deleted {
		fmt.Fprintf(w, "deleted\ton %s; its accounts in Okta were left as they are, its events are kept\n", when(v.Modified))
	}
	switch {
	case !v.Waiting.IsZero():
		fmt.Fprintf(w, "waiting room\tsince %s; see 'reconnect show %s'\n", when(v.Waiting), v.Slug)
	case v.State == bridge.Paused:
		fmt.Fprintf(w, "paused\tsince %s, until %s; %s\n", when(v.Paused), when(v.PausedUntil), pauseWords(v.Customer, v.Traffic.IdP))
	}
	if v.DisconnectedBy != 0 {
		fmt.Fprintf(w, "disconnected\tby plan %d; see 'disconnect status %s'\n", v.DisconnectedBy, v.Slug)
	}
	if v.TimeZone != "" {
		fmt.Fprintf(w, "time zone\t%s\n", v.TimeZone)
	}
	for _, d := range v.Domains {
		fmt.Fprintf(w, "domain\t%s (%s)\n", d.Name, d.Reason)
	}
	for _, t := range v.Tokens {
		fmt.Fprintf(w, "token\t%s %s, %s\n", t.ID, t.Name, tokenState(t))
	}
	printContacts(w, v.Contacts)
	printTraffic(w, v.Traffic)
	return w.Flush()
}

type customerSetCmd struct {
	databaseFlag
	Slug        string  `arg:""`
	Name        *string `help:"The customer's name."`
	OktaIdp     *string `help:"Okta id of the customer's SSO identity provider (0oa...)." name:"okta-idp"`
	Logins      *string `help:"Logins outside the verified domains: park or refuse."`
	Rate        *int    `help:"SCIM requests per second that each process of the service answers; bursts may have twice as many."`
	Grace       *string `help:"From suspension to deactivation, e.g. 30d (1d to 90d)."`
	SuspendOnly *bool   `help:"Never deactivate." negatable:""`
	TimeZone    *string `help:"Where the customer's clocks are, e.g. Europe/Berlin." placeholder:"ZONE"`
	RequestLog  *string `help:"What the log of requests keeps: masked (without personal values), full or off." placeholder:"CHOICE"`
	GroupPatch  *int    `help:"Status of the answer to a PATCH of a group: 200 with the group, or 204 without." placeholder:"STATUS"`
	Live        bool    `help:"Turn a connection on that is off."`
	JSON        bool    `help:"Print JSON."`
}

func (c *customerSetCmd) Run(ctx context.Context, std streams) error {
	rules := bridge.CustomerRules{Name: c.Name, OktaIdP: c.OktaIdp, Rate: c.Rate, SuspendOnly: c.SuspendOnly, GroupPatch: c.GroupPatch, TimeZone: c.TimeZone, Live: c.Live}
	if c.RequestLog != nil {
		choice := bridge.RequestLog(*c.RequestLog)
		rules.RequestLog = &choice
	}
	if c.Logins != nil {
		rule := bridge.LoginRule(*c.Logins)
		rules.Logins = &rule
	}
	if c.Grace != nil {
		grace, err := parseDays(*c.Grace)
		if err != nil {
			return err
		}
		rules.Grace = &grace
	}
	svc, s, err := c.service(ctx, std)
	if err != nil {
		return err
	}
	defer s.Close()
	changed, err := svc.SetCustomer(ctx, operator(), c.Slug, rules)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(std.out, customerJSON(bridge.CustomerView{Customer: changed}))
	}
	_, err = fmt.Fprintf(std.out, "%s is changed\n", changed.Slug)
	return err
}

type customerDomainCmd struct {
	databaseFlag
	Slug         string `arg:""`
	Domain       string `arg:""`
	TrustDomains string `help:"Why the domain is known to be the customer's." placeholder:"WHY" required:""`
}

func (c *customerDomainCmd) Run(ctx context.Context, std streams) error {
	svc, s, err := c.service(ctx, std)
	if err != nil {
		return err
	}
	defer s.Close()
	d, err := svc.TrustDomain(ctx, operator(), c.Slug, c.Domain, c.TrustDomains)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(std.out, "%s is taken as verified for %s\n", d.Name, c.Slug)
	return err
}

func customerJSON(v bridge.CustomerView) map[string]any {
	domains := make([]map[string]any, len(v.Domains))
	for i, d := range v.Domains {
		domains[i] = map[string]any{"name": d.Name, "verified_at": d.Verified, "reason": d.Reason}
	}
	out := map[string]any{
		"id": v.ID, "slug": v.Slug, "name": v.Name, "state": v.State, "scim_base": "/scim/v2/" + v.Slug, "okta_idp": v.OktaIdP,
		"logins": v.Logins, "grace": days(v.Grace), "suspend_only": v.SuspendOnly, "rate": v.Rate,
		"time_zone": v.TimeZone, "request_log": v.RequestLog.OrDefault(), "group_patch": groupPatch(v.Customer),
		"paused_at": moment(v.Paused), "paused_until": moment(v.PausedUntil), "pause_answer": optional(string(v.PauseAnswer)),
		"waiting_since":   moment(v.Waiting),
		"disconnected_by": v.DisconnectedBy,
		"created_at":      v.Created, "domains": domains, "tokens": tokensJSON(v.Tokens),
		"contacts": contactsJSON(v.Contacts),
	}
	maps.Copy(out, trafficJSON(v.Traffic))
	return out
}

// parseDays reads a duration such as 30d or 720h.
func parseDays(s string) (time.Duration, error) {
	var n int
	if _, err := fmt.Sscanf(s, "%dd", &n); err == nil && fmt.Sprintf("%dd", n) == s {
		return time.Duration(n) * 24 * time.Hour, nil
	}
	d, err := time.ParseDuration(s)
	if err != nil {
		return 0, fmt.Errorf("%w: %q is not a period such as 30d or 720h", errUsage, s)
	}
	return d, nil
}

func days(d time.Duration) string {
	if d%(24*time.Hour) == 0 {
		return fmt.Sprintf("%dd", d/(24*time.Hour))
	}
	return d.String()
}
