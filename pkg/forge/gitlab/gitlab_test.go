package gitlab_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/internal/fakegitlab"
	"github.com/linnet-bot/linnet/internal/shareddata"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/forge/forgetest"
	"github.com/linnet-bot/linnet/pkg/forge/gitlab"
)

const projectPath = "acme/platform/gitops"

// world is a fake GitLab and the people on it.
type world struct {
	*fakegitlab.Server
	url, remote string
	bot, second *gitlab.Forge // the same user
	pat, sam    *gitlab.Forge
	slept       []time.Duration
	ahead       atomic.Int64 // nanoseconds by which GitLab's clock is
}

func newWorld(t *testing.T, settings fakegitlab.Settings) *world {
	t.Helper()
	w := &world{}
	fake, err := fakegitlab.New(t.TempDir(), fakegitlab.Options{Path: projectPath, QuickActions: quickActions(t, true), Settings: settings, Now: w.now})
	if err != nil {
		t.Skip(err)
	}
	w.Server = fake
	front := httptest.NewServer(validated(t, fake))
	t.Cleanup(front.Close)
	w.url = front.URL
	bot, pat, sam := fake.AddUser("project_7_bot_0a1b2c"), fake.AddUser("pat"), fake.AddUser("sam")
	w.bot, w.second = w.open(t, bot), w.open(t, bot)
	w.pat, w.sam = w.open(t, pat), w.open(t, sam)
	w.remote = strings.Replace(front.URL, "://", "://pat:"+pat.Token+"@", 1) + "/" + projectPath + ".git"
	return w
}

func (w *world) now() time.Time { return time.Now().Add(time.Duration(w.ahead.Load())) }

// wait lets time go by on GitLab.
func (w *world) wait(d time.Duration) { w.ahead.Add(int64(d)) }

// tokenTransport authenticates as GitLab wants it: one header for the API, another for Git.
type tokenTransport struct {
	token string
	git   bool
	next  *http.Transport
}

func (tt tokenTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	if tt.git {
		r.SetBasicAuth("linnet", tt.token)
	} else {
		r.Header.Set("Private-Token", tt.token)
	}
	return tt.next.RoundTrip(r)
}

func (w *world) open(t *testing.T, u fakegitlab.User, edits ...func(*gitlab.Options)) *gitlab.Forge {
	t.Helper()
	base := &http.Transport{}
	t.Cleanup(base.CloseIdleConnections)
	o := gitlab.Options{URL: w.url, Project: projectPath,
		Client:    &http.Client{Transport: tokenTransport{u.Token, false, base}},
		GitClient: &http.Client{Transport: tokenTransport{u.Token, true, base}},
		Sleep: func(ctx context.Context, d time.Duration) error {
			w.slept = append(w.slept, d)
			return ctx.Err()
		}}
	for _, edit := range edits {
		edit(&o)
	}
	f, err := gitlab.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// quickActions are all of GitLab's names where the list is at hand, else some.
func quickActions(t *testing.T, enterprise bool) []string {
	t.Helper()
	names := fakegitlab.Some(enterprise)
	t.Run("all quick actions", func(t *testing.T) {
		list, err := os.Open(shareddata.Path(t, "gitlab", "quick-actions.txt"))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = list.Close() }()
		if names, err = fakegitlab.Names(list, enterprise); err != nil || len(names) < 50 {
			t.Fatalf("got %d names, %v", len(names), err)
		}
	})
	return names
}

func TestGitLabKeepsTheContract(t *testing.T) {
	forgetest.Run(t, func(t *testing.T) forgetest.Fixture {
		w := newWorld(t, fakegitlab.Settings{})
		return forgetest.Fixture{
			Bot: w.bot, SecondBot: w.second, Person: w.pat, SecondPerson: w.sam, Remote: w.remote,
			Methods: []forge.Method{forge.MergeCommit}, Wait: w.wait,
			RequireApprovals: func(_ *testing.T, n int) {
				w.Change(func(s *fakegitlab.Settings) { s.RequiredApprovals = n })
			},
			RequireCheck: func(_ *testing.T, name string) {
				w.bot.Require(name)
				w.second.Require(name)
				w.Change(func(s *fakegitlab.Settings) { s.PipelineMustSucceed = true })
			},
		}
	})
}
