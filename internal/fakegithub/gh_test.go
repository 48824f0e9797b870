package fakegithub_test

import (
	"bytes"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/linnet-bot/linnet/internal/fakegithub"
)

// host is a name that the certificate of httptest is good for. Nothing is asked of the real one: a proxy leads to the fake.
const host = "example.com"

// tunnel is a proxy that connects everybody with one address.
type tunnel struct{ to string }

func (p tunnel) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodConnect || r.Host != host+":443" {
		http.Error(w, "only to "+host, http.StatusForbidden)
		return
	}
	there, err := (&net.Dialer{}).DialContext(r.Context(), "tcp", p.to)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer func() { _ = there.Close() }()
	here, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer func() { _ = here.Close() }()
	_, _ = io.WriteString(here, "HTTP/1.1 200 OK\r\n\r\n")
	both := make(chan struct{}, 2)
	pass := func(to, from net.Conn) { _, _ = io.Copy(to, from); both <- struct{}{} }
	go pass(there, here)
	go pass(here, there)
	<-both
	_, _ = there.Close(), here.Close()
	<-both
}

// cli is the program gh, which has never heard of this fake.
type cli struct {
	t   *testing.T
	dir string // a clone
	env []string
}

// run gives what gh prints.
func (c cli) run(args ...string) string {
	c.t.Helper()
	out, err := c.try("gh", args...)
	if err != nil {
		c.t.Fatalf("gh %s: %v", strings.Join(args, " "), err)
	}
	return out
}

func (c cli) try(program string, args ...string) (string, error) {
	cmd := exec.CommandContext(c.t.Context(), program, args...)
	cmd.Dir, cmd.Env = c.dir, append(os.Environ(), c.env...)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		err = errors.New(err.Error() + ": " + said.String() + string(out))
	}
	return string(out), err
}

// newCLI starts a fake behind TLS, since gh speaks nothing else, and clones its repository with one commit on main and one on topic.
func newCLI(t *testing.T) (*fakegithub.Server, cli) {
	t.Helper()
	if _, err := exec.LookPath("gh"); err != nil {
		t.Skip("the program gh is not installed (Debian: apt-get install gh)")
	}
	s, err := fakegithub.New(t.TempDir(), "acme/gitops", nil)
	if err != nil {
		t.Skip(err)
	}
	front := httptest.NewTLSServer(s)
	t.Cleanup(front.Close)
	proxy := httptest.NewServer(tunnel{strings.TrimPrefix(front.URL, "https://")})
	t.Cleanup(proxy.Close)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: front.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	token := s.AddUser("ann", "write")
	c := cli{t: t, dir: t.TempDir(), env: []string{"GH_HOST=" + host, "GH_ENTERPRISE_TOKEN=" + token, "GH_CONFIG_DIR=" + t.TempDir(), "GH_PROMPT_DISABLED=1",
		"GH_NO_UPDATE_NOTIFIER=1", "HTTPS_PROXY=" + proxy.URL, "https_proxy=" + proxy.URL, "NO_PROXY=", "no_proxy=", "SSL_CERT_FILE=" + ca, "GIT_SSL_CAINFO=" + ca, "NO_COLOR=1",
		"GIT_CONFIG_GLOBAL=" + os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0",
		"GIT_AUTHOR_NAME=Ann", "GIT_AUTHOR_EMAIL=ann@example.org", "GIT_COMMITTER_NAME=Ann", "GIT_COMMITTER_EMAIL=ann@example.org",
		"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=http.extraHeader", "GIT_CONFIG_VALUE_0=Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte("ann:"+token))}}
	for _, args := range [][]string{
		{"init", "-q", "-b", "main"}, {"commit", "-q", "--allow-empty", "-m", "Start"}, {"remote", "add", "origin", "https://" + host + "/acme/gitops.git"},
		{"push", "-q", "origin", "main"}, {"checkout", "-q", "-b", "topic"}, {"commit", "-q", "--allow-empty", "-m", "Change"},
	} {
		if _, err := c.try("git", args...); err != nil {
			t.Fatalf("git %s: %v", args[0], err)
		}
	}
	if err := os.WriteFile(filepath.Join(c.dir, "a.txt"), []byte("a\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"add", "-A"}, {"commit", "-q", "-m", "Add a.txt"}, {"push", "-q", "origin", "topic"}} {
		if _, err := c.try("git", args...); err != nil {
			t.Fatalf("git %s: %v", args[0], err)
		}
	}
	return s, c
}

// TestTheProgramGHReviewsAndMerges holds the fake against a client that others have written: what gh asks of REST, its pages, fields and failures. What gh
// asks of GraphQL is more than a bot needs, and is not here.
func TestTheProgramGHReviewsAndMerges(t *testing.T) {
	s, c := newCLI(t)
	s.SetRules(fakegithub.Rules{Checks: []fakegithub.RequiredCheck{{Name: "gate"}}})
	api := func(want string, args ...string) {
		t.Helper()
		if got := strings.TrimSpace(c.run(append([]string{"api"}, args...)...)); got != want {
			t.Errorf("gh api %s: got %q, want %q", strings.Join(args, " "), got, want)
		}
	}
	refused := func(want string, args ...string) {
		t.Helper()
		if _, err := c.try("gh", append([]string{"api"}, args...)...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("gh api %s: got %v, want %q", strings.Join(args, " "), err, want)
		}
	}
	const repo = "repos/{owner}/{repo}"
	api("acme/gitops main", repo, "--jq", `.full_name + " " + .default_branch`)
	api("ann", "graphql", "-f", "query=query { viewer { login databaseId } }", "--jq", ".data.viewer.login")

	api("1 open topic", repo+"/pulls", "-f", "title=Add a.txt", "-f", "head=topic", "-f", "base=main", "-f", "body=It\nis new.", "--jq", `"\(.number) \(.state) \(.head.ref)"`)
	refused("A pull request already exists for acme:topic", repo+"/pulls", "-f", "title=Again", "-f", "head=topic", "-f", "base=main")
	refused("Not Found (HTTP 404)", repo+"/pulls/2")

	var bodies []string
	for i := range 5 {
		bodies = append(bodies, "comment "+strconv.Itoa(i))
		api(bodies[i], repo+"/issues/1/comments", "-f", "body="+bodies[i], "--jq", ".body")
	}
	api(strings.Join(bodies, "\n"), "--paginate", repo+"/issues/1/comments?per_page=2", "--jq", ".[].body")
	first := strings.TrimSpace(c.run("api", repo+"/issues/1/comments", "--jq", ".[0].id"))
	api("eyes", repo+"/issues/comments/"+first+"/reactions", "-f", "content=eyes", "--jq", ".content")
	api("changed", "-X", "PATCH", repo+"/issues/comments/"+first, "-f", "body=changed", "--jq", ".body")

	head := strings.TrimSpace(c.run("api", repo+"/pulls/1", "--jq", ".head.sha"))
	refused("(HTTP 405)", "-X", "PUT", repo+"/pulls/1/merge", "-f", "sha="+head)
	api("success gate", repo+"/statuses/"+head, "-f", "state=success", "-f", "context=gate", "-f", "description=all is well", "--jq", `.state + " " + .context`)
	refused("You must authenticate via a GitHub App", repo+"/check-runs", "-f", "name=gate", "-f", "head_sha="+head)
	refused("(HTTP 409)", "-X", "PUT", repo+"/pulls/1/merge", "-f", "sha="+strings.Repeat("0", 40))
	api("true", "-X", "PUT", repo+"/pulls/1/merge", "-f", "sha="+head, "-f", "merge_method=merge", "--jq", ".merged")
	api("closed true ann", repo+"/pulls/1", "--jq", `"\(.state) \(.merged) \(.merged_by.login)"`)

	api("", "-X", "DELETE", repo+"/git/refs/heads/topic")
	if heads, err := c.try("git", "ls-remote", "--heads", "origin"); err != nil || strings.Contains(heads, "topic") || !strings.Contains(heads, "main") {
		t.Errorf("git sees the branches %q, %v", heads, err)
	}
}
