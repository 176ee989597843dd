package notify

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"

	"github.com/wneessen/go-mail"
)

// mailer sends mail through one server.
type mailer struct {
	host    string
	from    string
	to      []string // the people behind the channel
	options []mail.Option
	dial    func(ctx context.Context, network, address string) (net.Conn, error)
}

// newMailer makes the mailer of an smtp:// or smtps:// URL.
func newMailer(u *url.URL) (*mailer, error) {
	q := u.Query()
	m := &mailer{host: u.Hostname(), from: q.Get("from"), options: []mail.Option{mail.WithTimeout(sendTimeout)}, dial: (&net.Dialer{}).DialContext}
	for _, list := range q["to"] {
		m.to = append(m.to, strings.Split(list, ",")...)
	}
	choice := q.Get("tls")
	for _, name := range []string{"from", "to", "tls"} {
		q.Del(name)
	}
	password, hasPassword := u.User.Password()
	port := u.Port()
	switch {
	case len(q) > 0 || strings.Trim(u.Path, "/") != "":
		return nil, errors.New("after the host only ?from=, to= and tls= may follow")
	case choice != "" && (choice != "none" || u.Scheme == "smtps"):
		return nil, errors.New("tls is none, or left out; for TLS from the start use smtps://")
	case choice == "none" && hasPassword:
		return nil, errors.New("with tls=none the password would travel unprotected; leave one of them out")
	case (u.User.Username() == "") == hasPassword:
		return nil, errors.New("give both user and password, or neither; percent-encode special characters in them")
	}
	fallback := "587"
	switch {
	case u.Scheme == "smtps": // whose connections are encrypted when the library gets them
		m.options, fallback = append(m.options, mail.WithTLSPolicy(mail.TLSOpportunistic)), "465"
		m.dial = dialTLS(nil)
	case choice == "none":
		m.options = append(m.options, mail.WithTLSPolicy(mail.NoTLS))
	default:
		m.options = append(m.options, mail.WithTLSPolicy(mail.TLSMandatory))
	}
	if port == "" {
		port = fallback
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		return nil, errNoURL
	}
	m.options = append(m.options, mail.WithPort(n))
	if hasPassword {
		m.options = append(m.options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(u.User.Username()), mail.WithPassword(password))
	}
	return m, m.check()
}

// check reports what of the URL cannot be used.
func (m *mailer) check() error {
	if m.from == "" || len(m.to) == 0 {
		return errors.New("say from whom and to whom: ?from=drawbridge@vendor.example&to=oncall@vendor.example")
	}
	if _, err := m.compose(m.to, Message{}); err != nil {
		return errors.New("an address in from or to cannot be used")
	}
	if _, err := m.client(m.dial); err != nil {
		return errors.New("the host or the port cannot be used")
	}
	return nil
}

// dialTLS makes what dials smtps; nil trusts what the system does.
func dialTLS(roots *x509.CertPool) func(ctx context.Context, network, address string) (net.Conn, error) {
	return (&tls.Dialer{Config: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}).DialContext
}

func (m *mailer) client(dial mail.DialContextFunc) (*mail.Client, error) {
	return mail.NewClient(m.host, append(m.options[:len(m.options):len(m.options)], mail.WithDialContextFunc(dial))...)
}

func (m *mailer) compose(to []string, message Message) (*mail.Msg, error) {
	msg := mail.NewMsg()
	if err := errors.Join(msg.From(m.from), msg.To(to...)); err != nil {
		return nil, err
	}
	msg.Subject(message.Title)
	msg.SetDate()
	msg.SetMessageID()
	msg.SetBulk()
	msg.SetBodyString(mail.TypeTextPlain, message.body()+"\n")
	return msg, nil
}

func (m *mailer) send(ctx context.Context, message Message) error {
	return m.sendTo(ctx, m.to, message)
}

// sendTo sends a mail to these addresses, within 10 seconds.
func (m *mailer) sendTo(ctx context.Context, to []string, message Message) error {
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	msg, err := m.compose(to, message)
	if err != nil {
		return &Failure{Reason: "an address cannot be used", Code: 550}
	}
	// The library leaves a connection open on which a log-in failed, and does not look at ctx once it is connected.
	connected := false
	client, err := m.client(func(dialing context.Context, network, address string) (net.Conn, error) {
		c, err := m.dial(dialing, network, address)
		if err == nil {
			connected = true
			context.AfterFunc(ctx, func() { c.Close() }) // at the latest when sendTo returns
		}
		return c, err
	})
	if err != nil {
		return &Failure{Reason: "the mail server cannot be used"}
	}
	err = client.DialAndSendWithContext(ctx, msg)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return unanswered(ctx.Err())
	case !connected:
		return unanswered(err)
	}
	return mailFailure(err)
}

// mailFailure keeps of an error after the connection was made what holds neither a password nor an address.
func mailFailure(err error) *Failure {
	var sent *mail.SendError
	if errors.As(err, &sent) && sent.ErrorCode() > 0 {
		return answered("SMTP", sent.ErrorCode())
	}
	var reply *textproto.Error
	if errors.As(err, &reply) { // before the mail itself: the greeting, TLS or the password
		return &Failure{Reason: "the mail server refused the log-in: SMTP " + strconv.Itoa(reply.Code)}
	}
	if f := unanswered(err); f.Reason != connectionFailed {
		return f
	}
	return &Failure{Reason: "the mail server breaks off, or offers no STARTTLS or no way to log in that is known"}
}
