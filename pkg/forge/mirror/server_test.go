package mirror

import (
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// server is a bare repository behind git's own smart HTTP server, set as the forges set theirs.
type server struct {
	t      *testing.T
	dir    string // the work tree that pushes
	url    string
	client *http.Client

	mu       sync.Mutex
	requests []string
	sent     int // bytes
}

// counting counts what the server sends.
type counting struct {
	http.ResponseWriter
	s *server
}

func (c counting) Write(p []byte) (int, error) {
	c.s.mu.Lock()
	c.s.sent += len(p)
	c.s.mu.Unlock()
	return c.ResponseWriter.Write(p)
}

func newServer(t *testing.T) *server {
	t.Helper()
	git, err := exec.LookPath("git")
	if err != nil {
		t.Skip("the program git is not installed")
	}
	root := t.TempDir()
	s := &server{t: t, dir: filepath.Join(root, "work")}
	bare := filepath.Join(root, "served", "gitops.git")
	s.run(root, "init", "-q", "--bare", "-b", "main", bare)
	for _, setting := range []string{"http.receivepack", "uploadpack.allowReachableSHA1InWant", "uploadpack.allowTipSHA1InWant"} {
		s.run(bare, "config", setting, "true")
	}
	s.run(root, "init", "-q", "-b", "main", s.dir)
	s.run(s.dir, "remote", "add", "origin", bare)
	backend := &cgi.Handler{Path: git, Args: []string{"http-backend"}, Env: []string{
		"GIT_PROJECT_ROOT=" + filepath.Dir(bare), "GIT_HTTP_EXPORT_ALL=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1"}}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.requests = append(s.requests, r.Method)
		s.mu.Unlock()
		if r.Header.Get("Authorization") != "Bearer right" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		backend.ServeHTTP(counting{w, s}, r)
	}))
	t.Cleanup(front.Close)
	s.url, s.client = front.URL+"/gitops.git", with("right", front.Client().Transport)
	return s
}

type bearer struct {
	token string
	next  http.RoundTripper
}

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+b.token)
	return b.next.RoundTrip(r)
}

func with(token string, next http.RoundTripper) *http.Client {
	return &http.Client{Transport: bearer{token, next}}
}

func (s *server) mirror() *Mirror {
	return New(Options{URL: s.url, Client: s.client, Name: "forge.example/acme/gitops"})
}

// traffic tells which requests came since it was asked last, and how many bytes went back.
func (s *server) traffic() (requests string, sent int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	requests, sent = strings.Join(s.requests, " "), s.sent
	s.requests, s.sent = nil, 0
	return requests, sent
}

func (s *server) run(dir string, args ...string) string {
	s.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=Ann", "GIT_AUTHOR_EMAIL=ann@example.org", "GIT_COMMITTER_NAME=Con", "GIT_COMMITTER_EMAIL=con@example.org")
	out, err := cmd.CombinedOutput()
	if err != nil {
		s.t.Fatalf("git %s: %v: %s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

func (s *server) git(args ...string) string { s.t.Helper(); return s.run(s.dir, args...) }

// commit writes files on the branch that is checked out; an empty content deletes.
func (s *server) commit(message string, files map[string]string) string {
	s.t.Helper()
	for name, content := range files {
		path := filepath.Join(s.dir, name)
		if content == "" {
			s.git("rm", "-q", name)
			continue
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			s.t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			s.t.Fatal(err)
		}
		s.git("add", name)
	}
	s.git("commit", "-q", "--allow-empty", "-m", message)
	return s.git("rev-parse", "HEAD")
}

func (s *server) push() { s.t.Helper(); s.git("push", "-q", "--all", "--force", "origin") }
