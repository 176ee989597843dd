package traffic

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// clientAddress is where a request came from: the peer of the connection or, behind trusted proxies, the last address of
// X-Forwarded-For that none of them has. What stands before that is the client's own invention. The zero address means
// that it cannot be told.
func clientAddress(r *http.Request, proxies []netip.Prefix) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	at := peer.Addr().Unmap().WithZone("")
	if !within(proxies, at) {
		return at
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		next, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil {
			return at
		}
		if at = next.Unmap().WithZone(""); !within(proxies, at) {
			return at
		}
	}
	return at
}

func within(prefixes []netip.Prefix, a netip.Addr) bool {
	return slices.ContainsFunc(prefixes, func(p netip.Prefix) bool { return p.Contains(a) })
}
