package demo_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/internal/demo"
	"github.com/linnet-bot/linnet/internal/fakegithub"
	"github.com/linnet-bot/linnet/pkg/conductor"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/forge/github"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

const githubProject = "acme/gitops"

// githubToken authenticates as GitHub wants it: a bearer token for the API, a password for Git.
type githubToken struct {
	token string
	next  http.RoundTripper
}

func (g githubToken) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	if strings.HasPrefix(r.URL.Path, "/api/") {
		r.Header.Set("Authorization", "Bearer "+g.token)
	} else {
		r.SetBasicAuth("x-access-token", g.token)
	}
	return g.next.RoundTrip(r)
}

// onGitHub holds the play on a repository of a fake GitHub, with the files on its branch main. The bot is an App, and its check is required of the App.
func onGitHub(t testing.TB, also ...func(*fakegithub.Server, fakegithub.App)) func(tree.Tree, func() time.Time) (demo.Forge, error) {
	return func(files tree.Tree, now func() time.Time) (demo.Forge, error) {
		fake, err := fakegithub.New(t.TempDir(), githubProject, now)
		if err != nil {
			return demo.Forge{}, err
		}
		front := httptest.NewServer(fake)
		t.Cleanup(front.Close)
		base := &http.Transport{}
		t.Cleanup(base.CloseIdleConnections)
		app, err := fake.AddApp("linnet")
		if err != nil {
			return demo.Forge{}, err
		}
		open := func(token string, id int64) (*github.Forge, error) {
			return github.New(github.Options{URL: front.URL, Project: githubProject, Client: &http.Client{Transport: githubToken{token, base}}, AppID: id, Now: now,
				Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }})
		}
		reviewer := fake.AddUser(demo.Reviewer, "admin")
		push(t, strings.Replace(front.URL, "://", "://"+demo.Reviewer+":"+reviewer+"@", 1)+"/"+githubProject+".git", files)
		fake.SetRules(fakegithub.Rules{Approvals: 1, Checks: []fakegithub.RequiredCheck{{Name: conductor.CheckName, App: app.ID}}})
		for _, f := range also {
			f(fake, app)
		}
		bot, botErr := open(fake.InstallationToken(app), app.ID)
		person, personErr := open(reviewer, 0)
		return demo.Forge{Bot: bot, Reviewer: person, Words: forge.PullRequests, Close: func() error { return nil }}, errors.Join(botErr, personErr)
	}
}

func TestAWholeUpgradeOnGitHubLeavesNothingButTheBump(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("the program git is not installed")
	}
	o := options(t, "git", "dev")
	var f demo.Forge
	o.Stage = func(files tree.Tree, now func() time.Time) (demo.Forge, error) {
		var err error
		f, err = onGitHub(t)(files, now)
		return f, err
	}
	outcome, err := demo.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if outcome.Status.Situation != conductor.Finished {
		t.Errorf("the upgrade ends %s: %s", outcome.Status.Situation, outcome.Status.Happening)
	}
	if proof := outcome.Prove(); !proof.Holds() {
		t.Errorf("promise 1 is broken:\n%s", proof.Trace)
	}
	speaksOfPullRequests(t, f.Reviewer)
}

// foreign are the words of another forge than GitHub.
var foreign = regexp.MustCompile(`(?i)merge request|![0-9]`)

// speaksOfPullRequests wants all that the bot said to people on GitHub to be in the words of GitHub.
func speaksOfPullRequests(t *testing.T, f forge.Forge) {
	t.Helper()
	all, err := f.Find(t.Context(), forge.Query{})
	if err != nil || len(all) == 0 {
		t.Fatalf("%d pull requests, %v", len(all), err)
	}
	own := false
	said := func(where, text string) {
		if found := foreign.FindString(text); found != "" {
			t.Errorf("%s says %q:\n%s", where, found, text)
		}
		own = own || strings.Contains(text, "Pull request #")
	}
	for _, r := range all {
		where := fmt.Sprintf("#%d", r.Number)
		said("the title of "+where, r.Title)
		said("the description of "+where, r.Description)
		comments, err := f.Comments(t.Context(), r.Number)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range comments {
			said("a comment of "+where, c.Body)
		}
		checked, err := f.Checks(t.Context(), r.Head)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range checked {
			said("a check of "+where, c.Title+c.Summary)
		}
		merge, err := f.ReadCommit(t.Context(), r.MergeSHA)
		if err != nil {
			t.Fatal(err)
		}
		said("the merge of "+where, merge.Message)
	}
	if !own {
		t.Error("nothing says pull request: this shows nothing")
	}
}
