package github_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/internal/fakegithub"
	"github.com/linnet-bot/linnet/pkg/doctor"
	"github.com/linnet-bot/linnet/pkg/forge/github"
)

func TestAnAppThatIsWellSetUp(t *testing.T) {
	c := newClinic(t)
	c.settings.Webhooks = true
	amiss, text := c.examine(t, true)
	if len(amiss) > 0 {
		t.Errorf("got %v", amiss)
	}
	want := `acme/gitops

✓ credentials  the bot is linnet[bot], the App linnet, and installed on acme/gitops
✓ clock        this machine's clock and the forge's agree
✓ version      GitHub Enterprise Server 3.19.1 is new enough
✓ permissions  the App has what it needs and no more
✓ branch       the branch main exists
✓ protection   linnet/gate is required on main and pinned to the App
✓ protection   main asks for 1 approval
✓ protection   the bot cannot pass by the rules of main (main is reviewed)
✓ merging      the repository allows the method merge
✓ webhooks     the webhook arrives: the last one on 2026-01-02 03:04 UTC

0 to fix, 0 warnings, 0 unknown, 10 fine
`
	if text != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
}

func TestWhatIsWrongWithAnAppIsFound(t *testing.T) {
	c := newClinic(t)
	for _, f := range []fault{
		{"the key is another App's", func(c *clinic) { c.installed.AppID += 1000 }, "error credentials, unknown forge", "the App's key does not work: GitHub says"},
		{"the installation is another one", func(c *clinic) { c.installed.ID = 4711 }, "error credentials, unknown forge", "not 4711 as configured"},
		{"the installation is suspended", arrange(func(s *fakegithub.Setup) { s.Suspended = true }), "error credentials, unknown forge", "is suspended"},
		{"a permission is missing", arrange(func(s *fakegithub.Setup) { s.Permissions = needed("checks", "", "issues", "read") }),
			"error credentials, error permissions/missing, unknown forge", "the App lacks checks: write and issues: write"},
		{"a new permission waits for an owner", arrange(func(s *fakegithub.Setup) { s.Permissions, s.Registered = needed("checks", "read"), needed() }),
			"error credentials, error permissions/accept, unknown forge", "nobody has accepted that yet"},
		{"permissions are wider than needed", arrange(func(s *fakegithub.Setup) { s.Permissions = needed("workflows", "write", "administration", "write") }),
			"warning permissions/wide", "administration: write and workflows: write"},
		{"it is installed everywhere", arrange(func(s *fakegithub.Setup) { s.Everywhere = true }), "warning permissions/everywhere", "all repositories of its owner"},
		{"reading rules, teams and queues is not wide", arrange(func(s *fakegithub.Setup) {
			s.Permissions = needed("administration", "read", "members", "read", "merge_queues", "read")
		}), "", "the App has what it needs and no more"},
		{"the branch does not exist", func(c *clinic) { c.settings.Branch = "man" }, "error branch/exists", "there is no branch man in acme/gitops"},
		{"the check is not required", func(c *clinic) { c.rules(func(r *fakegithub.Rules) { r.Checks = nil }) }, "error protection/required", "people can merge while the gate is not green"},
		{"the check is not pinned", func(c *clinic) { c.rules(func(r *fakegithub.Rules) { r.Checks[0].App = 0 }) }, "warning protection/pinned", "not pinned to the App: whoever may push can say it"},
		{"the check is pinned to another App", func(c *clinic) { c.rules(func(r *fakegithub.Rules) { r.Checks[0].App = 4711 }) }, "error protection/pinned", "another App (4711)"},
		{"no approval is asked for", func(c *clinic) { c.rules(func(r *fakegithub.Rules) { r.Approvals = 0 }) }, "warning protection/approvals", "nobody has to review"},
		{"the bot can always pass the ruleset by", arrange(func(s *fakegithub.Setup) { s.Bypass = "always" }), "error protection/bypass", "pass the ruleset main is reviewed by (always)"},
		{"the bot can merge past the ruleset", arrange(func(s *fakegithub.Setup) { s.Bypass = "pull_requests_only" }), "error protection/bypass", "(pull requests only)"},
		{"whether the bot can pass by is not told", arrange(func(s *fakegithub.Setup) { s.Bypass = "" }), "unknown protection/bypass", "GitHub does not tell"},
		{"the method is switched off", arrange(func(s *fakegithub.Setup) { s.Without = []string{"merge"} }), "error merging", "does not allow the method merge"},
		{"the methods are not shown", arrange(func(s *fakegithub.Setup) { s.HideMethods = true }), "unknown merging", "GitHub does not show it"},
		{"a rule wants no merge commits", arrange(func(s *fakegithub.Setup) { s.Linear = true }), "error merging", "the rules of main do not allow the method merge"},
		{"a merge queue has its own method", func(c *clinic) {
			c.rules(func(r *fakegithub.Rules) { r.Queue = true })
			c.Arrange(func(s *fakegithub.Setup) { s.Without = []string{"merge"} })
		}, "", "merge queue"},
		{"the webhook does not tell of the queue", func(c *clinic) {
			c.settings.Webhooks = true
			c.rules(func(r *fakegithub.Rules) { r.Queue = true })
		}, "warning webhooks/events", "does not tell of merge_group"},
		{"the server is old", arrange(func(s *fakegithub.Setup) { s.Enterprise = "3.9.2" }), "warning version", "3.9.2 is older than 3.17"},
		{"the server does not tell its version", arrange(func(s *fakegithub.Setup) { s.Enterprise = "" }), "unknown version", "no answer names its version"},
		{"the clock is a minute behind", func(c *clinic) { c.SetClock(func() time.Time { return time.Now().Add(time.Minute) }) }, "warning clock", "behind the forge's"},
		{"the clock is a minute ahead", func(c *clinic) { c.SetClock(func() time.Time { return time.Now().Add(-time.Minute) }) }, "warning clock", "ahead of the forge's"},
		{"the clock is so wrong that signatures are refused", func(c *clinic) {
			c.Arrange(func(s *fakegithub.Setup) { s.CheckTimes = true })
			c.SetClock(func() time.Time { return time.Now().Add(-15 * time.Minute) })
		}, "error credentials, error clock, unknown forge", "ahead of the forge's: GitHub takes nothing that the App signs"},
		{"webhooks are not answered", func(c *clinic) { c.settings.Webhooks = true; c.deliver(0, 0) }, "error webhooks/deliveries", "got no answer, and 2 of 2 failed"},
		{"the webhook's secret is another one", func(c *clinic) { c.settings.Webhooks = true; c.deliver(401, 200) }, "warning webhooks/deliveries", "HTTP 401, and 1 of 2 failed → give the webhook on the forge and webhooks.secretFile the same secret"},
		{"webhooks arrive again", func(c *clinic) { c.settings.Webhooks = true; c.deliver(202, 502) }, "", "of 1 before it 1 did not"},
		{"webhooks about other projects do not count", func(c *clinic) {
			c.settings.Webhooks = true
			c.Arrange(func(s *fakegithub.Setup) {
				s.Deliveries = []fakegithub.Delivery{{Code: 502, Elsewhere: true}, {Code: 200}}
			})
		}, "", "the webhook arrives: the last one"},
		{"no webhook was ever sent", func(c *clinic) { c.settings.Webhooks = true; c.deliver() }, "unknown webhooks/deliveries", "the forge remembers no delivery"},
		{"the webhook tells too little", func(c *clinic) {
			c.settings.Webhooks = true
			c.Arrange(func(s *fakegithub.Setup) { s.Events = []string{"push", "check_run", "pull_request"} })
		}, "warning webhooks/events", "does not tell of issue_comment and pull_request_review"},
		{"branch protection hides what it asks for", func(c *clinic) { c.rules(func(r *fakegithub.Rules) { r.Classic = true }) },
			"unknown protection/approvals, unknown protection/bypass", "the permission administration: read shows it"},
		{"branch protection is read with a token that can do nothing else", func(c *clinic) {
			c.rules(func(r *fakegithub.Rules) { r.Classic = true })
			c.Arrange(func(s *fakegithub.Setup) { s.Permissions = needed("administration", "read") })
		}, "", "the bot cannot pass by the rules of main (branch protection)"},
		{"branch protection lets the bot past", func(c *clinic) {
			c.rules(func(r *fakegithub.Rules) { r.Classic = true })
			c.Arrange(func(s *fakegithub.Setup) {
				s.Permissions, s.Bypassers = needed("administration", "read"), []string{itoa(c.app.ID)}
			})
		}, "error protection/bypass", "the bot can pass the branch protection of main by"},
	} {
		t.Run(f.name, func(t *testing.T) { c.recover(t); c.find(t, true, f) })
	}
}

func TestAnAppThatIsNotInstalledOnTheProjectIsFound(t *testing.T) {
	c := newClinic(t)
	c.calls.once(http.MethodGet, "/installation", 404, nil, `{"message":"Not Found"}`)
	facts := c.asApp.Examine(t.Context(), "main", c.installed)
	list := facts.Findings(c.settings)
	if list[0].Severity != doctor.Error || !strings.Contains(list[0].Text, "is not installed on acme/gitops") || !strings.Contains(list[0].Advice, "/apps/linnet") {
		t.Errorf("got %+v", list[0])
	}
}

func TestWhatIsWrongWithATokenIsFound(t *testing.T) {
	c := newClinic(t)
	const fineGrained, classic = "unknown permissions, warning protection/pinned", "warning permissions/everywhere, warning protection/pinned"
	anybody := func(c *clinic) { c.rules(func(r *fakegithub.Rules) { r.Checks[0].App = 0 }) }
	with := func(edit func(c *clinic, s *fakegithub.Setup)) func(*clinic) {
		return func(c *clinic) {
			anybody(c)
			c.Arrange(func(s *fakegithub.Setup) { edit(c, s) })
		}
	}
	day := 24 * time.Hour
	for _, f := range []fault{
		{"a fine-grained token tells nothing", anybody, fineGrained, "GitHub does not tell the permissions of a fine-grained token"},
		{"a classic token opens everything", with(func(_ *clinic, s *fakegithub.Setup) { s.Scopes = []string{"repo"} }), classic, "opens every repository that linnet-bot can write to"},
		{"scopes are wider than needed", with(func(_ *clinic, s *fakegithub.Setup) { s.Scopes = []string{"admin:org", "repo", "read:org", "workflow"} }),
			"warning permissions/wide, " + classic, "more than it needs: admin:org and workflow"},
		{"the scope is missing", with(func(_ *clinic, s *fakegithub.Setup) { s.Scopes = []string{"public_repo"} }), "error permissions/missing, " + classic, "lacks the scope repo"},
		{"a public repository needs less", with(func(_ *clinic, s *fakegithub.Setup) { s.Scopes, s.Public = []string{"public_repo"}, true }), classic, ""},
		{"a classic token without any scope", with(func(_ *clinic, s *fakegithub.Setup) { s.Scopes = []string{} }), "error permissions/missing, " + classic, "lacks the scope repo"},
		{"the token ends soon", with(func(c *clinic, s *fakegithub.Setup) { s.TokenEnds = c.settings.Now.Add(20*day + time.Hour) }), "unknown permissions, warning token/expiry, warning protection/pinned", "in 20 days"},
		{"the token ends in a day", with(func(c *clinic, s *fakegithub.Setup) { s.TokenEnds = c.settings.Now.Add(day + time.Hour) }), "unknown permissions, error token/expiry, warning protection/pinned", "in 1 day"},
		{"the token ends late", with(func(c *clinic, s *fakegithub.Setup) { s.TokenEnds = c.settings.Now.Add(100*day + time.Hour) }), fineGrained, "in 100 days"},
		{"the check must be an App's", func(*clinic) {}, "unknown permissions, error protection/pinned", "must be said by an App"},
		{"the owner is an administrator whom protection does not hold", func(c *clinic) {
			c.asToken = c.forge(t, token(c.AddUser("boss", "admin")), 0)
			c.SetRules(fakegithub.Rules{Approvals: 1, Classic: true, Checks: []fakegithub.RequiredCheck{{Name: gate}}})
			c.Arrange(func(s *fakegithub.Setup) { s.AdminsToo = false })
		}, "warning permissions/role, unknown permissions, warning protection/pinned, error protection/bypass", "does not hold for administrators, of whom the bot is one"},
		{"the owner may only read", func(c *clinic) {
			anybody(c)
			c.asToken = c.forge(t, token(c.AddUser("reader", "read")), 0)
		}, "error permissions/role, " + fineGrained, "reader may not push to acme/gitops"},
		{"the owner is let past protection", func(c *clinic) {
			c.asToken = c.forge(t, token(c.AddUser("boss", "admin")), 0)
			c.SetRules(fakegithub.Rules{Approvals: 1, Classic: true, Checks: []fakegithub.RequiredCheck{{Name: gate}}})
			c.Arrange(func(s *fakegithub.Setup) { s.Bypassers = []string{"boss"} })
		}, "warning permissions/role, unknown permissions, warning protection/pinned, error protection/bypass", "the bot can pass the branch protection of main by"},
		{"webhooks are not shown", func(c *clinic) { anybody(c); c.settings.Webhooks = true }, fineGrained + ", unknown webhooks", "the token's permission webhooks: read"},
	} {
		t.Run(f.name, func(t *testing.T) { c.recover(t); c.find(t, false, f) })
	}
}

func TestTheRepositorysWebhookIsJudged(t *testing.T) {
	c := newClinic(t)
	const usual = "warning permissions/role, unknown permissions, warning protection/pinned"
	events := []string{"issue_comment", "pull_request", "pull_request_review", "push"}
	good := fakegithub.Hook{URL: "https://linnet.example.org/hooks/github", Secret: true, Events: events, Deliveries: []fakegithub.Delivery{{At: time.Now(), Code: 202}}}
	for _, row := range []struct {
		name string
		edit func(h *fakegithub.Hook)
		want string
	}{
		{"good", func(*fakegithub.Hook) {}, ""},
		{"all events", func(h *fakegithub.Hook) { h.Events = []string{"*"} }, ""},
		{"elsewhere", func(h *fakegithub.Hook) { h.URL = "https://ci.example.org/github" }, ", error webhooks"},
		{"switched off", func(h *fakegithub.Hook) { h.Off = true }, ", error webhooks"},
		{"without a secret", func(h *fakegithub.Hook) { h.Secret = false }, ", error webhooks/secret"},
		{"not answered", func(h *fakegithub.Hook) { h.Deliveries[0].Code = 502 }, ", error webhooks/deliveries"},
	} {
		t.Run(row.name, func(t *testing.T) {
			c.recover(t)
			hook := good
			hook.Deliveries = slices.Clone(good.Deliveries)
			row.edit(&hook)
			c.settings.Webhooks = true
			c.Arrange(func(s *fakegithub.Setup) {
				s.Hooks = []fakegithub.Hook{{URL: "https://other.example.org/", Events: events}, hook}
			})
			c.find(t, false, fault{make: func(c *clinic) {
				c.rules(func(r *fakegithub.Rules) { r.Checks[0].App = 0 })
				c.asToken = c.forge(t, token(c.AddUser("boss", "admin")), 0)
			}, want: usual + row.want})
		})
	}
}

func TestATokenThatDoesNotWorkIsFound(t *testing.T) {
	c := newClinic(t)
	c.asToken = c.forge(t, token("ghp_hunter2hunter2"), 0)
	c.find(t, false, fault{make: func(*clinic) {}, want: "error credentials, unknown forge", says: "the token does not work"})
}

func TestATokenThatDoesNotShowTheProjectIsFound(t *testing.T) {
	c := newClinic(t)
	f, err := github.New(github.Options{URL: c.url, Project: "acme/other", Client: c.client(t, token(c.tokenValue))})
	if err != nil {
		t.Fatal(err)
	}
	c.asToken, c.settings.Project = f, "acme/other"
	c.find(t, false, fault{make: func(*clinic) {}, want: "error credentials/project, unknown forge", says: "do not show acme/other"})
}

func TestAFineGrainedTokenThatMayNotReadIsFound(t *testing.T) {
	c := newClinic(t)
	c.rules(func(r *fakegithub.Rules) { r.Checks[0].App = 0 })
	c.calls.once(http.MethodGet, "/pulls", 403, nil, `{"message":"Resource not accessible by personal access token"}`)
	c.find(t, false, fault{make: func(*clinic) {}, want: "error permissions/missing, unknown permissions, warning protection/pinned", says: "the token lacks pull requests"})
}

func TestAForgeThatIsDownIsNotFine(t *testing.T) {
	c := newClinic(t)
	c.calls.set(func(w http.ResponseWriter, _ *http.Request, _ string, _ http.Handler) bool {
		w.WriteHeader(http.StatusBadGateway)
		return true
	})
	for _, asApp := range []bool{true, false} {
		amiss, text := c.examine(t, asApp)
		if !slices.Contains(amiss, "error credentials") || !slices.Contains(amiss, "unknown forge") || strings.Contains(text, "protection") {
			t.Errorf("got %v\n%s", amiss, text)
		}
	}
}

func TestWhatAnAppSignsDoesNotGoToAnotherHost(t *testing.T) {
	c := newClinic(t)
	asked := 0
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	t.Cleanup(other.Close)
	c.calls.once(http.MethodGet, "/api/v3/app", http.StatusTemporaryRedirect, map[string]string{"Location": other.URL + "/app"}, `{}`)
	if amiss, text := c.examine(t, true); asked > 0 || !slices.Contains(amiss, "error credentials") {
		t.Errorf("the other host was asked %d times; got %v\n%s", asked, amiss, text)
	}
}
