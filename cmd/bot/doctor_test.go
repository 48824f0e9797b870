package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/internal/fakegithub"
	"github.com/linnet-bot/linnet/internal/fakegitlab"
	"github.com/linnet-bot/linnet/pkg/conductor"
	"github.com/linnet-bot/linnet/pkg/doctor"
	"github.com/linnet-bot/linnet/pkg/gitops"
	"github.com/linnet-bot/linnet/pkg/gitops/render"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// watchedForge is a forge of which is written down what is asked of it that is not reading.
type watchedForge struct {
	mu    sync.Mutex
	wrote []string
}

func (w *watchedForge) around(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		query := strings.HasSuffix(r.URL.Path, "/graphql") && !strings.Contains(string(body), "mutation")
		signIn := strings.HasSuffix(r.URL.Path, "/access_tokens") // an App gets its token so
		fetch := strings.HasSuffix(r.URL.Path, "/git-upload-pack")
		if r.Method != http.MethodGet && r.Method != http.MethodHead && !query && !signIn && !fetch {
			w.mu.Lock()
			w.wrote = append(w.wrote, r.Method+" "+r.URL.Path)
			w.mu.Unlock()
		}
		next.ServeHTTP(rw, r)
	})
}

// reset forgets what the trial itself did.
func (w *watchedForge) reset() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wrote = nil
}

// patient is a trial whose forge is watched.
type patient struct {
	trial
	*watchedForge
	url     string
	secrets []string
}

// examine runs doctor as text and as JSON and gives what is not fine, as "severity check".
func (p patient) examine(t *testing.T) (amiss, printed string, code int) {
	t.Helper()
	p.reset()
	printed, code = p.linnet("doctor")
	raw, again := p.linnet("doctor", "-o", "json")
	var report doctor.Report
	if err := json.Unmarshal([]byte(raw), &report); err != nil || again != code {
		t.Fatalf("-o json: code %d and then %d, %v\n%s", code, again, err, raw)
	}
	var list []string
	for _, f := range report.Findings {
		if f.Severity != doctor.OK {
			list = append(list, string(f.Severity)+" "+f.Check)
		}
	}
	for _, secret := range append(p.secrets, "PRIVATE KEY", "ghs_", "eyJ") {
		if strings.Contains(printed+raw, secret) {
			t.Errorf("a secret is printed:\n%s", printed)
		}
	}
	if len(p.wrote) > 0 {
		t.Errorf("doctor wrote: %v", p.wrote)
	}
	for line := range strings.Lines(printed) {
		if n := len([]rune(line)); n > 101 && strings.Contains(strings.TrimSpace(line), " ") {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	return strings.Join(list, ", "), strings.ReplaceAll(printed, p.url, "FORGE"), code
}

// change replaces text of the configuration.
func (p patient) change(t *testing.T, pairs ...string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(p.dir, "linnet.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.NewReplacer(pairs...).Replace(string(text))
	if changed == string(text) {
		t.Fatalf("nothing of %q is in\n%s", pairs, text)
	}
	p.write(t, "linnet.yaml", changed)
}

const doctorKeys = "stateKeyFile: state-key\nwebhooks: {secretFile: hook}\n"

func newGitHubPatient(t *testing.T) (patient, *fakegithub.Server, fakegithub.App) {
	t.Helper()
	fake, err := fakegithub.New(t.TempDir(), "acme/gitops", nil)
	if err != nil {
		t.Skip(err)
	}
	w := &watchedForge{}
	front := httptest.NewServer(w.around(fake))
	t.Cleanup(front.Close)
	app, err := fake.AddApp("linnet")
	if err != nil {
		t.Fatal(err)
	}
	p := patient{watchedForge: w, url: front.URL, secrets: []string{"a-secret-of-the-hook", "0123456789abcdef0123456789abcdef"}}
	p.trial = newTrial(t, "forge: {kind: github, url: '"+front.URL+"', project: acme/gitops, app: {id: "+strconv.FormatInt(app.ID, 10)+", privateKeyFile: key.pem}}\n"+doctorKeys,
		strings.Replace(front.URL, "://", "://pat:"+fake.AddUser("pat", "admin")+"@", 1)+"/acme/gitops.git")
	p.write(t, "key.pem", string(app.Key))
	p.write(t, "hook", p.secrets[0])
	p.write(t, "state-key", p.secrets[1])
	fake.SetRules(fakegithub.Rules{Approvals: 1, Checks: []fakegithub.RequiredCheck{{Name: conductor.CheckName, App: app.ID}}})
	fake.Arrange(func(s *fakegithub.Setup) { s.Deliveries = []fakegithub.Delivery{{Code: 202}} })
	return p, fake, app
}

func newGitLabPatient(t *testing.T) (patient, *fakegitlab.Server, fakegitlab.User) {
	t.Helper()
	fake, err := fakegitlab.New(t.TempDir(), fakegitlab.Options{Path: "acme/platform/gitops", QuickActions: fakegitlab.Some(true), Settings: fakegitlab.Settings{PipelineMustSucceed: true}})
	if err != nil {
		t.Skip(err)
	}
	w := &watchedForge{}
	front := httptest.NewServer(w.around(fake))
	t.Cleanup(front.Close)
	pat, bot := fake.AddUser("pat"), fake.AddUser("project_7_bot_0a1b2c")
	fake.SetLevel(bot.Username, 30)
	p := patient{watchedForge: w, url: front.URL, secrets: []string{bot.Token, "0123456789abcdef0123456789abcdef"}}
	p.trial = newTrial(t, "forge: {kind: gitlab, url: '"+front.URL+"', project: acme/platform/gitops, tokenFile: token}\nstateKeyFile: state-key\n",
		strings.Replace(front.URL, "://", "://pat:"+pat.Token+"@", 1)+"/acme/platform/gitops.git")
	p.write(t, "token", bot.Token+"\n")
	p.write(t, "state-key", p.secrets[1])
	return p, fake, bot
}

func TestDoctorFindsAWellSetUpGitHubFine(t *testing.T) {
	p, _, _ := newGitHubPatient(t)
	amiss, printed, code := p.examine(t)
	if amiss != "" || code != 0 || !strings.HasSuffix(printed, "\n0 to fix, 0 warnings, 0 unknown, 15 fine\n") || !strings.Contains(printed, "Flux follows main for dev") {
		t.Errorf("code %d, got %s in\n%s", code, amiss, printed)
	}
}

func TestDoctorFindsAWellSetUpGitLabFine(t *testing.T) {
	p, _, _ := newGitLabPatient(t)
	amiss, printed, code := p.examine(t)
	if amiss != "" || code != 0 || !strings.HasSuffix(printed, "\n0 to fix, 0 warnings, 0 unknown, 18 fine\n") || !strings.Contains(printed, "Flux follows main for dev") {
		t.Errorf("code %d, got %s in\n%s", code, amiss, printed)
	}
}

// What a person sees of a GitHub on which much is wrong.
func TestDoctorOnASickGitHub(t *testing.T) {
	p, fake, _ := newGitHubPatient(t)
	if err := os.Chmod(filepath.Join(p.dir, "key.pem"), 0o644); err != nil {
		t.Fatal(err)
	}
	fake.SetRules(fakegithub.Rules{Checks: []fakegithub.RequiredCheck{{Name: conductor.CheckName}}})
	fake.Arrange(func(s *fakegithub.Setup) {
		s.Bypass, s.Without, s.Deliveries = "always", []string{"merge"}, []fakegithub.Delivery{{At: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Code: 401}}
	})
	_, printed, code := p.examine(t)
	printed = strings.NewReplacer(p.dir, "DIR", strings.TrimPrefix(p.url, "http://"), "FORGE").Replace(printed)
	for _, want := range []string{
		"everybody on this machine can read the App's private key in",
		"! protection   linnet/gate is required on main, but not pinned to the App: whoever may push can say\n" +
			"               it\n" +
			"               → choose linnet as its source in the rules of main (settings of the repository, at\n" +
			"                 Rules)\n" +
			"! protection   main asks for no approval: nobody has to review what the bot wrote\n" +
			"               → ask for one in the rules of main\n" +
			"✗ protection   the bot can pass the ruleset main is reviewed by (always)\n" +
			"               → take it off the bypass list of the ruleset\n" +
			"✗ merging      the repository does not allow the method merge\n" +
			"               → switch it on in the settings of the repository, or change mergeRequests.method of\n" +
			"                 the configuration\n" +
			"✗ webhooks     the webhook does not arrive: the last one, on 2026-01-02 03:04 UTC, was answered with\n" +
			"               HTTP 401, and 1 of 1 failed\n" +
			"               → give the webhook on the forge and webhooks.secretFile the same secret\n" +
			"✓ branch       Flux follows main for dev, as the bot does\n",
		"\n3 to fix, 3 warnings, 0 unknown, 9 fine\n",
	} {
		if !strings.Contains(printed, want) {
			t.Errorf("code %d, want\n%s\nin\n%s", code, want, printed)
		}
	}
	if code != 1 {
		t.Errorf("got exit code %d", code)
	}
}

func TestDoctorSaysWhatIsWrongHereAndWithTheConfiguration(t *testing.T) {
	p, _, _ := newGitHubPatient(t)
	well := map[string]string{}
	for _, name := range []string{"linnet.yaml", "key.pem", "hook", "state-key"} {
		content, err := os.ReadFile(filepath.Join(p.dir, name))
		if err != nil {
			t.Fatal(err)
		}
		well[name] = string(content)
	}
	for _, row := range []struct {
		name string
		make func(t *testing.T, p patient)
		want string
		code int
	}{
		{"the App's key is not there", func(t *testing.T, p patient) {
			if err := os.Remove(filepath.Join(p.dir, "key.pem")); err != nil {
				t.Fatal(err)
			}
		}, "error files/forge.app.privateKeyFile, error credentials, unknown forge", 1},
		{"the App's key is none", func(t *testing.T, p patient) { p.write(t, "key.pem", "hunter2-hunter2") }, "error credentials, unknown forge", 1},
		{"the App is another one", func(t *testing.T, p patient) { p.change(t, "app: {id: ", "app: {id: 9") }, "error credentials, unknown forge", 1},
		{"the webhook's secret is empty", func(t *testing.T, p patient) { p.write(t, "hook", " \n") }, "error files/webhooks.secretFile", 1},
		{"the webhook's secret is everybody's", func(t *testing.T, p patient) {
			if err := os.Chmod(filepath.Join(p.dir, "hook"), 0o604); err != nil {
				t.Fatal(err)
			}
		}, "warning files/webhooks.secretFile", 0},
		{"the state key is short", func(t *testing.T, p patient) { p.write(t, "state-key", "short") }, "error state-key", 1},
		{"there is no state key", func(t *testing.T, p patient) { p.change(t, "stateKeyFile: state-key\n", "") }, "warning state-key", 0},
		{"the branch does not exist", func(t *testing.T, p patient) {
			p.change(t, "project: acme/gitops,", "project: acme/gitops, branch: man,")
		}, "error branch/exists", 1},
		{"the project is another one", func(t *testing.T, p patient) { p.change(t, "project: acme/gitops,", "project: acme/other,") }, "error credentials, unknown forge", 1},
		{"squashing is configured and on", func(t *testing.T, p patient) {
			p.change(t, "stateKeyFile", "mergeRequests: {method: squash}\nstateKeyFile")
		}, "", 0},
		{"nobody listens for webhooks", func(t *testing.T, p patient) { p.change(t, "webhooks: {secretFile: hook}\n", "") }, "", 0},
		{"the forge is not there", func(t *testing.T, p patient) { p.change(t, p.url, "http://127.0.0.1:1") }, "error credentials, unknown clock, unknown forge", 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			for name, content := range well {
				if err := os.Remove(filepath.Join(p.dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
					t.Fatal(err)
				}
				p.write(t, name, content)
			}
			row.make(t, p)
			amiss, printed, code := p.examine(t)
			if amiss != row.want || code != row.code || strings.Contains(printed, "hunter2") {
				t.Errorf("code %d, got %s\nwant %s in\n%s", code, amiss, row.want, printed)
			}
		})
	}
}

func TestDoctorThatIsInterruptedSaysNothing(t *testing.T) {
	p, _, _ := newGitHubPatient(t)
	ctx, interrupt := context.WithCancel(t.Context())
	interrupt()
	var out strings.Builder
	a := &app{stdout: &out, stderr: &out, getenv: func(string) string { return "" }, now: time.Now, width: 80}
	if err := a.execute(ctx, []string{"doctor", "--config", filepath.Join(p.dir, "linnet.yaml")}); !errors.Is(err, context.Canceled) || out.Len() > 0 {
		t.Errorf("got %v and\n%s", err, out.String())
	}
}

func TestDoctorOnGitLabSaysWhatOnlyMaintainersSeeIsUnknown(t *testing.T) {
	p, _, _ := newGitLabPatient(t)
	p.write(t, "hook", "a-secret-of-the-hook")
	p.change(t, "stateKeyFile", "webhooks: {secretFile: hook}\nstateKeyFile")
	if amiss, printed, code := p.examine(t); amiss != "unknown webhooks" || code != doctor.ExitUnknown {
		t.Errorf("code %d, got %s in\n%s", code, amiss, printed)
	}
}

func TestDoctorKeepsAWrongTokenToItself(t *testing.T) {
	p, _, _ := newGitLabPatient(t)
	p.secrets = append(p.secrets, "hunter2-hunter2")
	p.write(t, "token", "hunter2-hunter2")
	if amiss, printed, code := p.examine(t); amiss != "error credentials, unknown forge" || code != 1 {
		t.Errorf("code %d, got %s in\n%s", code, amiss, printed)
	}
}

func TestABotThatNeverMergesNeedsNoRightToMerge(t *testing.T) {
	p, fake, _ := newGitLabPatient(t)
	fake.Arrange(func(s *fakegitlab.Setup) { s.Protected = []fakegitlab.ProtectedBranch{{Name: "main", Merge: 40}} })
	if amiss, printed, _ := p.examine(t); amiss != "error merging/allowed" {
		t.Errorf("got %s in\n%s", amiss, printed)
	}
	p.change(t, "{path: dev}", "{path: dev, policy: {merge: manual}}")
	if amiss, printed, _ := p.examine(t); amiss != "" {
		t.Errorf("manual: got %s in\n%s", amiss, printed)
	}
	p.change(t, "merge: manual", "merge: manual, mergeByPhase: {wave: auto}")
	if amiss, printed, _ := p.examine(t); amiss != "error merging/allowed" {
		t.Errorf("waves by the bot: got %s in\n%s", amiss, printed)
	}
}

func TestTheBranchThatFluxFollowsIsReadWhereverItStands(t *testing.T) {
	source := func(name, ref string) string {
		return "apiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nmetadata: {name: " + name + ", namespace: flux-system}\nspec:\n  url: https://git.example/x\n" + ref
	}
	const other = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: x}\nspec: [GitRepository, flux-system]\n---\n"
	kustomization := "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: dev, namespace: flux-system}\nspec:\n  sourceRef: {kind: GitRepository, name: flux-system}\n  path: ./dev\n  prune: true\n"
	for _, row := range []struct {
		name  string
		files map[string]string
		want  string // the branch, or why not
	}{
		{"beside", map[string]string{"clusters/dev/dev.yaml": kustomization, "clusters/dev/flux-system/gotk-sync.yaml": source("flux-system", "  ref: {branch: trunk}\n")}, "trunk"},
		{"in the same file behind others", map[string]string{"clusters/dev/dev.yaml": kustomization + "---\n" + other + source("flux-system", "  ref: {branch: trunk}\n")}, "trunk"},
		{"by its whole name", map[string]string{"clusters/dev/dev.yaml": kustomization, "x.yml": source("flux-system", "  ref: {branch: main, name: refs/heads/release}\n")}, "release"},
		{"without a word", map[string]string{"clusters/dev/dev.yaml": kustomization, "x.yaml": source("flux-system", "")}, "master"},
		{"two that agree", map[string]string{"clusters/dev/dev.yaml": kustomization, "x.yaml": source("flux-system", "  ref: {branch: main}\n"), "y.yaml": source("flux-system", "  ref: {branch: main}\n")}, "main"},
		{"two that do not", map[string]string{"clusters/dev/dev.yaml": kustomization, "x.yaml": source("flux-system", "  ref: {branch: main}\n"), "y.yaml": source("flux-system", "  ref: {branch: trunk}\n")}, "several GitRepositories"},
		{"a tag", map[string]string{"clusters/dev/dev.yaml": kustomization, "x.yaml": source("flux-system", "  ref: {branch: main, tag: v1}\n")}, "follows a tag or a commit"},
		{"nowhere", map[string]string{"clusters/dev/dev.yaml": kustomization, "x.yaml": source("another", "  ref: {branch: main}\n"), "broken.yaml": "GitRepository: [flux-system\n"}, "is not in the repository"},
	} {
		content := map[string][]byte{}
		for name, text := range row.files {
			content[name] = []byte(text)
		}
		files := tree.New(content)
		var e gitops.Environment
		e.Flux = &gitops.FluxKustomization{Position: gitops.Position{File: "clusters/dev/dev.yaml"},
			Object: render.Object{"spec": map[string]any{"sourceRef": map[string]any{"kind": "GitRepository", "name": "flux-system"}}}}
		branch, _ := followed(files, e)
		if got := branch.Value + branch.Why; !strings.Contains(got, row.want) || branch.Seen == strings.Contains(row.want, " ") {
			t.Errorf("%s: got %+v, want %s", row.name, branch, row.want)
		}
	}
	if branch, _ := followed(tree.New(nil), gitops.Environment{}); branch.Seen || branch.Right != whereFluxStands {
		t.Errorf("without a Kustomization: got %+v", branch)
	}
}
