package share

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"k8s.io/client-go/rest"
)

// Whatever a caller sends, an issuer's published key opens nothing by itself.
func FuzzAuthorization(f *testing.F) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		f.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) }))
	server.Close()
	now := func() time.Time { return time.Unix(1_800_000_000, 0) }
	keys, err := newIssuerKeys(&rest.Config{Host: server.URL}, now, func(error) {})
	if err != nil {
		f.Fatal(err)
	}
	keys.held = keySet{issuer: "i", at: now(), tried: now(), keys: map[string]crypto.PublicKey{"k": &key.PublicKey}}
	for _, seed := range []string{"", "Bearer ", "Bearer x", "Bearer a.b.c", "Bearer eyJhbGciOiJub25lIiwia2lkIjoiayJ9.eyJpc3MiOiJpIn0.", "Bearer eyJhbGciOiJFUzI1NiIsImtpZCI6ImsifQ.e30.AAAA"} {
		f.Add(seed)
	}
	tokens := newTokens("a", []Caller{{"n", "n"}}, keys, now)
	f.Fuzz(func(t *testing.T, header string) {
		if err := tokens.check(t.Context(), []string{header}); err == nil {
			t.Errorf("%q opens", header)
		}
	})
}

func FuzzParseKeys(f *testing.F) {
	for _, seed := range []string{"", "{}", `{"keys":[]}`, `{"keys":[{"kty":"RSA","kid":"a","n":"AQAB","e":"AQAB"}]}`, `{"keys":[{"kty":"EC","crv":"P-256","kid":"a","x":"","y":""}]}`,
		`{"keys":[{"kty":"EC","crv":"P-256","kid":"a","x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","y":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}]}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		keys, err := parseKeys(text)
		if (err == nil) != (len(keys) > 0) {
			t.Errorf("got %d keys and %v", len(keys), err)
		}
	})
}
