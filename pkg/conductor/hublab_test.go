package conductor

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/internal/fakegithub"
	"github.com/linnet-bot/linnet/internal/miniature"
	"github.com/linnet-bot/linnet/internal/race"
	"github.com/linnet-bot/linnet/internal/sim"
	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/forge/github"
	"github.com/linnet-bot/linnet/pkg/planner"
)

// hubLab is a fake GitHub whose main has a merge queue and requires the bot's check, with the cluster that follows it, the bot, and a person.
type hubLab struct {
	*lab
	hub     *fakegithub.Server
	hubBot  *github.Forge
	ann     *github.Forge
	process *Conductor
	app     int64
	url     string
	client  *http.Client
	spoil   func(*checks.Observation) // what is wrong in the cluster; nil = nothing
}

// bearer authenticates as GitHub wants it: a bearer token for the API, a password for Git.
type bearer struct {
	token string
	base  http.RoundTripper
}

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	if strings.HasPrefix(r.URL.Path, "/api/") {
		r.Header.Set("Authorization", "Bearer "+b.token)
	} else {
		r.SetBasicAuth("x-access-token", b.token)
	}
	return b.base.RoundTrip(r)
}

func newHubLab(t *testing.T, rules fakegithub.Rules, edit func(*Settings), before ...func(*fakegithub.Server, fakegithub.App)) *hubLab {
	t.Helper()
	race.SkipAlone(t)
	releases, packages := sim.Miniature()
	cluster, err := sim.New(sim.Options{Start: begin, Environment: "dev", Releases: releases, Packages: packages, Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	hub, err := fakegithub.New(t.TempDir(), "acme/gitops", cluster.Now)
	if err != nil {
		t.Skip(err)
	}
	front := httptest.NewServer(hub)
	base := &http.Transport{}
	t.Cleanup(func() { base.CloseIdleConnections(); front.Close() })
	app, err := hub.AddApp("linnet")
	if err != nil {
		t.Fatal(err)
	}
	for _, arrange := range before {
		arrange(hub, app)
	}
	as := func(token string, app int64) *github.Forge {
		f, err := github.New(github.Options{URL: front.URL, Project: "acme/gitops", Client: &http.Client{Transport: bearer{token, base}}, AppID: app, Now: cluster.Now,
			Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }})
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	h := &hubLab{lab: &lab{TB: t, cluster: cluster, policy: planner.Policy{Soak: shortSoak}, plans: kept["git"], edit: edit}, hub: hub, app: app.ID, url: front.URL}
	pat := hub.AddUser("ann", "admin")
	h.client = &http.Client{Transport: bearer{pat, base}}
	h.ann, h.hubBot = as(pat, 0), as(hub.InstallationToken(app), app.ID)
	h.push(strings.Replace(front.URL, "://", "://ann:"+pat+"@", 1) + "/acme/gitops.git")
	rules.Checks = []fakegithub.RequiredCheck{{Name: CheckName, App: app.ID}}
	hub.SetRules(rules)
	h.process = h.conductorAs(h.hubBot)
	h.process.Observer = h
	h.pass(10 * time.Minute)
	return h
}

func (h *hubLab) push(remote string) {
	h.Helper()
	dir := h.TempDir()
	for name, content := range miniature.Repository("git") {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			h.Fatal(err)
		}
		if err := os.WriteFile(file, content, 0o600); err != nil {
			h.Fatal(err)
		}
	}
	for _, args := range [][]string{{"init", "-q", "-b", "main", "."}, {"add", "-A"}, {"commit", "-q", "-m", "Start"}, {"push", "-q", remote, "main"}} {
		cmd := exec.CommandContext(h.Context(), "git", append([]string{"-c", "core.autocrlf=false"}, args...)...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0",
			"GIT_AUTHOR_NAME=Pat", "GIT_AUTHOR_EMAIL=pat@example.org", "GIT_COMMITTER_NAME=Pat", "GIT_COMMITTER_EMAIL=pat@example.org")
		if out, err := cmd.CombinedOutput(); err != nil {
			h.Fatalf("git %s: %v\n%s", args[0], err, out)
		}
	}
}

func (h *hubLab) Observe(ctx context.Context) (*checks.Observation, error) {
	o, err := h.lab.Observe(ctx)
	if err == nil && h.spoil != nil {
		h.spoil(o)
	}
	return o, err
}

func (h *hubLab) pass(d time.Duration) {
	h.Helper()
	tip, err := h.hubBot.Head(h.Context(), "main")
	if err != nil {
		h.Fatal(err)
	}
	if tip != h.tip {
		files, err := h.hubBot.Tree(h.Context(), tip)
		if err != nil {
			h.Fatal(err)
		}
		h.cluster.Push(tip, files)
		h.tip = tip
	}
	if err := h.cluster.Advance(d); err != nil {
		h.Fatal(err)
	}
}

// until looks every half minute until something holds.
func (h *hubLab) until(what string, holds func(Status) bool) Status {
	h.Helper()
	var s Status
	for range 60 {
		if s = h.look(h.process); holds(s) {
			return s
		}
		h.pass(30 * time.Second)
	}
	h.Fatalf("half an hour later still not: %s\n%s", what, s.Text(100))
	return s
}

func (h *hubLab) pull(number int) forge.MergeRequest {
	h.Helper()
	r, err := h.hubBot.Get(h.Context(), number)
	if err != nil {
		h.Fatal(err)
	}
	return r
}

// inQueue wants one pull request in the queue and gives its trial.
func (h *hubLab) inQueue(number int) string {
	h.Helper()
	numbers, trials := h.hub.Queue()
	if len(numbers) != 1 || numbers[0] != number {
		h.Fatalf("in the queue are %v, want !%d", numbers, number)
	}
	return trials[0]
}

// saidOf is what the bot says of a commit.
func (h *hubLab) saidOf(sha string) forge.Check {
	h.Helper()
	all, err := h.hubBot.Checks(h.Context(), sha)
	if err != nil {
		h.Fatal(err)
	}
	for _, c := range all {
		if c.Name == CheckName {
			return c
		}
	}
	return forge.Check{}
}

func (h *hubLab) progress(number int) string {
	h.Helper()
	me, err := h.hubBot.Me(h.Context())
	if err != nil {
		h.Fatal(err)
	}
	all, err := h.hubBot.Comments(h.Context(), number)
	if err != nil {
		h.Fatal(err)
	}
	note, _ := forge.Note(all, me, noteName)
	return note
}

// branch makes a branch that points at a commit.
func (h *hubLab) branch(name, sha string) {
	h.Helper()
	body := fmt.Sprintf(`{"ref": "refs/heads/%s", "sha": "%s"}`, name, sha)
	r, err := http.NewRequestWithContext(h.Context(), http.MethodPost, h.url+"/api/v3/repos/acme/gitops/git/refs", strings.NewReader(body))
	if err != nil {
		h.Fatal(err)
	}
	answer, err := h.client.Do(r)
	if err != nil {
		h.Fatal(err)
	}
	if err := answer.Body.Close(); err != nil || answer.StatusCode != http.StatusCreated {
		h.Fatalf("the branch %s is answered %d, %v", name, answer.StatusCode, err)
	}
}
