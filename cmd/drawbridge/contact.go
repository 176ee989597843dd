package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	"drawbridge/bridge"
)

type customerContactCmd struct {
	Add    contactAddCmd    `cmd:"" help:"Add a contact, e.g. customer contact add acme --name \"Anna Berg\" --email anna@acme.example --notify"`
	List   contactListCmd   `cmd:"" help:"List a customer's contacts, e.g. customer contact list acme --json"`
	Remove contactRemoveCmd `cmd:"" help:"Remove a contact, e.g. customer contact remove acme anna@acme.example"`
}

type contactAddCmd struct {
	databaseFlag
	Slug   string `arg:""`
	Name   string `help:"The person's name." required:""`
	Email  string `help:"The person's e-mail address." required:""`
	Role   string `help:"What the person answers for: admin or security." default:"admin"`
	Notify bool   `help:"Tell the person by e-mail when the customer's removals wait for an answer."`
	JSON   bool   `help:"Print JSON."`
}

func (c *contactAddCmd) Run(ctx context.Context, std streams) error {
	svc, s, err := c.service(ctx, std)
	if err != nil {
		return err
	}
	defer s.Close()
	made, err := svc.AddContact(ctx, operator(), c.Slug, bridge.NewContact{
		Name: c.Name, Email: c.Email, Role: bridge.ContactRole(c.Role), Notify: c.Notify,
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(std.out, contactJSON(made))
	}
	_, err = fmt.Fprintf(std.out, "%s is a contact of %s\n", made.ID, c.Slug)
	return err
}

type contactListCmd struct {
	databaseFlag
	Slug string `arg:""`
	JSON bool   `help:"Print JSON."`
}

func (c *contactListCmd) Run(ctx context.Context, std streams) error {
	svc, s, err := c.service(ctx, std)
	if err != nil {
		return err
	}
	defer s.Close()
	contacts, err := svc.Contacts(ctx, operator(), c.Slug)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(std.out, contactsJSON(contacts))
	}
	w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tE-MAIL\tROLE\tIS TOLD\tID")
	for _, x := range contacts {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", printable(x.Name), printable(x.Email), x.Role, yesNo(x.Notify), x.ID)
	}
	return w.Flush()
}

type contactRemoveCmd struct {
	databaseFlag
	Slug    string `arg:""`
	Contact string `arg:"" help:"Id or e-mail address."`
}

func (c *contactRemoveCmd) Run(ctx context.Context, std streams) error {
	svc, s, err := c.service(ctx, std)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := svc.RemoveContact(ctx, operator(), c.Slug, c.Contact); err != nil {
		return err
	}
	_, err = fmt.Fprintf(std.out, "the contact of %s is removed\n", c.Slug)
	return err
}

// printContacts is the contacts' part of `customer show`.
func printContacts(w *tabwriter.Writer, contacts []bridge.Contact) {
	for _, x := range contacts {
		told := ""
		if x.Notify {
			told = ", is told of removals that wait"
		}
		fmt.Fprintf(w, "contact\t%s <%s>, %s%s\n", printable(x.Name), printable(x.Email), x.Role, told)
	}
}

func contactJSON(c bridge.Contact) map[string]any {
	return map[string]any{"id": c.ID, "name": c.Name, "email": c.Email, "role": c.Role, "notify": c.Notify, "created_at": c.Created}
}

func contactsJSON(contacts []bridge.Contact) []map[string]any {
	out := make([]map[string]any, len(contacts))
	for i, c := range contacts {
		out[i] = contactJSON(c)
	}
	return out
}
