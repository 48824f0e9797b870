package faults

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/linnet-bot/linnet/internal/fakegithub"
	"github.com/linnet-bot/linnet/internal/fakegitlab"
	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/conductor"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/forge/github"
	"github.com/linnet-bot/linnet/pkg/forge/gitlab"
	"github.com/linnet-bot/linnet/pkg/forge/transport"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

const (
	tick      = 30 * time.Second // between two looks, which is the default interval
	host      = "forge.example"
	person    = "ana"
	gitlabBot = "project_7_bot_0a1b2c"
)

var (
	begin    = time.Date(2026, time.March, 9, 8, 0, 0, 0, time.UTC)
	projects = map[Vendor]string{GitHub: "acme/gitops", GitLab: "acme/platform/gitops"}
)

// people are a forge as a person uses it, who has no trouble with it.
type people interface {
	forge.Forge
	forge.Reviewer
}

// world is a fake forge with trouble before it, a bot, a person, and a cluster at rest.
type world struct {
	testing.TB
	vendor  Vendor
	upgrade *upgrade
	dir     string // the repository
	handler *Handler

	token     bool          // GitHub: the bot is no App
	approvals int           // that a merge wants
	back      bool          // the person wants the first phase to be taken back once it is in
	marker    *forge.Marker // seals the soak in the note; nil = it begins anew with each process

	wire   http.RoundTripper // of the bot
	chance *rand.Rand

	ana        people
	open       func() forge.Forge // a new process
	bot        forge.Forge
	transports []*transport.Transport // of the processes so far
	conductor  *conductor.Conductor
	other      *conductor.Conductor // a second process; nil = there is none

	clock  func() time.Time
	now    time.Time
	wrong  time.Duration // of the bot's clock
	tip    string        // of main, as the cluster has it
	files  tree.Tree
	merged time.Time

	promoted map[int]promotion // by merge request
	turned   bool              // the person has said so
	looks    int
	deaths   int
	lines    []line
}

// newWorld makes a world in which the upgrade has the last phases before it, after whatever is to be otherwise.
func newWorld(t testing.TB, v Vendor, s Schedule, otherwise func(*world)) *world {
	t.Helper()
	needGit(t)
	u, err := the()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{TB: t, vendor: v, upgrade: u, now: begin, promoted: map[int]promotion{}}
	otherwise(w)
	w.clock = func() time.Time { return w.now }
	start, err := prepared()
	if err != nil {
		t.Fatal(err)
	}
	w.settle(start, s)
	w.restart()
	return w
}

func needGit(t testing.TB) {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("the program git is not installed")
	}
}

// settle makes the forge, with a copy of a repository.
func (w *world) settle(start fs.FS, s Schedule) {
	w.Helper()
	w.chance = rand.New(rand.NewPCG(s.Seed, 1)) //nolint:gosec // to be had again
	root := w.TempDir()
	w.dir = filepath.Join(root, filepath.FromSlash(projects[w.vendor])+".git")
	if err := os.CopyFS(w.dir, start); err != nil {
		w.Fatal(err)
	}
	switch w.vendor {
	case GitHub:
		w.onGitHub(root, s)
	case GitLab:
		w.onGitLab(root, s)
	}
	w.wire = Wire{Handler: w.handler, Wait: func(d time.Duration) { w.now = w.now.Add(d) }, Timeout: transport.DefaultAttemptTimeout}
}

// prepared is a repository with the files at the beginning, which every world copies.
var prepared = sync.OnceValues(func() (fs.FS, error) {
	u, err := the()
	if err != nil {
		return nil, err
	}
	return repository(u.start)
})

// repository is one with the files on its branch main.
func repository(content tree.Tree) (fs.FS, error) {
	material() // which makes the temporary folder
	dir, err := os.MkdirTemp(temporary, "start")
	if err != nil {
		return nil, err
	}
	repo, err := git.PlainInit(dir, true)
	if err != nil {
		return nil, err
	}
	files, err := content.Store(repo.Storer)
	if err != nil {
		return nil, err
	}
	who := object.Signature{Name: "Pat", Email: "pat@example.org", When: begin.Add(-24 * time.Hour)}
	o := repo.Storer.NewEncodedObject()
	if err := (&object.Commit{Author: who, Committer: who, Message: "Start\n", TreeHash: files}).Encode(o); err != nil {
		return nil, err
	}
	commit, err := repo.Storer.SetEncodedObject(o)
	if err != nil {
		return nil, err
	}
	head := plumbing.NewSymbolicReference(plumbing.HEAD, plumbing.NewBranchReferenceName("main"))
	main := plumbing.NewHashReference(plumbing.NewBranchReferenceName("main"), commit)
	if err := errors.Join(repo.Storer.SetReference(main), repo.Storer.SetReference(head)); err != nil {
		return nil, err
	}
	// Few files are copied faster than many.
	out, err := exec.CommandContext(context.Background(), "git", "-C", dir, "repack", "-adq").CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("git repack: %w: %s", err, out)
	}
	return os.DirFS(dir), os.RemoveAll(filepath.Join(dir, "hooks"))
}

func (w *world) botsClock() time.Time { return w.clock().Add(w.wrong) }

func (w *world) wait(ctx context.Context, d time.Duration) error {
	w.now = w.now.Add(d)
	return ctx.Err()
}

func (w *world) jump(d time.Duration) {
	if d > 0 {
		w.now = w.now.Add(d)
	} else {
		w.wrong = d
	}
}

// putRight puts the bot's clock right, by which it measures how long it is to wait.
func (w *world) putRight() {
	if w.wrong != 0 {
		w.wrong = 0
		w.handler.Forget()
	}
}

// transport is the bot's way to the forge, with the trouble on it.
func (w *world) transport(c transport.CredentialFunc) *transport.Transport {
	t := transport.New(transport.Options{Name: host, Hosts: []string{host}, UserAgent: "linnet", Credential: c,
		Base: w.wire, Now: w.botsClock, Sleep: w.wait, Rand: w.chance.Float64})
	w.transports = append(w.transports, t)
	return t
}

// straight is a person's way.
func (w *world) straight(h http.Handler, c transport.CredentialFunc) *http.Client {
	return &http.Client{Transport: transport.New(transport.Options{Name: host, Hosts: []string{host}, UserAgent: "browser", Credential: c, Base: Wire{Handler: h}, Now: w.clock, Sleep: w.wait})}
}

func token(header, value string) transport.CredentialFunc {
	return func(context.Context) (transport.Credential, error) {
		return transport.Credential{Header: header, Value: value}, nil
	}
}

func (w *world) onGitHub(root string, s Schedule) {
	w.Helper()
	fake, err := fakegithub.New(root, projects[GitHub], w.clock)
	if err != nil {
		w.Fatal(err)
	}
	front := newUpload(fake, w.dir)
	w.handler = New(front, GitHub, s, w.clock, w.jump)
	var app fakegithub.App
	var secret string
	if w.token {
		secret = fake.AddUser("linnet-bot", "write")
	} else if app, err = fake.AddApp("linnet"); err == nil {
		secret = fake.InstallationToken(app)
	} else {
		w.Fatal(err)
	}
	fake.SetRules(fakegithub.Rules{Approvals: w.approvals, Checks: []fakegithub.RequiredCheck{{Name: conductor.CheckName, App: app.ID}}})
	mine := github.ForGit(token("Authorization", "Bearer "+secret))
	o := github.Options{URL: "http://" + host, Project: projects[GitHub], Now: w.botsClock, Sleep: w.wait}
	w.open = func() forge.Forge {
		o := o
		o.AppID, o.Client = app.ID, &http.Client{Transport: w.transport(mine)}
		f, err := github.New(o)
		if err != nil {
			w.Fatal(err)
		}
		return f
	}
	o.Client = w.straight(front, github.ForGit(token("Authorization", "Bearer "+fake.AddUser(person, "maintain"))))
	if w.ana, err = github.New(o); err != nil {
		w.Fatal(err)
	}
}

func (w *world) onGitLab(root string, s Schedule) {
	w.Helper()
	fake, err := fakegitlab.New(root, fakegitlab.Options{Path: projects[GitLab], QuickActions: fakegitlab.Some(true), Now: w.clock,
		Settings: fakegitlab.Settings{PipelineMustSucceed: true, RequiredApprovals: w.approvals}})
	if err != nil {
		w.Fatal(err)
	}
	front := newUpload(fake, w.dir)
	w.handler = New(front, GitLab, s, w.clock, w.jump)
	bot, ana := fake.AddUser(gitlabBot), fake.AddUser(person)
	fake.HoldPushes(false) // look at the repository that was put there
	o := gitlab.Options{URL: "http://" + host, Project: projects[GitLab], RequiredChecks: []string{conductor.CheckName}, Now: w.botsClock, Sleep: w.wait}
	w.open = func() forge.Forge {
		mine := token("Private-Token", bot.Token)
		o := o
		o.Client, o.GitClient = &http.Client{Transport: w.transport(mine)}, &http.Client{Transport: w.transport(gitlab.ForGit(mine))}
		f, err := gitlab.New(o)
		if err != nil {
			w.Fatal(err)
		}
		return f
	}
	hers := token("Private-Token", ana.Token)
	o.Client, o.GitClient = w.straight(front, hers), w.straight(front, gitlab.ForGit(hers))
	if w.ana, err = gitlab.New(o); err != nil {
		w.Fatal(err)
	}
}

// restart makes a new process that knows nothing.
func (w *world) restart() {
	w.Helper()
	w.bot = w.open()
	w.handler.Forget()
	c, err := conductor.New(conductor.Settings{
		Environment: environment, Forge: w.bot, Observer: w, Material: material(), Policy: policy, Plan: w.upgrade.plan, Now: w.botsClock, Role: roles(w.bot), Marker: w.marker,
		Choose: func(_ context.Context, current string) (string, string, error) {
			if current == from {
				return to, "the newest", nil
			}
			return "", "there is nothing newer than " + current, nil
		},
	})
	if err != nil {
		w.Fatal(err)
	}
	w.conductor = c
}

// Observe shows a cluster that has been at rest since the last merge.
func (w *world) Observe(context.Context) (*checks.Observation, error) {
	w.follow()
	return w.upgrade.observe(w.files, w.tip, w.merged, w.now)
}

// follow lets the cluster have what is on main.
func (w *world) follow() {
	w.Helper()
	tip := w.branch("main")
	if tip == w.tip {
		return
	}
	var err error
	if w.files, err = w.ana.Tree(w.Context(), tip); err != nil {
		w.Fatal(err)
	}
	commit, err := w.ana.ReadCommit(w.Context(), tip)
	if err != nil {
		w.Fatal(err)
	}
	if w.tip != "" {
		w.now = w.now.Add(settling)
	}
	w.tip, w.merged = tip, commit.Time
}
