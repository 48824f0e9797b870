package github_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"strings"
	"testing"

	"github.com/linnet-bot/linnet/pkg/forge/github"
	"github.com/linnet-bot/linnet/pkg/forge/transport"
)

func TestAnInstallationsTokenIsMintedOnceAndTold(t *testing.T) {
	f := &faults{}
	h := newHub(t, f.wrap)
	app, err := h.AddApp("linnet")
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	credential, err := github.Installation{URL: h.url, AppID: app.ID, ID: app.Installation, Key: app.Key, Project: project, Base: h.base,
		Tell: func(token string) { told = append(told, token) }}.Credential()
	if err != nil {
		t.Fatal(err)
	}
	var given transport.Credential
	for range 3 {
		if given, err = credential(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if len(told) != 1 || given.Value != "Bearer "+told[0] || given.Header != "Authorization" || given.Key == "" || strings.Contains(given.Key, told[0]) {
		t.Errorf("got %v and %d tokens", given.Key, len(told))
	}
	if len(told[0]) <= 40 || !strings.Contains(told[0], ".") {
		t.Errorf("the fake's token has the old form: %d characters", len(told[0]))
	}
	if got := f.called("access_tokens"); got != 1 {
		t.Errorf("minted %d times, want once", got)
	}
}

func TestATokenIsAskedForWithNoMoreThanItNeeds(t *testing.T) {
	f := &faults{}
	h := newHub(t, f.wrap)
	kept := bodies(f, "access_tokens")
	_, credential := h.bot(t)
	if _, err := credential(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := (*kept)[0]; !strings.Contains(got, `"repositories":["gitops"]`) || !strings.Contains(got, `"checks":"write"`) || strings.Contains(got, "administration") {
		t.Errorf("got %s", got)
	}
}

func TestTeamsAreAskedForOnlyWhereTheyAreNeeded(t *testing.T) {
	f := &faults{}
	h := newHub(t, f.wrap)
	kept := bodies(f, "access_tokens")
	app, err := h.AddApp("linnet")
	if err != nil {
		t.Fatal(err)
	}
	for _, teams := range []bool{false, true} {
		c, err := github.Installation{URL: h.url, AppID: app.ID, ID: app.Installation, Key: app.Key, Project: project, Teams: teams, Base: h.base}.Credential()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c(t.Context()); err != nil {
			t.Fatal(err)
		}
		if asked := (*kept)[len(*kept)-1]; strings.Contains(asked, `"members":"read"`) != teams {
			t.Errorf("teams %t: asked for %s", teams, asked)
		}
	}
}

func TestAFailureToGetATokenKeepsSecrets(t *testing.T) {
	h := newHub(t)
	another, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	other := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(another)})
	app, err := h.AddApp("linnet")
	if err != nil {
		t.Fatal(err)
	}
	made := func(key []byte, url string) (transport.CredentialFunc, error) {
		return github.Installation{URL: url, AppID: app.ID, ID: app.Installation, Key: key, Project: project, Base: h.base}.Credential()
	}
	if _, err := made([]byte("-----BEGIN RSA PRIVATE KEY-----\nc2VjcmV0\n"), h.url); err == nil || strings.Contains(err.Error(), "c2VjcmV0") {
		t.Errorf("a broken key: got %v", err)
	}
	for name, row := range map[string]struct {
		key []byte
		url string
	}{"another App's key": {other, h.url}, "nobody there": {app.Key, "http://127.0.0.1:1"}} {
		credential, err := made(row.key, row.url)
		if err != nil {
			t.Fatal(err)
		}
		// A JSON web token begins with eyJ.
		if _, err := credential(t.Context()); err == nil || strings.Contains(err.Error(), "eyJ") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestGitGetsTheTokenAsAPassword(t *testing.T) {
	seen := map[bool]string{}
	h := newHub(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			seen[strings.Contains(r.URL.Path, ".git/")], _, _ = strings.Cut(r.Header.Get("Authorization"), " ")
			next.ServeHTTP(w, r)
		})
	})
	ann := h.person(t, "ann", "write")
	if _, err := ann.DefaultBranch(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := ann.Branches(t.Context(), ""); err != nil {
		t.Error(err)
	}
	if seen[false] != "Bearer" || seen[true] != "Basic" {
		t.Errorf("got %v", seen)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestTheInstallationIsFoundByTheProject(t *testing.T) {
	h := newHub(t, holds(t, described(t)))
	app, err := h.AddApp("linnet")
	if err != nil {
		t.Fatal(err)
	}
	open := func(project string) (transport.Credential, error) {
		c, err := github.Installation{URL: h.url, AppID: app.ID, Key: app.Key, Project: project, Base: h.base}.Credential()
		if err != nil {
			t.Fatal(err)
		}
		return c(t.Context())
	}
	if given, err := open(project); err != nil || !strings.HasPrefix(given.Value, "Bearer ghs_") {
		t.Errorf("got no token: %v", err)
	}
	if _, err := open("acme/other"); err == nil || !strings.Contains(err.Error(), "not installed on acme/other") {
		t.Errorf("a project without the App: %v", err)
	}
}
