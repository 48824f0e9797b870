package fakegithub

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cgi"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// command runs git without anybody's configuration.
func (s *Server) command(index string, stdin io.Reader, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(context.Background(), "git", args...)
	cmd.Stdin = stdin
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0",
		"GIT_AUTHOR_NAME=GitHub", "GIT_AUTHOR_EMAIL=noreply@github.com", "GIT_COMMITTER_NAME=GitHub", "GIT_COMMITTER_EMAIL=noreply@github.com")
	if index != "" {
		cmd.Env = append(cmd.Env, "GIT_INDEX_FILE="+index)
	}
	return cmd
}

// git runs git in the repository and gives what it prints. What it says of commits by their names it says once: commits do not change.
func (s *Server) git(args ...string) (string, error) {
	if !lasting(args) {
		return s.gitWith("", nil, args...)
	}
	type said struct {
		out string
		err error
	}
	key := strings.Join(args, " ")
	if known, ok := s.said.Load(key); ok {
		return known.(said).out, known.(said).err
	}
	out, err := s.gitWith("", nil, args...)
	if no := (*exec.ExitError)(nil); err == nil || errors.As(err, &no) && no.ExitCode() == 1 { // 1 is an answer, anything else a failure
		s.said.Store(key, said{out, err})
	}
	return out, err
}

var wholeName = regexp.MustCompile(`^\^?[0-9a-f]{40}(?:\^|\^\{tree\})?(?:\.\.[0-9a-f]{40})?$`)

// lasting tells whether git would answer the same for ever.
func lasting(args []string) bool {
	switch args[0] {
	case "cat-file", "merge-base", "merge-tree", "rev-list", "rev-parse", "show":
		return !slices.ContainsFunc(args[1:], func(a string) bool { return !strings.HasPrefix(a, "-") && !wholeName.MatchString(a) })
	}
	return false
}

func (s *Server) gitWith(index string, stdin []byte, args ...string) (string, error) {
	cmd := s.command(index, bytes.NewReader(stdin), append([]string{"-C", s.dir}, args...)...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		return strings.TrimSpace(string(out)), fmt.Errorf("git %s: %w: %s", args[0], err, errs.String())
	}
	return strings.TrimSpace(string(out)), nil
}

// head is where a branch points, "" for none. Git keeps a branch that was moved in a file of its own.
func (s *Server) head(branch string) string {
	if sha, err := os.ReadFile(filepath.Join(s.dir, "refs", "heads", filepath.FromSlash(branch))); err == nil && len(sha) == 41 {
		return strings.TrimSpace(string(sha))
	}
	sha, err := s.git("rev-parse", "-q", "--verify", "refs/heads/"+branch)
	if err != nil {
		return ""
	}
	return sha
}

// isCommit is whether sha is a full name of a commit here.
func (s *Server) isCommit(sha string) bool {
	kind, err := s.git("cat-file", "-t", sha)
	return err == nil && kind == "commit" && len(sha) == 40
}

func (s *Server) isAncestor(a, b string) bool {
	_, err := s.git("merge-base", "--is-ancestor", a, b)
	return err == nil
}

// commitTree writes a commit with exactly this message, which git commit-tree would complete.
func (s *Server) commitTree(root string, parents []string, author, message string, now time.Time) (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "tree %s\n", root)
	for _, p := range parents {
		fmt.Fprintf(&b, "parent %s\n", p)
	}
	fmt.Fprintf(&b, "author %s\ncommitter GitHub <noreply@github.com> %d +0000\n\n%s", author, now.Unix(), message)
	return s.gitWith("", []byte(b.String()), "hash-object", "-t", "commit", "-w", "--stdin")
}

func signature(u *user, at time.Time) string {
	return fmt.Sprintf("%s <%d+%s@users.noreply.github.com> %d +0000", u.login, u.id, u.login, at.Unix())
}

// entry is a file to write; an empty sha deletes it.
type entry struct{ mode, sha, path string }

// writeTree gives the tree of a commit, or of a tree, after changes.
func (s *Server) writeTree(from string, entries []entry) (string, error) {
	f, err := os.CreateTemp(s.root, "index")
	if err != nil {
		return "", err
	}
	index := f.Name()
	_ = f.Close()
	_ = os.Remove(index) // git wants to make it
	defer func() { _ = os.Remove(index) }()
	if from != "" {
		if _, err := s.gitWith(index, nil, "read-tree", from); err != nil {
			return "", err
		}
	}
	var b bytes.Buffer
	for _, e := range entries {
		if e.sha == "" {
			e.mode, e.sha = "0", strings.Repeat("0", 40)
		}
		fmt.Fprintf(&b, "%s %s\t%s\x00", e.mode, e.sha, e.path)
	}
	if _, err := s.gitWith(index, b.Bytes(), "update-index", "-z", "--index-info"); err != nil {
		return "", err
	}
	return s.gitWith(index, nil, "write-tree")
}

func (s *Server) writeBlob(content []byte) (string, error) {
	return s.gitWith("", content, "hash-object", "-w", "--stdin")
}

// serveGit is Git's smart HTTP. Like GitHub it takes a token only as a password.
func (s *Server) serveGit(w http.ResponseWriter, r *http.Request) {
	_, token, ok := r.BasicAuth()
	s.mu.Lock()
	who, known := s.owns(token)
	s.mu.Unlock()
	if !ok || !known {
		w.Header().Set("WWW-Authenticate", `Basic realm="GitHub"`)
		http.Error(w, "Invalid username or token.", http.StatusUnauthorized)
		return
	}
	writes := strings.HasSuffix(r.URL.Path, "/git-receive-pack") || r.URL.Query().Get("service") == "git-receive-pack"
	if writes && !who.user.mayWrite() {
		http.Error(w, "Write access to repository not granted.", http.StatusForbidden)
		return
	}
	h := cgi.Handler{Path: s.backend, Root: "", Stderr: io.Discard, InheritEnv: []string{"PATH"},
		Env: []string{"GIT_PROJECT_ROOT=" + s.root, "GIT_HTTP_EXPORT_ALL=1", "REMOTE_USER=" + who.user.login,
			"GIT_CONFIG_GLOBAL=" + os.DevNull, "GIT_CONFIG_NOSYSTEM=1"}}
	if r.Method == http.MethodPost && writes {
		s.mu.Lock()
		defer s.mu.Unlock()
		defer s.notice(who.user)
		defer s.settle(who.user) // before anybody else looks
	}
	h.ServeHTTP(w, r)
}
