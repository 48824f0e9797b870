package github_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/linnet-bot/linnet/pkg/forge/github"
)

func TestAddressesFollowFromWherePeopleFindIt(t *testing.T) {
	const (
		dotcom = "https://api.github.com/repos/acme/gitops https://api.github.com/graphql https://github.com/acme/gitops.git/info/refs?service=git-upload-pack"
		ghes   = "https://HOST/api/v3/repos/acme/gitops https://HOST/api/graphql https://HOST/acme/gitops.git/info/refs?service=git-upload-pack"
		tenant = "https://api.octocorp.ghe.com/repos/acme/gitops https://api.octocorp.ghe.com/graphql https://octocorp.ghe.com/acme/gitops.git/info/refs?service=git-upload-pack"
	)
	at := func(host string) string { return strings.ReplaceAll(ghes, "HOST", host) }
	for _, row := range []struct{ web, hosts, asked string }{
		{"https://github.com", "github.com api.github.com", dotcom},
		{"https://github.com/", "github.com api.github.com", dotcom},
		{"https://GitHub.com:443", "github.com api.github.com", dotcom},
		{"https://github.com.", "github.com api.github.com", dotcom},
		{"https://www.github.com", "github.com api.github.com", dotcom},
		{"https://octocorp.ghe.com/", "octocorp.ghe.com api.octocorp.ghe.com", tenant},
		{"https://OctoCorp.GHE.com", "octocorp.ghe.com api.octocorp.ghe.com", tenant},
		{"https://github.example.org", "github.example.org", at("github.example.org")},
		{"https://GitHub.example.org:443//", "github.example.org", at("github.example.org")},
		{"https://github.example.org:8443", "github.example.org:8443", at("github.example.org:8443")},
		// A server that is called like the interfaces of others has its own below /api all the same.
		{"https://api.example.org", "api.example.org", at("api.example.org")},
		{"https://git.api.example.org", "git.api.example.org", at("git.api.example.org")},
		{"https://notgithub.com", "notgithub.com", at("notgithub.com")},
		{"https://github.com.example.org", "github.com.example.org", at("github.com.example.org")},
		{"https://notghe.com", "notghe.com", at("notghe.com")},
		{"https://[2001:db8::1]", "[2001:db8::1]", at("[2001:db8::1]")},
		{"https://[2001:db8::1]:8443", "[2001:db8::1]:8443", at("[2001:db8::1]:8443")},
		{"http://127.0.0.1:8080", "127.0.0.1:8080", strings.ReplaceAll(at("127.0.0.1:8080"), "https:", "http:")},
	} {
		hosts, err := github.Hosts(row.web)
		if got := strings.Join(hosts, " "); got != row.hosts || err != nil {
			t.Errorf("%s: got hosts %q, %v, want %q", row.web, got, err, row.hosts)
		}
		var asked []string
		record := roundTripper(func(r *http.Request) (*http.Response, error) {
			asked = append(asked, r.URL.String())
			if !slices.Contains(hosts, r.URL.Host) {
				t.Errorf("%s: %s is asked and is none of its hosts", row.web, r.URL.Host)
			}
			if got, git := r.Header.Get("X-GitHub-Api-Version"), strings.HasSuffix(r.URL.Path, "/info/refs"); (got == "2022-11-28") == git {
				t.Errorf("%s: asked for version %q", r.URL, got)
			}
			return nil, context.Canceled
		})
		f, err := github.New(github.Options{URL: row.web, Project: project, Client: &http.Client{Transport: record}})
		if err != nil {
			t.Fatal(err)
		}
		_, _ = f.DefaultBranch(t.Context())
		_, _ = f.Me(t.Context())
		_, _ = f.Branches(t.Context(), "")
		if got := strings.Join(asked, " "); got != row.asked {
			t.Errorf("%s:\ngot  %s\nwant %s", row.web, got, row.asked)
		}
	}
}

func TestAddressesThatCannotBeAreRefused(t *testing.T) {
	for web, says := range map[string]string{
		"https://user:pw@github.com":         "like https://github.com",
		"https://github.com/acme/gitops":     "like https://github.com",
		"https://github.example.org/api/v3/": "like https://github.com",
		"https://github.com?x=y":             "like https://github.com",
		"https://github.com#x":               "like https://github.com",
		"https://:443":                       "like https://github.com",
		"ssh://github.com":                   "like https://github.com",
		"github.com":                         "like https://github.com",
		"":                                   "like https://github.com",
		"https://api.github.com":             "where people find it, https://github.com",
		"https://api.octocorp.ghe.com":       "where people find it, https://octocorp.ghe.com",
		"https://ghe.com":                    "no GitHub with data residency",
		"https://a.b.ghe.com":                "no GitHub with data residency",
		"http://github.com":                  "in the clear",
		"http://octocorp.ghe.com":            "in the clear",
	} {
		if hosts, err := github.Hosts(web); err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "pw") {
			t.Errorf("%s: got %v, %v, want %q", web, hosts, err, says)
		}
	}
	for _, bad := range []string{"acme", "/gitops", "acme/", "a/b/c", "acme/git?x"} {
		if _, err := github.New(github.Options{URL: "https://github.com", Project: bad, Client: http.DefaultClient}); err == nil {
			t.Errorf("the project %q was accepted", bad)
		}
	}
}

// A proxy of the program's own asks for the tokens of an App; GitHub is told the version there, too.
func TestTokensAreAskedForInTheSameVersion(t *testing.T) {
	h := newHub(t)
	app, err := h.AddApp("linnet")
	if err != nil {
		t.Fatal(err)
	}
	var versions []string
	record := roundTripper(func(r *http.Request) (*http.Response, error) {
		versions = append(versions, r.Header.Get("X-GitHub-Api-Version"))
		return h.base.RoundTrip(r)
	})
	c, err := github.Installation{URL: h.url, AppID: app.ID, Key: app.Key, Project: project, Base: record}.Credential()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c(t.Context()); err != nil {
		t.Fatal(err)
	}
	if want := []string{"2022-11-28", "2022-11-28"}; !slices.Equal(versions, want) { // where it is installed, and the token
		t.Errorf("asked for versions %q, want %q", versions, want)
	}
}
