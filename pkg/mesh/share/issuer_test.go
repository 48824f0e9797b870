package share_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v4"
	"k8s.io/client-go/rest"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/mesh/share"
)

// issuerName is what the cluster's issuer calls itself; it need not be where it can be reached.
const issuerName = "https://kubernetes.default.svc.cluster.local"

// clock is one that a test moves.
type clock struct{ at atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.at.Store(time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC).UnixNano())
	return c
}

func (c *clock) now() time.Time        { return time.Unix(0, c.at.Load()).UTC() }
func (c *clock) pass(by time.Duration) { c.at.Add(int64(by)) }

// signer is a key with the name under which the issuer publishes it.
type signer struct {
	id     string
	method jwt.SigningMethod
	key    crypto.Signer
}

// rsaKeys are made once: making one takes a while.
var rsaKeys = sync.OnceValue(func() []*rsa.PrivateKey {
	keys := make([]*rsa.PrivateKey, 2)
	for i := range keys {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(err)
		}
		keys[i] = key
	}
	return keys
})

func rs256(id string, n int) signer { return signer{id, jwt.SigningMethodRS256, rsaKeys()[n]} }

func es256(t testing.TB, id string) signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return signer{id, jwt.SigningMethodES256, key}
}

// jwk is the public half as an API server writes it.
func (s signer) jwk(t testing.TB) map[string]string {
	t.Helper()
	encode := base64.RawURLEncoding.EncodeToString
	switch key := s.key.Public().(type) {
	case *rsa.PublicKey:
		return map[string]string{"use": "sig", "kty": "RSA", "kid": s.id, "alg": "RS256", "n": encode(key.N.Bytes()), "e": "AQAB"}
	case *ecdsa.PublicKey:
		point, err := key.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		return map[string]string{"use": "sig", "kty": "EC", "kid": s.id, "alg": "ES256", "crv": "P-256", "x": encode(point[1:33]), "y": encode(point[33:])}
	}
	t.Fatal("a key of another kind")
	return nil
}

// issuer is an API server, as far as it issues tokens.
type issuer struct {
	t      testing.TB
	server *httptest.Server
	name   string
	asked  atomic.Int32 // for the keys

	mu      sync.Mutex
	keys    []signer
	answers int // another code than 200 for everything
}

func newIssuer(t testing.TB, keys ...signer) *issuer {
	t.Helper()
	i := &issuer{t: t, name: issuerName, keys: keys}
	i.server = httptest.NewServer(i)
	t.Cleanup(i.server.Close)
	return i
}

func (i *issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	defer i.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	switch {
	case i.answers != 0:
		http.Error(w, "no", i.answers)
	case r.URL.Path == "/.well-known/openid-configuration":
		_ = json.NewEncoder(w).Encode(map[string]any{"issuer": i.name, "jwks_uri": "https://198.51.100.7:6443/openid/v1/jwks"})
	case r.URL.Path == "/openid/v1/jwks":
		i.asked.Add(1)
		keys := []map[string]string{}
		for _, k := range i.keys {
			keys = append(keys, k.jwk(i.t))
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"keys": keys})
	default:
		http.NotFound(w, r)
	}
}

func (i *issuer) sign(with ...signer) { i.mu.Lock(); i.keys = with; i.mu.Unlock() }

func (i *issuer) answer(code int) { i.mu.Lock(); i.answers = code; i.mu.Unlock() }

// claims are those of a good token that was made just now, with some changed; nil takes one away.
func claims(now time.Time, changed map[string]any) jwt.MapClaims {
	all := jwt.MapClaims{
		"iss": issuerName, "sub": "system:serviceaccount:linnet:linnet", "aud": []string{"linnet-observer"},
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(time.Hour).Unix(),
		"kubernetes.io": map[string]any{"namespace": "linnet", "serviceaccount": map[string]any{"name": "linnet", "uid": "u"}, "pod": map[string]any{"name": "linnet-0", "uid": "p"}},
	}
	maps.Copy(all, changed)
	for name, value := range all {
		if value == nil {
			delete(all, name)
		}
	}
	return all
}

func (s signer) token(t testing.TB, c jwt.MapClaims) string {
	t.Helper()
	token := jwt.NewWithClaims(s.method, c)
	token.Header["kid"] = s.id
	return signed(t, token, s.key)
}

func signed(t testing.TB, token *jwt.Token, key any) string {
	t.Helper()
	text, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// world is an observer that serves, with its issuer.
type world struct {
	*share.Handler
	clock  *clock
	issuer *issuer
	log    *lockedBuffer
	url    string
}

func newWorld(t testing.TB, keys ...signer) *world {
	t.Helper()
	w := &world{clock: newClock(), issuer: newIssuer(t, keys...), log: &lockedBuffer{}}
	h, err := share.NewHandler(share.Options{
		Audience: "linnet-observer", Callers: []share.Caller{{Namespace: "linnet", Name: "linnet"}, {Namespace: "ci", Name: "runner"}},
		Cluster: &rest.Config{Host: w.issuer.server.URL}, MaxAge: time.Minute, Now: w.clock.now, Log: slog.New(slog.NewTextHandler(w.log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Close)
	w.Handler = h
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	w.url = server.URL
	return w
}

// see makes an observation of this moment.
func (w *world) see(cluster string) *checks.Observation {
	seen := &checks.Observation{At: w.clock.now(), Cluster: cluster, Pods: []checks.Pod{{Namespace: "shop", Name: "web-0", Phase: "Running"}}}
	w.Put(seen)
	return seen
}
