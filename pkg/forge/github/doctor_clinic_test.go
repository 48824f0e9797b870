package github_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/internal/fakegithub"
	"github.com/linnet-bot/linnet/pkg/doctor"
	"github.com/linnet-bot/linnet/pkg/forge/github"
)

const gate = "linnet/gate"

// clinic is a fake GitHub on which all is well, for a bot that is an App and for one that uses a token.
type clinic struct {
	*hub
	calls      *faults
	app        fakegithub.App
	installed  *github.Installation
	asApp      *github.Forge
	settings   doctor.Settings
	onlyReads  []string // all that was not read
	tokenValue string
	asToken    *github.Forge
	arranged   fakegithub.Setup // when all is well
}

func newClinic(t *testing.T) *clinic {
	t.Helper()
	c := &clinic{calls: &faults{}}
	c.hub = newHub(t, c.calls.wrap, holds(t, described(t)))
	c.start(t)
	c.calls.set(func(_ http.ResponseWriter, r *http.Request, body string, _ http.Handler) bool {
		query := strings.HasSuffix(r.URL.Path, "/graphql") && !strings.Contains(body, "mutation")
		signIn := strings.HasSuffix(r.URL.Path, "/access_tokens")
		if r.Method != http.MethodGet && r.Method != http.MethodHead && !query && !signIn {
			c.onlyReads = append(c.onlyReads, r.Method+" "+r.URL.Path)
		}
		return false
	})
	var err error
	if c.app, err = c.AddApp("linnet"); err != nil {
		t.Fatal(err)
	}
	c.tokenValue = c.AddUser("linnet-bot", "write")
	c.Arrange(func(s *fakegithub.Setup) { c.arranged = *s })
	c.recover(t)
	return c
}

// recover makes all well again: one clinic serves many faults, since an App's key takes long to make.
func (c *clinic) recover(t *testing.T) {
	t.Helper()
	c.Arrange(func(s *fakegithub.Setup) { *s = c.arranged })
	c.SetClock(time.Now)
	c.installed = &github.Installation{URL: c.url, AppID: c.app.ID, ID: c.app.Installation, Key: c.app.Key, Project: project, Base: c.base}
	c.signIn(t)
	c.asToken = c.forge(t, token(c.tokenValue), 0)
	c.SetRules(fakegithub.Rules{Approvals: 1, Checks: []fakegithub.RequiredCheck{{Name: gate, App: c.app.ID}}})
	c.settings = doctor.Settings{Project: project, Branch: "main", Own: "linnet/", Check: gate, Method: "merge", Merges: true, Now: time.Now()}
	c.deliver(200, 200)
}

// signIn gives the bot a credential of the App as it is configured.
func (c *clinic) signIn(t *testing.T) {
	t.Helper()
	credential, err := c.installed.Credential()
	if err != nil {
		t.Fatal(err)
	}
	c.asApp = c.forge(t, credential, c.installed.AppID)
}

// deliver makes GitHub remember deliveries with these answers, the newest first.
func (c *clinic) deliver(codes ...int) {
	c.Arrange(func(s *fakegithub.Setup) {
		s.Deliveries = nil
		for i, code := range codes {
			s.Deliveries = append(s.Deliveries, fakegithub.Delivery{At: time.Date(2026, 1, 2, 3, 4, 59-i, 0, time.UTC), Code: code})
		}
	})
}

func (c *clinic) rules(edit func(*fakegithub.Rules)) {
	r := c.Rules()
	edit(&r)
	c.SetRules(r)
}

// examine gives what is not fine, as "severity check", and the whole report.
func (c *clinic) examine(t *testing.T, asApp bool) (amiss []string, text string) {
	t.Helper()
	var facts doctor.GitHub
	if asApp {
		facts = c.asApp.Examine(t.Context(), c.settings.Branch, c.installed)
	} else {
		facts = c.asToken.Examine(t.Context(), c.settings.Branch, nil)
	}
	report := doctor.NewReport(project, facts.Findings(c.settings))
	text = report.Text(0)
	for _, f := range report.Findings {
		if f.Severity != doctor.OK {
			amiss = append(amiss, string(f.Severity)+" "+f.Check)
			if f.Severity != doctor.Unknown && f.Advice == "" {
				t.Errorf("no advice: %+v", f)
			}
		}
		if f.Looked == "" || strings.Contains(f.Text, "\n") || strings.HasSuffix(f.Text, ".") {
			t.Errorf("not a sentence about something: %+v", f)
		}
	}
	if len(c.onlyReads) > 0 {
		t.Errorf("it wrote: %v", c.onlyReads)
	}
	for _, secret := range []string{c.tokenValue, "ghs_", "eyJ", "PRIVATE KEY"} {
		if strings.Contains(text, secret) {
			t.Errorf("a secret is in\n%s", text)
		}
	}
	return amiss, text
}

// fault is something that is wrong and all that must be said of it.
type fault struct {
	name string
	make func(c *clinic)
	want string // "severity check", joined by ", "
	says string
}

func (c *clinic) find(t *testing.T, asApp bool, f fault) {
	t.Helper()
	f.make(c)
	c.signIn(t)
	amiss, text := c.examine(t, asApp)
	if got := strings.Join(amiss, ", "); got != f.want || !strings.Contains(unwrapped(text), f.says) {
		t.Errorf("got %s\nwant %s\nand %q in\n%s", got, f.want, f.says, text)
	}
}

func unwrapped(text string) string { return strings.Join(strings.Fields(text), " ") }

func arrange(edit func(*fakegithub.Setup)) func(*clinic) {
	return func(c *clinic) { c.Arrange(edit) }
}

func needed(more ...string) map[string]string {
	p := map[string]string{"metadata": "read", "contents": "write", "pull_requests": "write", "checks": "write", "statuses": "read", "issues": "write"}
	for i := 0; i+1 < len(more); i += 2 {
		if p[more[i]] = more[i+1]; more[i+1] == "" {
			delete(p, more[i])
		}
	}
	return p
}
