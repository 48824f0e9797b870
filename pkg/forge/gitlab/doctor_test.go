package gitlab_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/internal/fakegitlab"
	"github.com/linnet-bot/linnet/pkg/doctor"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/forge/gitlab"
)

// clinic is a fake GitLab on which all is well for the bot.
type clinic struct {
	*fakegitlab.Server
	bot      fakegitlab.User
	url      string
	token    string
	clock    time.Duration // how far GitLab's clock is ahead
	method   forge.Method
	project  string
	settings doctor.Settings
	wrote    []string
}

// describedWrongly are calls that the description at hand does not have, since it is that of the free edition, or has with a mistake: a branch is called by
// number, and an end of a token has a time.
var describedWrongly = regexp.MustCompile(`/approval_rules$|/repository/branches/[a-z]+$|/personal_access_tokens/self$`)

func newClinic(t *testing.T) *clinic {
	t.Helper()
	c := &clinic{method: forge.MergeCommit, project: projectPath}
	fake, err := fakegitlab.New(t.TempDir(), fakegitlab.Options{Path: projectPath, QuickActions: fakegitlab.Some(true),
		Settings: fakegitlab.Settings{PipelineMustSucceed: true}, Now: func() time.Time { return time.Now().Add(c.clock) }})
	if err != nil {
		t.Skip(err)
	}
	c.Server = fake
	described := validated(t, fake)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead && !strings.HasSuffix(r.URL.Path, "/git-upload-pack") {
			c.wrote = append(c.wrote, r.Method+" "+r.URL.Path)
		}
		if describedWrongly.MatchString(r.URL.Path) {
			fake.ServeHTTP(w, r)
			return
		}
		described.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	c.bot = fake.AddUser("project_7_bot_0a1b2c")
	fake.SetLevel(c.bot.Username, 30)
	if _, err := fake.FirstCommit("a", "a\n"); err != nil {
		t.Fatal(err)
	}
	c.url, c.token = front.URL, c.bot.Token
	c.settings = doctor.Settings{Project: projectPath, Branch: "main", Own: "linnet/", Check: "linnet/gate", Method: "merge", Merges: true, Now: time.Now()}
	return c
}

// examine gives what is not fine, as "severity check", and the whole report.
func (c *clinic) examine(t *testing.T) (amiss []string, text string) {
	t.Helper()
	base := &http.Transport{}
	t.Cleanup(base.CloseIdleConnections)
	f, err := gitlab.New(gitlab.Options{URL: c.url, Project: c.project, Client: &http.Client{Transport: tokenTransport{c.token, false, base}},
		GitClient: &http.Client{Transport: tokenTransport{c.token, true, base}}, Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }})
	if err != nil {
		t.Fatal(err)
	}
	report := doctor.NewReport(c.project, f.Examine(t.Context(), c.settings.Branch, c.method).Findings(c.settings))
	text = report.Text(0)
	for _, one := range report.Findings {
		if one.Severity != doctor.OK {
			amiss = append(amiss, string(one.Severity)+" "+one.Check)
			if one.Severity != doctor.Unknown && one.Advice == "" {
				t.Errorf("no advice: %+v", one)
			}
		}
		if one.Looked == "" || strings.Contains(one.Text, "\n") || strings.HasSuffix(one.Text, ".") {
			t.Errorf("not a sentence about something: %+v", one)
		}
	}
	if len(c.wrote) > 0 {
		t.Errorf("it wrote: %v", c.wrote)
	}
	if strings.Contains(text, c.token) {
		t.Errorf("the token is in\n%s", text)
	}
	return amiss, text
}

func arrange(edit func(*fakegitlab.Setup)) func(*clinic) { return func(c *clinic) { c.Arrange(edit) } }

func change(edit func(*fakegitlab.Settings)) func(*clinic) { return func(c *clinic) { c.Change(edit) } }

func TestAProjectThatIsWellSetUp(t *testing.T) {
	amiss, text := newClinic(t).examine(t)
	if len(amiss) > 0 {
		t.Errorf("got %v", amiss)
	}
	want := `acme/platform/gitops

✓ credentials  the bot is project_7_bot_0a1b2c
✓ clock        this machine's clock and the forge's agree
✓ version      GitLab 18.2.1-ee is new enough
✓ permissions  the token has the scope api, which it needs, and no more
✓ permissions  the bot is Developer in acme/platform/gitops, which is enough
✓ token        the token has no end
✓ branch       the branch main exists
✓ protection   "Pipelines must succeed" is on, so linnet/gate holds merges of people back
✓ protection   main asks for 1 approval
✓ protection   main is protected, and the bot cannot push to it
✓ merging      the bot may merge into main
✓ branch       the bot's own branches linnet/* are not protected
✓ merging      the project merges by merge
✓ webhooks     none are configured: the bot looks by the clock

0 to fix, 0 warnings, 0 unknown, 14 fine
`
	if text != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
}

func TestWhatIsWrongWithAProjectIsFound(t *testing.T) {
	day := 24 * time.Hour
	protect := func(p ...fakegitlab.ProtectedBranch) func(*clinic) {
		return arrange(func(s *fakegitlab.Setup) { s.Protected = p })
	}
	ends := func(in time.Duration) func(*clinic) {
		return func(c *clinic) {
			end := c.settings.Now.Add(in).UTC().Truncate(day)
			c.settings.Now = end.Add(-in)
			c.Arrange(func(s *fakegitlab.Setup) { s.Ends = end })
		}
	}
	for _, row := range []struct {
		name string
		make func(c *clinic)
		want string // "severity check", joined by ", "
		says string
	}{
		{"the token does not work", func(c *clinic) { c.token = "glpat-hunter2hunter2" }, "error credentials, unknown forge", "the token is not valid"},
		{"the token does not show the project", func(c *clinic) { c.SetLevel(c.bot.Username, 0) }, "error credentials/project, unknown forge", "does not show acme/platform/gitops"},
		{"the project is another one", func(c *clinic) { c.project = "acme/other" }, "error credentials/project, unknown forge", "the token works"},
		{"the account is a person's", func(c *clinic) { c.bot = c.AddUser("pat"); c.token = c.bot.Token; c.SetLevel("pat", 30) }, "warning credentials", "looks like a person's own account"},
		{"the bot administers GitLab", arrange(func(s *fakegitlab.Setup) { s.Admins = []string{"project_7_bot_0a1b2c"} }), "warning credentials", "an administrator of all of GitLab"},
		{"the scope is missing", arrange(func(s *fakegitlab.Setup) { s.Scopes = []string{"read_api", "write_repository"} }), "error permissions/scopes", "it has read_api and write_repository"},
		{"scopes are wider than needed", arrange(func(s *fakegitlab.Setup) { s.Scopes = []string{"api", "sudo", "admin_mode"} }), "warning permissions/scopes", "sudo and admin_mode"},
		{"the token does not tell of itself", arrange(func(s *fakegitlab.Setup) { s.Scopes = nil }), "unknown permissions/scopes, unknown token/expiry", "only personal, project and group access tokens tell"},
		{"the token ended", ends(-time.Hour), "error token/expiry", "the token ended on"},
		{"the token ends in two days", ends(2*day + time.Hour), "error token/expiry", "in 2 days"},
		{"the token ends in four days", ends(4*day + time.Hour), "warning token/expiry", "in 4 days"},
		{"the token ends in 29 days", ends(29*day + time.Hour), "warning token/expiry", "in 29 days"},
		{"the token ends in 31 days", ends(31*day + time.Hour), "", "in 31 days"},
		{"the role is too low", func(c *clinic) { c.SetLevel(c.bot.Username, 20) }, "error permissions/role, error merging/allowed", "the bot is Reporter in acme/platform/gitops, and needs Developer"},
		{"the role is too high", func(c *clinic) { c.SetLevel(c.bot.Username, 40) }, "warning permissions/role", "it could change the rules that hold it"},
		{"the branch does not exist", func(c *clinic) { c.settings.Branch = "man" }, "error branch/exists", "there is no branch man"},
		{"pipelines need not succeed", change(func(s *fakegitlab.Settings) { s.PipelineMustSucceed = false }), "error protection/required", "people can merge while linnet/gate is not green"},
		{"skipped pipelines are good", arrange(func(s *fakegitlab.Setup) { s.SkippedIsGood = true }), "warning protection/required", "a pipeline that nobody ran"},
		{"the settings are not shown", arrange(func(s *fakegitlab.Setup) { s.HideSettings = true }), "unknown protection/required, unknown merging", "GitLab does not show it to the bot"},
		{"no approval is asked for", arrange(func(s *fakegitlab.Setup) { s.Rules = []fakegitlab.ApprovalRule{{Required: 0}} }), "warning protection/approvals", "nobody has to review"},
		{"approvals are asked for elsewhere", arrange(func(s *fakegitlab.Setup) {
			s.Rules = []fakegitlab.ApprovalRule{{Required: 2, Branches: []string{"release/*"}}}
		}), "warning protection/approvals", "main asks for no approval"},
		{"approvals are asked for by pattern", arrange(func(s *fakegitlab.Setup) {
			s.Rules = []fakegitlab.ApprovalRule{{Required: 2, Branches: []string{"ma*"}}}
		}), "", "main asks for 2 approvals"},
		{"this GitLab has no approval rules", change(func(s *fakegitlab.Settings) { s.Free = true }), "warning protection/approvals", "this GitLab has no approval rules"},
		{"the branch is not protected", protect(), "error protection/bypass", "main is not protected"},
		{"the bot may push to the branch", protect(fakegitlab.ProtectedBranch{Name: "main", Push: 30, Merge: 30}), "error protection/bypass", "the bot may push to main"},
		{"the bot itself may push to the branch", func(c *clinic) {
			protect(fakegitlab.ProtectedBranch{Name: "main", Merge: 30, PushUsers: []int{c.bot.ID}})(c)
		}, "error protection/bypass", "the bot may push to main"},
		{"the bot may not merge", protect(fakegitlab.ProtectedBranch{Name: "main", Merge: 40}), "error merging/allowed", "the bot is to merge, but may not merge into main"},
		{"the bot may merge elsewhere", protect(fakegitlab.ProtectedBranch{Name: "main", Merge: 40}, fakegitlab.ProtectedBranch{Name: "release", Merge: 30}), "error merging/allowed", ""},
		{"the bot may merge by a pattern", protect(fakegitlab.ProtectedBranch{Name: "main", Merge: 40}, fakegitlab.ProtectedBranch{Name: "ma*", Merge: 30}), "", "the bot may merge into main"},
		{"the bot need not merge", func(c *clinic) {
			c.settings.Merges = false
			protect(fakegitlab.ProtectedBranch{Name: "main", Merge: 40})(c)
		}, "", ""},
		{"the bot itself may merge", func(c *clinic) {
			protect(fakegitlab.ProtectedBranch{Name: "main", Merge: 40, MergeUsers: []int{c.bot.ID}})(c)
		}, "", "the bot may merge into main"},
		{"protected branches are not shown", arrange(func(s *fakegitlab.Setup) { s.HideProtected = true }), "unknown merging/allowed, unknown branch/own", "GitLab does not show it to the bot's role"},
		{"a pattern protects the bot's own branches", protect(fakegitlab.ProtectedBranch{Name: "main", Merge: 30}, fakegitlab.ProtectedBranch{Name: "lin*", Merge: 40}), "error branch/own", "the protected branches lin* are also the bot's own"},
		{"a pattern protects other branches", protect(fakegitlab.ProtectedBranch{Name: "main", Merge: 30}, fakegitlab.ProtectedBranch{Name: "*-stable", Merge: 40}), "", ""},
		{"the project makes no merge commits", change(func(s *fakegitlab.Settings) { s.MergeMethod = "ff" }), "error merging", "this project makes no merge commits"},
		{"the project requires squashing", change(func(s *fakegitlab.Settings) { s.SquashOption = "always" }), "error merging", "this project requires squashing"},
		{"squashing needs another method of the project", func(c *clinic) { c.method, c.settings.Method = forge.Squash, "squash" }, "error merging", "a squash commit and a merge commit"},
		{"GitLab is too old", arrange(func(s *fakegitlab.Setup) { s.Version = "15.5.9" }), "error version", "15.6 is the oldest"},
		{"GitLab's version is no number", arrange(func(s *fakegitlab.Setup) { s.Version = "nightly" }), "unknown version", "its version is no number"},
		{"the clock is a minute behind", func(c *clinic) { c.clock = time.Minute }, "warning clock", "behind the forge's"},
		{"the clock is ten minutes ahead", func(c *clinic) { c.clock = -10 * time.Minute }, "error clock", "ahead of the forge's"},
		{"the token was revoked", arrange(func(s *fakegitlab.Setup) { s.Revoked = true }), "error token/revoked", "the token is revoked"},
		{"webhooks are shown to Maintainers only", func(c *clinic) { c.settings.Webhooks = true }, "unknown webhooks", "let a Maintainer look"},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := newClinic(t)
			row.make(c)
			amiss, text := c.examine(t)
			if got := strings.Join(amiss, ", "); got != row.want || !strings.Contains(unwrapped(text), row.says) {
				t.Errorf("got %s\nwant %s\nand %q in\n%s", got, row.want, row.says, text)
			}
		})
	}
}

func unwrapped(text string) string { return strings.Join(strings.Fields(text), " ") }

func TestTheProjectsWebhookIsJudged(t *testing.T) {
	now := time.Now()
	good := fakegitlab.Hook{URL: "https://linnet.example.org/hooks/gitlab", Events: []string{"note", "merge_requests", "pipeline", "push"},
		Deliveries: []fakegitlab.Delivery{{At: now, Status: "202"}, {At: now.Add(-time.Hour), Status: "200"}}}
	for _, row := range []struct {
		name string
		edit func(h *fakegitlab.Hook)
		want string
		says string
	}{
		{"good", func(*fakegitlab.Hook) {}, "", "the webhook arrives: the last one on"},
		{"below a path", func(h *fakegitlab.Hook) { h.URL = "https://example.org/linnet/hooks/gitlab/" }, "", ""},
		{"elsewhere", func(h *fakegitlab.Hook) { h.URL = "https://ci.example.org/" }, "error webhooks", "no webhook of the forge goes to /hooks/gitlab"},
		{"resting", func(h *fakegitlab.Hook) { h.State = "temporarily_disabled" }, "error webhooks", "rests until"},
		{"disabled", func(h *fakegitlab.Hook) { h.State = "disabled" }, "error webhooks", "it failed too often (disabled)"},
		{"without some events", func(h *fakegitlab.Hook) { h.Events = []string{"note", "push"} }, "warning webhooks/events", "merge_requests and pipeline"},
		{"to a server whose certificate is not checked", func(h *fakegitlab.Hook) { h.Insecure = true }, "warning webhooks/tls", ""},
		{"refused for its secret", func(h *fakegitlab.Hook) { h.Deliveries = []fakegitlab.Delivery{{At: now, Status: "401"}} }, "error webhooks/deliveries", "give the webhook on the forge and webhooks.secretFile the same secret"},
		{"with words for an answer", func(h *fakegitlab.Hook) { h.Deliveries[0].Status = "internal error" }, "warning webhooks/deliveries", "got no answer, and 1 of 2 failed"},
		{"never sent", func(h *fakegitlab.Hook) { h.Deliveries = []fakegitlab.Delivery{} }, "unknown webhooks/deliveries", "the forge remembers no delivery"},
		{"of an older GitLab", func(h *fakegitlab.Hook) { h.Deliveries = nil }, "unknown webhooks/deliveries", "this GitLab lists no events"},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := newClinic(t)
			hook := good
			hook.Deliveries = slices.Clone(good.Deliveries)
			row.edit(&hook)
			c.SetLevel(c.bot.Username, 40) // else it is not shown
			c.settings.Webhooks = true
			c.Arrange(func(s *fakegitlab.Setup) {
				s.Hooks = []fakegitlab.Hook{{URL: "https://other.example.org/", Events: []string{"push"}}, hook}
			})
			amiss, text := c.examine(t)
			if got := strings.Join(amiss, ", "); got != strings.TrimSuffix("warning permissions/role, "+row.want, ", ") || !strings.Contains(unwrapped(text), row.says) {
				t.Errorf("got %s\nwant %s\nand %q in\n%s", got, row.want, row.says, text)
			}
		})
	}
}

func TestAGitLabThatIsDownIsNotFine(t *testing.T) {
	c := newClinic(t)
	c.url = "http://127.0.0.1:1"
	amiss, text := c.examine(t)
	if strings.Join(amiss, ", ") != "error credentials, unknown clock, unknown forge" {
		t.Errorf("got %v\n%s", amiss, text)
	}
}
