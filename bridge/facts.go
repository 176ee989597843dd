package bridge

import (
	"encoding/json"
	"time"

	"drawbridge/policy"
)

// Facts returns what policy decides from, for this person at this moment.
func (s Subject) Facts(now time.Time) policy.Facts {
	f := s.factsButLogin(now)
	f.LoginBlock = s.LoginBlock()
	return f
}

// factsButLogin are the facts without the one for which the attributes must be read.
func (s Subject) factsButLogin(now time.Time) policy.Facts {
	f := policy.Facts{
		Now:         now,
		Connected:   s.User.Connected && s.Customer.State.Governs() && !s.Customer.Frozen(),
		Active:      s.User.Active,
		RemovedAt:   s.User.Removed,
		Deleted:     !s.User.Deleted.IsZero(),
		Grace:       s.Customer.Grace,
		SuspendOnly: s.Customer.SuspendOnly,
		Held:        s.Held,
		Contained:   !s.Contained.IsZero(),
		Unlocked:    s.Unlocked,
		GiveBack:    s.GiveBack,
		LateFrom:    s.LateFrom,
		LateUntil:   s.LateUntil,
	}
	if l := s.Link; l != nil {
		f.Status, f.StatusAt = l.Status, l.StatusAt
		f.Foreign, f.Protected = l.Foreign, l.Protected
		f.Taken, f.TakenAt, f.Born = l.Taken, l.TakenAt, l.Born
		f.SuspendRefused, f.SuspendedSince = l.SuspendRefused, l.SuspendedSince
	}
	return f
}

// LoginBlock says what keeps the person's login out of Okta: zero, invalid, not in a verified domain, or another's.
func (s Subject) LoginBlock() policy.Code {
	doc, err := s.User.Attributes()
	if err != nil {
		return policy.LoginInvalid
	}
	login, email := s.Identity(doc)
	if block := CheckLogin(login, email, s.Domains); block != "" {
		return block
	}
	if s.Due != nil && s.Due.Parked == string(policy.LoginTaken) {
		return policy.LoginTaken
	}
	return ""
}

// Identity returns the login and the e-mail address that the account is to carry: those that are pinned, or else the IdP's.
func (s Subject) Identity(doc map[string]any) (login, email string) {
	if s.Pin != nil {
		return s.Pin.Login, s.Pin.Email
	}
	return Identity(doc)
}

// Said returns the login that the customer's IdP says, as it wrote it and in normal form; that is empty where it is none.
func (s Subject) Said() (login, key string) {
	doc, err := s.User.Attributes()
	if err != nil {
		return "", ""
	}
	login, _ = Identity(doc)
	key, _, ok := NormalizeAddress(login)
	if !ok {
		key = ""
	}
	return login, key
}

// Attributes decodes the user's SCIM attributes.
func (u User) Attributes() (map[string]any, error) {
	var doc map[string]any
	if err := json.Unmarshal(u.Doc, &doc); err != nil {
		return nil, &Error{Code: Invalid, Message: "the stored attributes of user " + u.ID + " cannot be read", Err: err}
	}
	return doc, nil
}

// UserName returns userName as the IdP wrote it.
func (u User) UserName() string {
	var doc struct {
		UserName string `json:"userName"`
	}
	_ = json.Unmarshal(u.Doc, &doc) // an unreadable document has no name; Attributes reports it
	return doc.UserName
}
