package github_test

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/internal/fakegithub"
	"github.com/linnet-bot/linnet/internal/shareddata"
	"github.com/linnet-bot/linnet/pkg/forge/forgetest"
	"github.com/linnet-bot/linnet/pkg/forge/github"
	"github.com/linnet-bot/linnet/pkg/forge/transport"
)

const project = "acme/gitops"

// hub is a fake GitHub that a test has for itself.
type hub struct {
	*fakegithub.Server
	url  string
	base *http.Transport

	pat, clone string // of the person who pushes; see start
	ahead      time.Duration
}

// newHub starts one; wrap is put around it, the outermost first.
func newHub(t *testing.T, wrap ...func(http.Handler) http.Handler) *hub {
	t.Helper()
	s, err := fakegithub.New(t.TempDir(), project, nil)
	if err != nil {
		t.Skip(err)
	}
	var h http.Handler = s
	for i := len(wrap) - 1; i >= 0; i-- {
		h = wrap[i](h)
	}
	server := httptest.NewServer(h)
	base := &http.Transport{}
	t.Cleanup(func() { base.CloseIdleConnections(); server.Close() })
	return &hub{Server: s, url: server.URL, base: base}
}

// client sends a credential as the program does.
func (h *hub) client(t *testing.T, c transport.CredentialFunc) *http.Client {
	t.Helper()
	hosts, err := github.Hosts(h.url)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Transport: transport.New(transport.Options{Name: "GitHub", Hosts: hosts, UserAgent: "linnet", Credential: c, Base: h.base})}
}

func (h *hub) forge(t *testing.T, c transport.CredentialFunc, app int64) *github.Forge {
	t.Helper()
	f, err := github.New(github.Options{URL: h.url, Project: project, Client: h.client(t, c), AppID: app,
		Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// token is a personal access token.
func token(t string) transport.CredentialFunc {
	return github.ForGit(func(context.Context) (transport.Credential, error) {
		return transport.Credential{Header: "Authorization", Value: "Bearer " + t}, nil
	})
}

func (h *hub) person(t *testing.T, name, role string) *github.Forge {
	t.Helper()
	return h.forge(t, token(h.AddUser(name, role)), 0)
}

// bot makes an App and gives what acts as it.
func (h *hub) bot(t *testing.T) (fakegithub.App, transport.CredentialFunc) {
	t.Helper()
	app, err := h.AddApp("linnet")
	if err != nil {
		t.Fatal(err)
	}
	c, err := github.Installation{URL: h.url, AppID: app.ID, ID: app.Installation, Key: app.Key, Project: project, Base: h.base}.Credential()
	if err != nil {
		t.Fatal(err)
	}
	return app, c
}

// gitEnv lets the program git push as somebody.
func gitEnv(token string) []string {
	return []string{"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=http.extraHeader",
		"GIT_CONFIG_VALUE_0=Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte("pat:"+token))}
}

// wait lets time go by on the server.
func (h *hub) wait(d time.Duration) {
	h.ahead += d
	ahead := h.ahead
	h.SetClock(func() time.Time { return time.Now().Add(ahead) })
}

func (h *hub) remote() string { return h.url + "/" + project + ".git" }

// described gives GitHub's own description of its interface, where it is at hand.
func described(t *testing.T) *fakegithub.Description {
	t.Helper()
	var d *fakegithub.Description
	t.Run("description", func(t *testing.T) {
		var err error
		if d, err = fakegithub.Describe(shareddata.Path(t, "forge", "github", "openapi-bot.json")); err != nil {
			t.Fatal(err)
		}
	})
	return d
}

// holds checks all that is said against the description.
func holds(t *testing.T, d *fakegithub.Description) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		if d == nil {
			return next
		}
		return d.Holds(t, next)
	}
}

func TestAnApp(t *testing.T) {
	d := described(t)
	forgetest.Run(t, func(t *testing.T) forgetest.Fixture {
		h := newHub(t, holds(t, d))
		app, credential := h.bot(t)
		f := forgetest.Fixture{Bot: h.forge(t, credential, app.ID), SecondBot: h.forge(t, credential, app.ID), Remote: h.remote(),
			Person: h.person(t, "ann", "write"), SecondPerson: h.person(t, "bob", "maintain"), GitEnv: gitEnv(h.AddUser("pat", "write")), Wait: h.wait}
		f.RequireApprovals = func(_ *testing.T, n int) {
			r := h.Rules()
			r.Approvals = n
			h.SetRules(r)
		}
		f.RequireCheck = func(_ *testing.T, name string) {
			r := h.Rules()
			r.Checks = append(r.Checks, fakegithub.RequiredCheck{Name: name, App: app.ID})
			h.SetRules(r)
		}
		return f
	})
}

// TestAToken is the same with personal access tokens, but for what no token can: GitHub counts a status whoever said it.
func TestAToken(t *testing.T) {
	d := described(t)
	forgetest.Run(t, func(t *testing.T) forgetest.Fixture {
		h := newHub(t, holds(t, d))
		mine := h.AddUser("linnet-bot", "write")
		f := forgetest.Fixture{Bot: h.forge(t, token(mine), 0), SecondBot: h.forge(t, token(mine), 0), Remote: h.remote(),
			Person: h.person(t, "ann", "write"), SecondPerson: h.person(t, "bob", "maintain"), GitEnv: gitEnv(h.AddUser("pat", "write")), Wait: h.wait}
		f.RequireApprovals = func(_ *testing.T, n int) {
			r := h.Rules()
			r.Approvals = n
			h.SetRules(r)
		}
		f.RequireCheck = func(t *testing.T, name string) {
			if strings.HasSuffix(t.Name(), "A_forged_green_check_does_not_let_a_merge_through") {
				t.Skip("a commit status cannot be pinned to who says it: this needs an App")
			}
			r := h.Rules()
			r.Checks = append(r.Checks, fakegithub.RequiredCheck{Name: name})
			h.SetRules(r)
		}
		return f
	})
}
