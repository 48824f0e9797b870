package share

import (
	"context"
	"crypto"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v4"
)

// aheadOf is how far the issuer's clock may be ahead of this one before a token that was just made counts as one of the future. A token that has ended has ended.
const aheadOf = time.Minute

// refusal is why a caller gets nothing. Its words are always the same, whatever the caller sent.
type refusal struct {
	code int
	text string
}

func (r *refusal) Error() string { return r.text }

func unauthorized(text string) error { return &refusal{http.StatusUnauthorized, text} }

// errKeys goes to callers in place of what is wrong with the keys, which is for the observer's own log.
var errKeys = &refusal{http.StatusServiceUnavailable, "tokens cannot be checked now: the observer could not read the keys of the cluster's issuer; its log says why"}

// tokens checks service accounts' tokens.
type tokens struct {
	audience string
	callers  map[string]bool // subjects: system:serviceaccount:NAMESPACE:NAME
	keys     *issuerKeys
	parser   *jwt.Parser
	now      func() time.Time
}

func newTokens(audience string, callers []Caller, keys *issuerKeys, now func() time.Time) *tokens {
	t := &tokens{audience: audience, callers: map[string]bool{}, keys: keys, now: now,
		// Claims are checked here, by the clock that was given.
		parser: jwt.NewParser(jwt.WithValidMethods([]string{jwt.SigningMethodRS256.Alg(), jwt.SigningMethodES256.Alg()}), jwt.WithoutClaimsValidation())}
	for _, c := range callers {
		t.callers[c.subject()] = true
	}
	return t
}

// claims are those of a projected token that decide.
type claims struct {
	Issuer    string           `json:"iss"`
	Subject   string           `json:"sub"`
	Audience  jwt.ClaimStrings `json:"aud"`
	Expires   *jwt.NumericDate `json:"exp"`
	NotBefore *jwt.NumericDate `json:"nbf"`
}

// Valid implements jwt.Claims; see claimed.
func (*claims) Valid() error { return nil }

// check refuses a request whose Authorization header is not a good token of one of the callers. The error is a *refusal.
func (t *tokens) check(ctx context.Context, header []string) error {
	if len(header) != 1 {
		return t.needed()
	}
	scheme, text, _ := strings.Cut(header[0], " ")
	if !strings.EqualFold(scheme, "Bearer") || text == "" {
		return t.needed()
	}
	var c claims
	issuer, err := t.signed(ctx, text, &c)
	if err != nil {
		return err
	}
	if err := t.claimed(issuer, c); err != nil {
		return err
	}
	if !t.callers[c.Subject] {
		return &refusal{http.StatusForbidden, "this service account may not read the observation: allow it by --allow NAMESPACE/NAME of linnet observe"}
	}
	return nil
}

func (t *tokens) needed() error {
	return unauthorized("a service account's token of audience " + t.audience + " is needed, as Authorization: Bearer TOKEN")
}

// signed reads the claims of a token that the cluster's issuer signed, and gives the issuer's name.
func (t *tokens) signed(ctx context.Context, text string, c *claims) (issuer string, err error) {
	_, err = t.parser.ParseWithClaims(text, c, func(token *jwt.Token) (any, error) {
		// What a signer calls critical must be understood (RFC 7515), and no such thing is.
		if _, critical := token.Header["crit"]; critical {
			return nil, errUnverified
		}
		id, _ := token.Header["kid"].(string)
		if id == "" {
			return nil, errUnverified
		}
		var key crypto.PublicKey
		if issuer, key, err = t.keys.key(ctx, id); err != nil {
			return nil, errKeys
		}
		if key == nil {
			return nil, errUnverified
		}
		return key, nil
	})
	switch {
	case errors.Is(err, errKeys):
		return "", errKeys
	case err != nil: // whatever it is: its words may be those of the token
		return "", errUnverified
	}
	return issuer, nil
}

var errUnverified = unauthorized("this is not a token that the cluster's issuer signed with RS256 or ES256 and a key that it has now")

// claimed refuses a token that is somebody else's, for something else or for another time.
func (t *tokens) claimed(issuer string, c claims) error {
	now := t.now()
	switch {
	case c.Issuer != issuer:
		return unauthorized("the token is not one of this cluster's issuer")
	case !slices.Contains(c.Audience, t.audience):
		return unauthorized("the token is not for this audience: project one with audience " + t.audience)
	case c.Expires == nil || !now.Before(c.Expires.Time):
		return unauthorized("the token has ended: read its file anew before each call")
	case c.NotBefore != nil && now.Add(aheadOf).Before(c.NotBefore.Time):
		return unauthorized("the token is not valid yet: set the clocks right")
	}
	return nil
}
