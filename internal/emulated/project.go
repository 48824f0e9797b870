package emulated

import (
	"context"
	"encoding/base64"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/pkg/forge/github"
	"github.com/linnet-bot/linnet/pkg/forge/transport"
)

// Project is one repository, on both sides.
type Project struct {
	Name string // owner/name

	host *Host
	dir  string // the bare repository

	mu    sync.Mutex        // writing is done alone
	refs  map[string]string // that both sides have, by full name
	known map[string]bool   // objects that emulate has
}

// project gives one by its name, nil where there is none.
func (h *Host) project(name string) *Project {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.projects[name]
}

// Project makes an empty repository whose default branch is to be main. The people may write, bob may maintain, and the App is installed.
func (h *Host) Project(t testing.TB) *Project {
	t.Helper()
	h.mu.Lock()
	name := "gitops-" + strconv.Itoa(len(h.projects)+1)
	p := &Project{Name: owner + "/" + name, host: h, dir: filepath.Join(h.root, owner, name+".git"), refs: map[string]string{}, known: map[string]bool{}}
	h.projects[p.Name] = p
	h.mu.Unlock()
	for _, args := range [][]string{
		{"init", "-q", "--bare", "-b", "main", p.dir},
		{"-C", p.dir, "config", "http.receivepack", "true"},
		{"-C", p.dir, "config", "uploadpack.allowAnySHA1InWant", "true"},
		{"-C", p.dir, "config", "gc.auto", "0"},
	} {
		if out, err := command(t.Context(), args...).CombinedOutput(); err != nil {
			t.Fatalf("git %s: %v: %s", strings.Join(args, " "), err, out)
		}
	}
	p.admin(t, http.MethodPost, "/orgs/"+owner+"/repos", obj{"name": name})
	for _, who := range people {
		role := "push"
		if who == "bob" {
			role = "maintain"
		}
		p.admin(t, http.MethodPut, "/repos/"+p.Name+"/collaborators/"+who, obj{"permission": role})
	}
	return p
}

// admin asks emulate for something as the organisation's owner.
func (p *Project) admin(t testing.TB, method, at string, in any) {
	t.Helper()
	if err := p.host.ask(t.Context(), tokenOf(admin), method, at, in, nil); err != nil {
		t.Fatal(err)
	}
}

// Protect requires approvals and green checks for a merge into main, by the older protection of branches: emulate has no rulesets.
func (p *Project) Protect(t testing.TB, approvals int, checks ...string) {
	t.Helper()
	rule := obj{"enforce_admins": false, "restrictions": nil, "required_status_checks": nil, "required_pull_request_reviews": nil}
	if approvals > 0 {
		rule["required_pull_request_reviews"] = obj{"required_approving_review_count": approvals, "dismiss_stale_reviews": true}
	}
	if len(checks) > 0 {
		rule["required_status_checks"] = obj{"strict": false, "contexts": checks}
	}
	p.admin(t, http.MethodPut, "/repos/"+p.Name+"/branches/main/protection", rule)
}

// Remote is what git clones and pushes to.
func (p *Project) Remote() string { return p.host.URL + "/" + p.Name + ".git" }

// GitEnv lets the program git push as a person.
func GitEnv(person string) []string {
	return []string{"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=http.extraHeader",
		"GIT_CONFIG_VALUE_0=Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(person+":"+tokenOf(person)))}
}

// Person is the client with somebody's personal access token.
func (p *Project) Person(t testing.TB, name string) *github.Forge {
	t.Helper()
	return p.forge(t, &http.Transport{}, 0, github.ForGit(func(context.Context) (transport.Credential, error) {
		return transport.Credential{Header: "Authorization", Value: "Bearer " + tokenOf(name)}, nil
	}))
}

// Bot is the client as the App: it finds where the App is installed and gets its tokens as the program does.
func (p *Project) Bot(t testing.TB) *github.Forge {
	t.Helper()
	base := &http.Transport{}
	c, err := github.Installation{URL: p.host.URL, AppID: appID, Key: p.host.Key, Project: p.Name, Base: base}.Credential()
	if err != nil {
		t.Fatal(err)
	}
	// emulate knows a bot from its first write on.
	given, err := c(t.Context())
	if err == nil {
		err = p.host.ask(t.Context(), strings.TrimPrefix(given.Value, "Bearer "), http.MethodPost, "/repos/"+p.Name+"/git/blobs", obj{"content": ""}, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return p.forge(t, base, appID, c)
}

func (p *Project) forge(t testing.TB, base *http.Transport, app int64, c transport.CredentialFunc) *github.Forge {
	t.Helper()
	t.Cleanup(base.CloseIdleConnections)
	hosts, err := github.Hosts(p.host.URL)
	if err != nil {
		t.Fatal(err)
	}
	f, err := github.New(github.Options{URL: p.host.URL, Project: p.Name, AppID: app, Now: p.host.now,
		Client: &http.Client{Transport: transport.New(transport.Options{Name: "GitHub", Hosts: hosts, UserAgent: "linnet", Credential: c, Base: base})},
		Sleep:  func(ctx context.Context, _ time.Duration) error { return ctx.Err() }})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// Subscribe has emulate tell an address of everything.
func (p *Project) Subscribe(t testing.TB, url, secret string) {
	t.Helper()
	p.admin(t, http.MethodPost, "/repos/"+p.Name+"/hooks", obj{"active": true, "events": []string{"*"}, "config": obj{"url": url, "secret": secret, "content_type": "json"}})
}

// InstallationToken is one that the App was given.
type InstallationToken struct {
	Permissions  map[string]string `json:"permissions"`
	Repositories []int64           `json:"repository_ids"`
	Selection    string            `json:"repository_selection"`
}

// InstallationTokens are all that the App was given.
func (h *Host) InstallationTokens(t testing.TB) []InstallationToken {
	t.Helper()
	var out struct {
		Tokens []InstallationToken `json:"installation_tokens"`
	}
	if err := h.ask(t.Context(), tokenOf(admin), http.MethodGet, "/_emulate/installation-tokens", nil, &out); err != nil {
		t.Fatal(err)
	}
	return out.Tokens
}
