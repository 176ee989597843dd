package notify

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

// Bounds of one message to one channel.
const (
	sendTimeout = 10 * time.Second
	maxAnswer   = 64 << 10 // bytes of an answer that are read
)

// errNotPublic refuses to connect to an address that the open network cannot reach.
var errNotPublic = errors.New("not a public address")

// newClient makes the HTTP client of all webhooks. Unless private is true it connects to public addresses alone, whatever name
// led there; it never follows a redirect, and uses no proxy, which would connect in its place.
func newClient(private bool) *http.Client {
	dialer := &net.Dialer{Timeout: sendTimeout}
	if !private {
		dialer.ControlContext = refusePrivate
	}
	return &http.Client{
		Transport:     &http.Transport{DialContext: dialer.DialContext, ForceAttemptHTTP2: true, IdleConnTimeout: time.Minute, MaxIdleConnsPerHost: 2},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       sendTimeout,
	}
}

// refusePrivate looks at the address that is about to be connected to, after all names were resolved.
func refusePrivate(_ context.Context, _, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil || !public(to.Addr()) {
		return errNotPublic
	}
	return nil
}

// special are networks within the global unicast space that lead to one's own network, to an IPv4 address in disguise, or nowhere
// (RFC 6890 and the registries that it began).
func special() []netip.Prefix {
	var all []netip.Prefix
	for _, network := range []string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
		"240.0.0.0/4", "::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "fec0::/10",
	} {
		all = append(all, netip.MustParsePrefix(network))
	}
	return all
}

func public(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if !a.IsGlobalUnicast() || a.IsPrivate() { // loopback, link-local (cloud metadata among it) and multicast are no global unicast
		return false
	}
	for _, network := range special() {
		if network.Contains(a) {
			return false
		}
	}
	return true
}
