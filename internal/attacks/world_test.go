package attacks

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/internal/fakegithub"
	"github.com/linnet-bot/linnet/internal/fakegitlab"
	"github.com/linnet-bot/linnet/internal/miniature"
	"github.com/linnet-bot/linnet/internal/race"
	"github.com/linnet-bot/linnet/internal/sim"
	"github.com/linnet-bot/linnet/pkg/chatops"
	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/conductor"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/forge/github"
	"github.com/linnet-bot/linnet/pkg/forge/gitlab"
	"github.com/linnet-bot/linnet/pkg/forge/redacted"
	"github.com/linnet-bot/linnet/pkg/forge/transport"
	"github.com/linnet-bot/linnet/pkg/planner"
)

var begin = time.Date(2026, time.March, 9, 8, 0, 0, 0, time.UTC)

// Vendors.
const (
	onGitHub = "github"
	onGitLab = "gitlab"
)

const promote = "/canary promote"

// people are a forge as a person uses it.
type people interface {
	forge.Forge
	forge.Reviewer
}

// world is a fake forge with a repository of the miniature, a simulated cluster that runs it, the bot as the program makes it, and people. The first
// merge request of an upgrade can be had by ready; ana may promote it, which is what attackers are after.
type world struct {
	testing.TB
	vendor  string
	project string
	url     string
	hub     *fakegithub.Server // nil on GitLab
	lab     *fakegitlab.Server // nil on GitHub
	front   *front
	base    *http.Transport

	cluster *sim.Cluster
	spoil   func(*checks.Observation) // what is wrong in the cluster; nil = nothing
	tip     string

	token     string // the bot's
	secrets   *transport.Redactor
	log       bytes.Buffer
	forge     forge.Forge // the bot's, as it came from the vendor
	conductor *conductor.Conductor
	ana       people         // who may
	forked    map[int]string // merge requests that the bot sees as from forks, with the names of their branches
}

// onBoth runs an attack on both forges.
func onBoth(t *testing.T, attack func(t *testing.T, w *world)) {
	t.Helper()
	for _, vendor := range []string{onGitHub, onGitLab} {
		t.Run(vendor, func(t *testing.T) { attack(t, newWorld(t, vendor)) })
	}
}

func newWorld(t *testing.T, vendor string) *world {
	t.Helper()
	race.SkipAlone(t)
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("the program git is not installed")
	}
	umbrellas, packages := sim.Miniature()
	cluster, err := sim.New(sim.Options{Start: begin, Environment: "dev", Releases: umbrellas, Packages: packages, Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{TB: t, vendor: vendor, cluster: cluster, base: &http.Transport{}, secrets: transport.NewRedactor()}
	switch vendor {
	case onGitHub:
		w.onGitHub()
	case onGitLab:
		w.onGitLab()
	}
	w.secrets.Add(w.token)
	w.conductor = w.conducted(redacted.New(w.forge, w.secrets))
	w.pass(10 * time.Minute)
	return w
}

// serve puts a fake on the network.
func (w *world) serve(fake http.Handler) {
	w.front = &front{next: fake}
	server := httptest.NewServer(w.front)
	w.url = server.URL
	w.Cleanup(func() { w.base.CloseIdleConnections(); server.Close() })
}

func (w *world) onGitHub() {
	w.Helper()
	w.project = "acme/gitops"
	fake, err := fakegithub.New(w.TempDir(), w.project, w.cluster.Now)
	if err != nil {
		w.Fatal(err)
	}
	w.hub = fake
	w.serve(fake)
	app, err := fake.AddApp("linnet")
	if err != nil {
		w.Fatal(err)
	}
	w.token = fake.InstallationToken(app)
	ana := fake.AddUser("ana", "maintain")
	w.ana = w.onHub("person", ana, 0)
	w.push("ana", ana)
	fake.SetRules(fakegithub.Rules{Checks: []fakegithub.RequiredCheck{{Name: conductor.CheckName, App: app.ID}}})
	w.forge = w.onHub(botAgent, w.token, app.ID)
}

func (w *world) onHub(agent, token string, app int64) *github.Forge {
	w.Helper()
	f, err := github.New(github.Options{URL: w.url, Project: w.project, AppID: app, Now: w.cluster.Now, Sleep: noWait,
		Client: w.client(agent, github.ForGit(credential("Authorization", "Bearer "+token)))})
	if err != nil {
		w.Fatal(err)
	}
	return f
}

func (w *world) onGitLab() {
	w.Helper()
	w.project = "acme/platform/gitops"
	fake, err := fakegitlab.New(w.TempDir(), fakegitlab.Options{Path: w.project, QuickActions: fakegitlab.Some(true), Now: w.cluster.Now,
		Settings: fakegitlab.Settings{PipelineMustSucceed: true}})
	if err != nil {
		w.Fatal(err)
	}
	w.lab = fake
	w.serve(fake)
	ana := fake.AddUser("ana")
	w.ana = w.onLab("person", ana.Token)
	w.push("ana", ana.Token)
	w.token = fake.AddUser("project_7_bot_0a1b2c").Token
	w.forge = w.onLab(botAgent, w.token)
}

func (w *world) onLab(agent, token string) *gitlab.Forge {
	w.Helper()
	mine := credential("Private-Token", token)
	f, err := gitlab.New(gitlab.Options{URL: w.url, Project: w.project, RequiredChecks: []string{conductor.CheckName}, Now: w.cluster.Now, Sleep: noWait,
		Client: w.client(agent, mine), GitClient: w.client(agent, gitlab.ForGit(mine))})
	if err != nil {
		w.Fatal(err)
	}
	return f
}

// as makes one more person. Role is GitHub's word: "read", "write", "maintain".
func (w *world) as(login, role string) people {
	w.Helper()
	if w.hub != nil {
		return w.onHub("person", w.hub.AddUser(login, role), 0)
	}
	u := w.lab.AddUser(login)
	w.lab.SetLevel(login, map[string]int{"read": 20, "write": 30, "maintain": 40}[role])
	return w.onLab("person", u.Token)
}

func noWait(ctx context.Context, _ time.Duration) error { return ctx.Err() }

func credential(header, value string) transport.CredentialFunc {
	return func(context.Context) (transport.Credential, error) {
		return transport.Credential{Header: header, Value: value}, nil
	}
}

func (w *world) client(agent string, c transport.CredentialFunc) *http.Client {
	return &http.Client{Transport: transport.New(transport.Options{Name: "the forge", Hosts: []string{strings.TrimPrefix(w.url, "http://")}, UserAgent: agent,
		Credential: c, Base: w.base, Now: w.cluster.Now, Sleep: noWait})}
}

// conducted is a new process on a forge.
func (w *world) conducted(f forge.Forge, edits ...func(*conductor.Settings)) *conductor.Conductor {
	w.Helper()
	soak := 2 * time.Minute
	s := conductor.Settings{
		Environment: "dev", Forge: f, Observer: w, Material: material(), Plan: plan, Now: w.cluster.Now, Merge: conductor.OnPromote,
		Policy: planner.Policy{Soak: planner.Soak{Wave: soak, Gateway: soak, Bump: soak, Cleanup: soak}},
		Log:    slog.New(slog.NewTextHandler(w.secrets.Writer(&w.log), nil)),
		Choose: func(_ context.Context, current string) (string, string, error) {
			if current == "3.18.0" {
				return "3.19.0", "the newest", nil
			}
			return "", "there is nothing newer than " + current, nil
		},
		Role: func(ctx context.Context, u forge.User) (chatops.Role, error) {
			word, err := w.forge.(forge.Roles).Role(ctx, u)
			role, _ := chatops.ParseRole(word)
			return role, err
		},
	}
	for _, edit := range edits {
		edit(&s)
	}
	c, err := conductor.New(s)
	if err != nil {
		w.Fatal(err)
	}
	return c
}

// Observe shows the cluster.
func (w *world) Observe(context.Context) (*checks.Observation, error) {
	o := w.cluster.Observe()
	if w.spoil != nil {
		w.spoil(o)
	}
	return o, nil
}

// pass lets time pass in the cluster, which follows main.
func (w *world) pass(d time.Duration) {
	w.Helper()
	tip, err := w.ana.Head(w.Context(), "main")
	if err != nil {
		w.Fatal(err)
	}
	if tip != w.tip {
		files, err := w.ana.Tree(w.Context(), tip)
		if err != nil {
			w.Fatal(err)
		}
		w.cluster.Push(tip, files)
		w.tip = tip
	}
	if err := w.cluster.Advance(d); err != nil {
		w.Fatal(err)
	}
}

func (w *world) look() conductor.Status {
	w.Helper()
	w.conductor.Wake() // as a webhook does
	s, err := w.conductor.Look(w.Context())
	if err != nil {
		w.Fatal(err)
	}
	return s
}

// until looks every half minute until something holds.
func (w *world) until(what string, holds func(conductor.Status) bool) conductor.Status {
	w.Helper()
	var s conductor.Status
	for range 60 {
		if s = w.look(); holds(s) {
			return s
		}
		w.pass(30 * time.Second)
	}
	w.Fatalf("half an hour later still not: %s\n%s", what, s.Text(100))
	return s
}

// ready waits for the first merge request to lack nothing but a promotion.
func (w *world) ready() forge.MergeRequest {
	w.Helper()
	s := w.until("it is ready", func(s conductor.Status) bool { return s.Situation == conductor.Ready })
	w.pass(time.Second) // what people write comes after it
	return w.get(s.Request)
}

// push puts the miniature's files on main.
func (w *world) push(login, token string) {
	w.Helper()
	dir := w.TempDir()
	for name, content := range miniature.Repository("git") {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			w.Fatal(err)
		}
		if err := os.WriteFile(file, content, 0o600); err != nil {
			w.Fatal(err)
		}
	}
	remote := strings.Replace(w.url, "://", "://"+login+":"+token+"@", 1) + "/" + w.project + ".git"
	for _, args := range [][]string{{"init", "-q", "-b", "main", "."}, {"add", "-A"}, {"commit", "-q", "-m", "Start"}, {"push", "-q", remote, "main"}} {
		cmd := exec.CommandContext(w.Context(), "git", append([]string{"-c", "core.autocrlf=false"}, args...)...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0",
			"GIT_AUTHOR_NAME=Pat", "GIT_AUTHOR_EMAIL=pat@example.org", "GIT_COMMITTER_NAME=Pat", "GIT_COMMITTER_EMAIL=pat@example.org")
		if out, err := cmd.CombinedOutput(); err != nil {
			w.Fatalf("git %s: %v\n%s", args[0], err, out)
		}
	}
}

// red is a cluster in which no pod is ready.
func red(o *checks.Observation) {
	o.Pods = slices.Clone(o.Pods)
	for i := range o.Pods {
		o.Pods[i].Ready = false
	}
}
