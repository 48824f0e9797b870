package share_test

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v4"
)

func TestGoodTokensOpen(t *testing.T) {
	first, second := rs256("k1", 0), es256(t, "k2")
	w := newWorld(t, first, second)
	w.see("east")
	now := w.clock.now()
	for name, token := range map[string]string{
		"RS256":                             first.token(t, claims(now, nil)),
		"ES256":                             second.token(t, claims(now, nil)),
		"of the other account":              first.token(t, claims(now, map[string]any{"sub": "system:serviceaccount:ci:runner"})),
		"of several audiences":              first.token(t, claims(now, map[string]any{"aud": []string{"a", "linnet-observer"}})),
		"of one audience that is no list":   first.token(t, claims(now, map[string]any{"aud": "linnet-observer"})),
		"by a clock that is a little ahead": first.token(t, claims(now, map[string]any{"nbf": now.Add(30 * time.Second).Unix()})),
		"without nbf":                       first.token(t, claims(now, map[string]any{"nbf": nil})),
	} {
		if got := askAs(t, w.url+"/v1/observation", token); got.code != http.StatusOK || !strings.Contains(got.body, `"cluster":"east"`) {
			t.Errorf("%s: got %+v", name, got)
		}
	}
	if got := ask(t, w.url+"/v1/observation", "Authorization", "bearer "+first.token(t, claims(now, nil))); got.code != http.StatusOK {
		t.Errorf("the scheme in small letters: got %+v", got)
	}
}

// One row for each way in which somebody could try.
func TestOtherTokensDoNotOpen(t *testing.T) {
	key, stranger, curve := rs256("k1", 0), rs256("k1", 1), es256(t, "k2")
	w := newWorld(t, key, curve)
	w.see("east")
	now := w.clock.now()
	changed := func(name string, value any) string { return key.token(t, claims(now, map[string]any{name: value})) }
	der, err := x509.MarshalPKIXPublicKey(key.key.Public())
	if err != nil {
		t.Fatal(err)
	}
	headed := func(method jwt.SigningMethod, secret any, header map[string]any) string {
		token := jwt.NewWithClaims(method, claims(now, nil))
		for name, value := range header {
			token.Header[name] = value
		}
		return signed(t, token, secret)
	}
	good := key.token(t, claims(now, nil))
	parts := strings.Split(good, ".")
	encode := base64.RawURLEncoding.EncodeToString
	text, err := json.Marshal(claims(now, map[string]any{"sub": "system:serviceaccount:linnet:other"}))
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name, token string
		code        int
		says        string
	}{
		{"another audience", changed("aud", []string{"istio-ca"}), 401, "is not for this audience"},
		{"the API server's own audience", changed("aud", []string{issuerName}), 401, "is not for this audience"},
		{"a part of the audience", changed("aud", []string{"linnet-observer2", "linnet"}), 401, "is not for this audience"},
		{"no audience", changed("aud", nil), 401, "is not for this audience"},
		{"another issuer", changed("iss", "https://evil.example.com"), 401, "is not one of this cluster's issuer"},
		{"no issuer", changed("iss", nil), 401, "is not one of this cluster's issuer"},
		{"ended this second", changed("exp", now.Unix()), 401, "has ended"},
		{"ended long ago", changed("exp", now.Add(-24*time.Hour).Unix()), 401, "has ended"},
		{"never ends", changed("exp", nil), 401, "has ended"},
		{"not valid yet", changed("nbf", now.Add(2*time.Minute).Unix()), 401, "is not valid yet"},
		{"a legacy token of a Secret", key.token(t, jwt.MapClaims{"iss": "kubernetes/serviceaccount", "sub": "system:serviceaccount:linnet:linnet",
			"kubernetes.io/serviceaccount/namespace": "linnet", "kubernetes.io/serviceaccount/service-account.name": "linnet"}), 401, "is not one of this cluster's issuer"},
		{"a legacy token of the issuer", changed("aud", nil), 401, "is not for this audience"},
		{"another service account", changed("sub", "system:serviceaccount:linnet:default"), 403, "allow it by --allow"},
		{"the same name elsewhere", changed("sub", "system:serviceaccount:default:linnet"), 403, "allow it by --allow"},
		{"more than the name", changed("sub", "system:serviceaccount:linnet:linnet:x"), 403, "allow it by --allow"},
		{"a user", changed("sub", "linnet/linnet"), 403, "allow it by --allow"},
		{"nobody", changed("sub", nil), 403, "allow it by --allow"},
		{"alg none", headed(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, map[string]any{"kid": "k1"}), 401, "is not a token that the cluster's issuer signed"},
		{"HS256 with the public key as the secret", headed(jwt.SigningMethodHS256, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), map[string]any{"kid": "k1"}), 401, "is not a token that"},
		{"HS256 with the public key's DER", headed(jwt.SigningMethodHS256, der, map[string]any{"kid": "k1"}), 401, "is not a token that"},
		{"RS384", headed(jwt.SigningMethodRS384, key.key, map[string]any{"kid": "k1"}), 401, "is not a token that"},
		{"PS256", headed(jwt.SigningMethodPS256, key.key, map[string]any{"kid": "k1"}), 401, "is not a token that"},
		{"ES256 with the name of the RSA key", headed(jwt.SigningMethodES256, curve.key, map[string]any{"kid": "k1"}), 401, "is not a token that"},
		{"RS256 with the name of the other kind of key", headed(jwt.SigningMethodRS256, key.key, map[string]any{"kid": "k2"}), 401, "is not a token that"},
		{"signed by a stranger under our name", stranger.token(t, claims(now, nil)), 401, "is not a token that"},
		{"a key that nobody has", rs256("k9", 0).token(t, claims(now, nil)), 401, "is not a token that"},
		{"no name of a key", headed(jwt.SigningMethodRS256, key.key, nil), 401, "is not a token that"},
		{"a name that is none", headed(jwt.SigningMethodRS256, key.key, map[string]any{"kid": 1}), 401, "is not a token that"},
		{"its own key", headed(jwt.SigningMethodRS256, stranger.key, map[string]any{"kid": "k3", "jwk": stranger.jwk(t)}), 401, "is not a token that"},
		{"something critical", headed(jwt.SigningMethodRS256, key.key, map[string]any{"kid": "k1", "crit": []string{"b64"}, "b64": false}), 401, "is not a token that"},
		{"other claims below a good signature", parts[0] + "." + encode(text) + "." + parts[2], 401, "is not a token that"},
		{"no signature", parts[0] + "." + parts[1] + ".", 401, "is not a token that"},
		{"a signature cut short", good[:len(good)-4], 401, "is not a token that"},
		{"two parts", parts[0] + "." + parts[1], 401, "is not a token that"},
		{"a token and more", good + ".x", 401, "is not a token that"},
		{"no token at all", "x", 401, "is not a token that"},
		{"a password", "hunter2", 401, "is not a token that"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := askAs(t, w.url+"/v1/observation", row.token)
			if got.code != row.code || !strings.Contains(got.body, row.says) {
				t.Errorf("got %d %q, want %d and %q", got.code, got.body, row.code, row.says)
			}
			if len(got.body) > 200 || strings.Count(got.body, "\n") != 1 || strings.Contains(got.body, "web-0") {
				t.Errorf("the answer is not one line for people: %q", got.body)
			}
			if len(row.token) > 10 && strings.Contains(got.body+w.log.String(), row.token[:10]) || strings.Contains(got.body+w.log.String(), "hunter2") {
				t.Errorf("the token is repeated: %q, log %q", got.body, w.log)
			}
			if got.code == 401 && got.header.Get("WWW-Authenticate") != "Bearer" {
				t.Errorf("a 401 without WWW-Authenticate: %v", got.header)
			}
		})
	}
}

func TestWithoutABearerTokenNothingOpens(t *testing.T) {
	key := rs256("k1", 0)
	w := newWorld(t, key)
	w.see("east")
	good := key.token(t, claims(w.clock.now(), nil))
	for name, headers := range map[string][]string{
		"nothing":           nil,
		"empty":             {"Authorization", ""},
		"no scheme":         {"Authorization", good},
		"another scheme":    {"Authorization", "Basic " + good},
		"only a scheme":     {"Authorization", "Bearer "},
		"two headers":       {"Authorization", "Bearer " + good, "Authorization", "Bearer " + good},
		"in another header": {"X-Forwarded-Authorization", "Bearer " + good},
	} {
		if got := ask(t, w.url+"/v1/observation?access_token="+good, headers...); got.code != 401 || !strings.Contains(got.body, "a service account's token of audience linnet-observer is needed") {
			t.Errorf("%s: got %+v", name, got)
		}
	}
	if w.issuer.asked.Load() != 0 {
		t.Errorf("the issuer was asked %d times for who showed no token", w.issuer.asked.Load())
	}
}

func TestANewKeyIsReadAtMostOnceAMinute(t *testing.T) {
	old, fresh := rs256("k1", 0), rs256("k2", 1)
	w := newWorld(t, old)
	w.see("east")
	with := func(s signer) int {
		return askAs(t, w.url+"/v1/observation", s.token(t, claims(w.clock.now(), nil))).code
	}
	if got := with(old); got != 200 {
		t.Fatalf("got %d", got)
	}
	w.issuer.sign(old, fresh)
	for range 5 {
		if got := with(fresh); got != 401 {
			t.Errorf("a key that was not read yet: got %d", got)
		}
	}
	if got := w.issuer.asked.Load(); got != 1 {
		t.Errorf("within a minute the keys were read %d times", got)
	}
	w.clock.pass(time.Minute)
	if got := with(fresh); got != 200 {
		t.Errorf("after a minute: got %d", got)
	}
	if got := with(old); got != 200 || w.issuer.asked.Load() != 2 {
		t.Errorf("the old key: got %d, keys read %d times", got, w.issuer.asked.Load())
	}
	// The issuer drops the old key, and within an hour it opens nothing any more.
	w.issuer.sign(fresh)
	w.clock.pass(59 * time.Minute)
	if got := with(old); got != 200 || w.issuer.asked.Load() != 2 {
		t.Errorf("within the hour: got %d, keys read %d times", got, w.issuer.asked.Load())
	}
	w.clock.pass(time.Minute)
	if got := with(old); got != 401 {
		t.Errorf("after an hour: got %d", got)
	}
	if got := with(fresh); got != 200 {
		t.Errorf("after an hour: got %d", got)
	}
}

func TestWhileKeysCannotBeReadNothingOpens(t *testing.T) {
	key := rs256("k1", 0)
	w := newWorld(t, key)
	w.see("east")
	good := func() string { return key.token(t, claims(w.clock.now(), nil)) }
	stranger := func() string { return rs256("k9", 1).token(t, claims(w.clock.now(), nil)) }
	away := func(name string, token string) {
		t.Helper()
		if got := askAs(t, w.url+"/v1/observation", token); got.code != 503 || !strings.Contains(got.body, "tokens cannot be checked now") || got.header.Get("Retry-After") != "5" {
			t.Errorf("%s: got %+v", name, got)
		}
	}
	w.issuer.answer(http.StatusForbidden)
	away("before the first reading", good())
	if !strings.Contains(w.log.String(), "system:service-account-issuer-discovery") {
		t.Errorf("the log does not say what to do: %s", w.log)
	}
	w.issuer.answer(0)
	away("within the pause", good())
	if n := strings.Count(w.log.String(), "\n"); n != 1 {
		t.Errorf("who asks fills the log: %d lines", n)
	}
	w.clock.pass(5 * time.Second)
	if got := askAs(t, w.url+"/v1/observation", good()); got.code != 200 {
		t.Errorf("after the pause: got %+v", got)
	}
	w.issuer.answer(http.StatusInternalServerError)
	if got := askAs(t, w.url+"/v1/observation", good()); got.code != 200 {
		t.Errorf("a key that is known: got %+v", got)
	}
	w.clock.pass(time.Minute)
	away("a key that is not known", stranger())
	if got := askAs(t, w.url+"/v1/observation", good()); got.code != 200 {
		t.Errorf("a key that is known, while another is looked for: got %+v", got)
	}
	w.clock.pass(time.Hour)
	away("after an hour", good())
	w.issuer.server.Close()
	w.clock.pass(time.Minute)
	away("nobody there", good())
	if strings.Contains(w.log.String(), "eyJ") {
		t.Errorf("a token is in the log: %s", w.log)
	}
}

func TestTheIssuersDocumentsMustBeRight(t *testing.T) {
	key := rs256("k1", 0)
	w := newWorld(t, key)
	w.see("east")
	w.issuer.name = ""
	if got := askAs(t, w.url+"/v1/observation", key.token(t, claims(w.clock.now(), map[string]any{"iss": ""}))); got.code != 503 || !strings.Contains(w.log.String(), "names no issuer") {
		t.Errorf("an issuer without a name: got %+v, log %s", got, w.log)
	}
	w.issuer.name = issuerName
	w.issuer.sign(key, key)
	w.clock.pass(time.Minute)
	if got := askAs(t, w.url+"/v1/observation", key.token(t, claims(w.clock.now(), nil))); got.code != 503 || !strings.Contains(w.log.String(), "two of them have the same name") {
		t.Errorf("two keys of one name: got %+v, log %s", got, w.log)
	}
	w.issuer.sign()
	w.clock.pass(time.Minute)
	if got := askAs(t, w.url+"/v1/observation", key.token(t, claims(w.clock.now(), nil))); got.code != 503 || !strings.Contains(w.log.String(), "there is none for RS256 or ES256") {
		t.Errorf("no keys: got %+v, log %s", got, w.log)
	}
}
