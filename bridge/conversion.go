package bridge

import (
	"context"
	"fmt"
	"strconv"
	"time"
)

// SignInChoice is what a person chose for the sign-in of people after a disconnect.
type SignInChoice string

// The choices. The zero value is KeepSignIn.
const (
	KeepSignIn    SignInChoice = "keep"           // as it is: by SSO, as long as that goes on, or with a password
	ResetPassword SignInChoice = "reset-password" // a password with Okta, set through a link that Okta mails
)

// ByReset is the sign-in of somebody who is going to set a password.
const ByReset SignInWay = "reset_mail"

// Rules for conversions to a password.
const (
	ConversionRest  = 30 * time.Minute // from the cut to the first mail at least: time to stop it
	ResetLinkLife   = time.Hour        // of the link in the mail, unless the org's settings say otherwise
	DefaultWaveSize = 50
	MaxWaveSize     = 1000
	// ManyConversions is from how many on a second person must confirm a plan.
	ManyConversions = 50
)

// ConversionState is where the conversion of one person stands.
type ConversionState string

// The states of a conversion.
const (
	ConversionWaiting   ConversionState = "waiting"   // for a wave
	ConversionScheduled ConversionState = "scheduled" // in a wave that has not begun
	ConversionDue       ConversionState = "due"       // the mail is to be sent
	ConversionSent      ConversionState = "sent"      // and the person has not set a password yet
	ConversionDone      ConversionState = "done"
	ConversionFailed    ConversionState = "failed" // see Note
)

// Conversion is the way of one person from SSO to a password. Its link is known to Okta and to the person alone.
type Conversion struct {
	UserID     string
	CustomerID string
	PlanID     string
	UserName   string // only where it is listed
	Wave       int64  // 0: none yet
	State      ConversionState
	Asked      time.Time // when the last mail was sent; zero: none was
	Mails      int
	Note       string // code of what went wrong; empty: nothing
}

// Wave is a number of people who are converted together.
type Wave struct {
	PlanID     string
	CustomerID string
	Number     int64
	People     int
	StartsAt   time.Time
	StartedBy  string
	Begun      time.Time // zero: not yet
	Stopped    time.Time // zero: it was not
}

// ConversionStore keeps conversions and their waves.
type ConversionStore interface {
	// AddWave stores a wave of up to w.People waiting people and returns it with its number and how many there are. Conflict
	// where nobody waits.
	AddWave(ctx context.Context, w Wave, e Event) (Wave, error)
	Waves(ctx context.Context, p Plan) ([]Wave, error)
	// StopWaves stops every wave of a plan: who has no mail yet waits again. It returns how many those are.
	StopWaves(ctx context.Context, p Plan, at time.Time, e Event) (int, error)
	// Conversions lists the conversions of a plan in the order of the users' coming.
	Conversions(ctx context.Context, p Plan) ([]Conversion, error)
	// Resend makes the mail of somebody due again who has not set a password. Conflict where there is no such.
	Resend(ctx context.Context, customerID, userID string, at time.Time, e Event) error
}

// StartWave has up to size people of the customer's disconnect converted to a password, at a time: no sooner than 30
// minutes after the cut; zero: two business days before SSO ends, at nine in the morning where the customer is, or as
// soon as it may be.
func (s *Service) StartWave(ctx context.Context, a Actor, slug string, size int, at time.Time) (Wave, error) {
	if err := a.may(Operator); err != nil {
		return Wave{}, err
	}
	customer, p, err := s.inForce(ctx, slug)
	if err != nil {
		return Wave{}, err
	}
	now := s.now()
	earliest := p.RunAt.Add(ConversionRest)
	switch {
	case size < 1 || size > MaxWaveSize:
		return Wave{}, newError(Invalid, fmt.Sprintf("a wave has 1 to %d people", MaxWaveSize))
	case at.IsZero():
		at = laterOf(now, earliest, waveDefault(p.Choices.SSOEnds, customer.zone()))
	case at.Before(earliest):
		return Wave{}, newError(Invalid, "no mail is sent sooner than 30 minutes after the cut: "+earliest.UTC().Format(time.RFC3339)+" at the earliest")
	}
	w := Wave{PlanID: p.ID, CustomerID: customer.ID, People: size, StartsAt: at, StartedBy: a.Name}
	return s.conversions.AddWave(ctx, w, s.event(a, customer.ID, EventWaveStarted, now, map[string]string{"size": strconv.Itoa(size)}))
}

func laterOf(times ...time.Time) (latest time.Time) {
	for _, t := range times {
		if t.After(latest) {
			latest = t
		}
	}
	return latest
}

// waveDefault is two business days before SSO ends, at nine; zero if it goes on.
func waveDefault(ends time.Time, zone *time.Location) time.Time {
	if ends.IsZero() {
		return time.Time{}
	}
	day := ends.In(zone)
	for left := 2; left > 0; {
		day = day.AddDate(0, 0, -1)
		if wd := day.Weekday(); wd != time.Saturday && wd != time.Sunday {
			left--
		}
	}
	return time.Date(day.Year(), day.Month(), day.Day(), 9, 0, 0, 0, zone)
}

// zone is where the customer's clocks are; UTC where nothing is set.
func (c Customer) zone() *time.Location {
	zone, err := time.LoadLocation(c.TimeZone)
	if err != nil {
		return time.UTC // CheckTimeZone has let nothing unknown in
	}
	return zone
}

// CheckTimeZone reports whether a name is one of the time zone database.
func CheckTimeZone(name string) error {
	if _, err := time.LoadLocation(name); err != nil || name == "Local" {
		return newError(Invalid, "the time zone is a name such as Europe/Berlin")
	}
	return nil
}

// StopWaves stops all conversions of the customer's disconnect that have no mail yet, and returns how many those are.
func (s *Service) StopWaves(ctx context.Context, a Actor, slug string) (int, error) {
	if err := a.may(Operator); err != nil {
		return 0, err
	}
	customer, p, err := s.inForce(ctx, slug)
	if err != nil {
		return 0, err
	}
	now := s.now()
	return s.conversions.StopWaves(ctx, p, now, s.event(a, customer.ID, EventWavesStopped, now, nil))
}

// ConversionView is how far the people of a disconnect are on their way to a password.
type ConversionView struct {
	Plan   Plan
	Waves  []Wave
	People []Conversion
}

// Conversions shows the conversions of the customer's disconnect.
func (s *Service) Conversions(ctx context.Context, a Actor, slug string) (ConversionView, error) {
	if err := a.may(Viewer); err != nil {
		return ConversionView{}, err
	}
	_, p, err := s.inForce(ctx, slug)
	if err != nil {
		return ConversionView{}, err
	}
	v := ConversionView{Plan: p}
	if v.Waves, err = s.conversions.Waves(ctx, p); err != nil {
		return ConversionView{}, err
	}
	v.People, err = s.conversions.Conversions(ctx, p)
	return v, err
}

// Resend has Okta mail somebody another link who has not set a password with the last one.
func (s *Service) Resend(ctx context.Context, a Actor, slug, user string) (User, error) {
	if err := a.may(Operator); err != nil {
		return User{}, err
	}
	_, u, err := s.find(ctx, slug, user)
	if err != nil {
		return User{}, err
	}
	now := s.now()
	return u, s.conversions.Resend(ctx, u.CustomerID, u.ID, now, s.userEvent(a, u, EventMailAsked, 0, now, ""))
}

// inForce is the disconnect that is in force.
func (s *Service) inForce(ctx context.Context, slug string) (Customer, Plan, error) {
	customer, err := s.customers.Customer(ctx, slug)
	if err != nil {
		return Customer{}, Plan{}, err
	}
	if customer.DisconnectedBy == 0 {
		return Customer{}, Plan{}, newError(Conflict, "no disconnect of this customer is in force")
	}
	p, err := s.plans.Plan(ctx, customer.ID, customer.DisconnectedBy)
	return customer, p, err
}
