package notify

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
)

// Failure is why a message did not get through. It wraps nothing: the errors of clients repeat URLs with their secrets, and
// servers' answers repeat addresses.
type Failure struct {
	Reason string
	Code   int // the status that the server answered with; 0: it did not answer
}

func (f *Failure) Error() string { return f.Reason }

// answered is the failure that a status stands for; protocol is HTTP or SMTP.
func answered(protocol string, code int) *Failure {
	return &Failure{Reason: fmt.Sprintf("%s %d", protocol, code), Code: code}
}

const connectionFailed = "the connection failed"

// unanswered is the failure without an answer that err stands for.
func unanswered(err error) *Failure {
	var (
		unresolved *net.DNSError
		untrusted  *tls.CertificateVerificationError
		late       net.Error
	)
	switch {
	case errors.Is(err, errNotPublic):
		return &Failure{Reason: "the address is not public (--notify-private allows such addresses)"}
	case errors.As(err, &unresolved):
		return &Failure{Reason: "the host name is not known"}
	case errors.As(err, &untrusted):
		return &Failure{Reason: "the certificate is not trusted"}
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &late) && late.Timeout():
		return &Failure{Reason: "no answer in time"}
	}
	return &Failure{Reason: connectionFailed}
}
