package bridge

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"hash/crc32"
	"math/big"
	"strings"
	"time"
)

// TokenClass says which face a token opens; the classes are disjoint.
type TokenClass string

// The token classes.
const (
	SCIMToken  TokenClass = "scim"
	OktaToken  TokenClass = "okta"
	AdminToken TokenClass = "admin"
)

// Lifetimes and number of tokens.
const (
	DefaultTokenLife = 365 * 24 * time.Hour
	MaxTokenLife     = 2 * 365 * 24 * time.Hour
	MaxLiveTokens    = 2 // two overlap on rotation
)

// Token is a credential of a customer's IdP. Its secret exists only in the answer that created it.
type Token struct {
	ID         string
	CustomerID string
	Class      TokenClass
	Name       string
	Created    time.Time
	Expires    time.Time
	LastUsed   time.Time // zero: never; kept to the minute
	Revoked    time.Time // zero: live
}

// Live reports whether the token is good at t.
func (t Token) Live(now time.Time) bool { return t.Revoked.IsZero() && now.Before(t.Expires) }

// Digest is the SHA-256 of a token's secret: all that is stored of it.
type Digest [sha256.Size]byte

const (
	tokenPrefix  = "drawbridge_"
	base62       = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	randomDigits = 43 // 32 bytes in base 62
	crcDigits    = 6  // 4 bytes in base 62
)

// NewSecret makes the secret of a token: drawbridge_<class>_<43 base62 of 32 random bytes><6 base62 of the CRC32 of
// everything before>.
func NewSecret(class TokenClass) string {
	var random [32]byte
	rand.Read(random[:]) // never fails: crypto/rand ends the program instead
	body := tokenPrefix + string(class) + "_" + inBase62(random[:], randomDigits)
	return body + checksum(body)
}

// ParseSecret returns the class and digest of a secret, or false if it is not one of ours: told by its form and
// checksum, without a query.
func ParseSecret(secret string) (TokenClass, Digest, bool) {
	rest, ok := strings.CutPrefix(secret, tokenPrefix)
	if !ok {
		return "", Digest{}, false
	}
	class, tail, ok := strings.Cut(rest, "_")
	if !ok || len(tail) != randomDigits+crcDigits {
		return "", Digest{}, false
	}
	body := secret[:len(secret)-crcDigits]
	if checksum(body) != secret[len(body):] {
		return "", Digest{}, false
	}
	switch c := TokenClass(class); c {
	case SCIMToken, OktaToken, AdminToken:
		return c, sha256.Sum256([]byte(secret)), true
	}
	return "", Digest{}, false
}

func checksum(body string) string {
	return inBase62(binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE([]byte(body))), crcDigits)
}

func inBase62(b []byte, digits int) string {
	n, rem, radix := new(big.Int).SetBytes(b), new(big.Int), big.NewInt(int64(len(base62)))
	out := make([]byte, digits)
	for i := digits - 1; i >= 0; i-- {
		n.DivMod(n, radix, rem)
		out[i] = base62[rem.Int64()]
	}
	return string(out)
}
