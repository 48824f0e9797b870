package github_test

import (
	"context"
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

func TestAFailureToGetATokenKeepsSecrets(t *testing.T) {
	h := newHub(t)
	other, err := h.AddApp("other")
	if err != nil {
		t.Fatal(err)
	}
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
	}{"another App's key": {other.Key, h.url}, "nobody there": {app.Key, "http://127.0.0.1:1"}} {
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

func TestAddressesFollowFromTheWebAddress(t *testing.T) {
	for web, want := range map[string]string{
		"https://github.com":             "github.com api.github.com",
		"https://octocorp.ghe.com/":      "octocorp.ghe.com api.octocorp.ghe.com",
		"https://GitHub.example.org":     "github.example.org",
		"http://127.0.0.1:8080":          "127.0.0.1:8080",
		"https://user:pw@github.com":     "",
		"https://github.com/acme/gitops": "",
		"ssh://github.com":               "",
		"github.com":                     "",
	} {
		hosts, err := github.Hosts(web)
		if got := strings.Join(hosts, " "); got != want || (err == nil) != (want != "") || err != nil && strings.Contains(err.Error(), "pw") {
			t.Errorf("%s: got %q, %v, want %q", web, got, err, want)
		}
	}
	var asked []string
	record := roundTripper(func(r *http.Request) (*http.Response, error) {
		asked = append(asked, r.URL.String())
		return nil, context.Canceled
	})
	for _, web := range []string{"https://github.com", "https://octocorp.ghe.com", "https://github.example.org"} {
		f, err := github.New(github.Options{URL: web, Project: project, Client: &http.Client{Transport: record}})
		if err != nil {
			t.Fatal(err)
		}
		_, _ = f.DefaultBranch(t.Context())
		_, _ = f.Me(t.Context())
		_, _ = f.Branches(t.Context(), "")
	}
	want := "https://api.github.com/repos/acme/gitops https://api.github.com/graphql https://github.com/acme/gitops.git/info/refs?service=git-upload-pack " +
		"https://api.octocorp.ghe.com/repos/acme/gitops https://api.octocorp.ghe.com/graphql https://octocorp.ghe.com/acme/gitops.git/info/refs?service=git-upload-pack " +
		"https://github.example.org/api/v3/repos/acme/gitops https://github.example.org/api/graphql https://github.example.org/acme/gitops.git/info/refs?service=git-upload-pack"
	if got := strings.Join(asked, " "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for _, bad := range []string{"acme", "/gitops", "acme/", "a/b/c", "acme/git?x"} {
		if _, err := github.New(github.Options{URL: "https://github.com", Project: bad, Client: http.DefaultClient}); err == nil {
			t.Errorf("the project %q was accepted", bad)
		}
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
