package fakegitlab

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
)

// git runs git in the repository and gives what it printed. What it says of commits by their names it says once: commits do not change.
func (s *Server) git(args ...string) (string, error) {
	if !lasting(args) {
		return s.gitWith(nil, "", args...)
	}
	type said struct {
		out string
		err error
	}
	key := strings.Join(args, " ")
	if known, ok := s.said.Load(key); ok {
		return known.(said).out, known.(said).err
	}
	out, err := s.gitWith(nil, "", args...)
	if no := (*exec.ExitError)(nil); err == nil || errors.As(err, &no) && no.ExitCode() == 1 { // 1 is an answer, anything else a failure
		s.said.Store(key, said{out, err})
	}
	return out, err
}

var wholeName = regexp.MustCompile(`^\^?[0-9a-f]{40}(?:\.\.[0-9a-f]{40})?$`)

// lasting tells whether git would answer the same for ever.
func lasting(args []string) bool {
	switch args[0] {
	case "cat-file", "merge-base", "merge-tree", "rev-list":
		return !slices.ContainsFunc(args[1:], func(a string) bool { return !strings.HasPrefix(a, "-") && !wholeName.MatchString(a) })
	}
	return false
}

func (s *Server) gitWith(env []string, input string, args ...string) (string, error) {
	cmd := exec.CommandContext(context.Background(), "git", args...)
	cmd.Dir = s.gitDir
	cmd.Env = append(append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1"), env...)
	cmd.Stdin = strings.NewReader(input)
	var out, bad bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &bad
	if err := cmd.Run(); err != nil {
		return strings.TrimSpace(out.String()), fmt.Errorf("git %s: %w: %s", strings.Join(args, " "), err, bad.String())
	}
	return strings.TrimSpace(out.String()), nil
}

func (s *Server) exists(sha string) bool {
	kind, err := s.git("cat-file", "-t", sha)
	return err == nil && kind == "commit"
}

// writeCommit makes a commit as the user.
func (s *Server) writeCommit(u *User, tree, message string, parents ...string) (string, error) {
	args := []string{"commit-tree", tree}
	for _, p := range parents {
		args = append(args, "-p", p)
	}
	when := s.now().Format("2006-01-02T15:04:05Z")
	mail := u.Username + "@example.org"
	return s.gitWith([]string{"GIT_AUTHOR_NAME=" + u.Username, "GIT_AUTHOR_EMAIL=" + mail, "GIT_AUTHOR_DATE=" + when,
		"GIT_COMMITTER_NAME=" + u.Username, "GIT_COMMITTER_EMAIL=" + mail, "GIT_COMMITTER_DATE=" + when}, message, args...)
}

// serveGit hands on to git, authenticated as GitLab does it for Git: a user name of any kind and the token as the password.
func (s *Server) serveGit(w http.ResponseWriter, r *http.Request) {
	_, token, _ := r.BasicAuth()
	s.mu.Lock()
	var who *User
	for _, u := range s.users {
		if u.Token == token {
			who = u
		}
	}
	s.mu.Unlock()
	if who == nil {
		w.Header().Set("WWW-Authenticate", `Basic realm="GitLab"`)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if !strings.HasSuffix(r.URL.Path, "/git-receive-pack") {
		s.backend.ServeHTTP(w, r)
		return
	}
	// A push and what it does to merge requests are one step, as seen by the API.
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.notice(who)
	s.backend.ServeHTTP(w, r)
	if !s.pushes {
		if err := s.refresh(who); err != nil {
			panic(err)
		}
	}
}

// HoldPushes makes merge requests lag behind Git until it is called with false, as GitLab's do for a moment.
func (s *Server) HoldPushes(hold bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.notice(nil)
	if s.pushes = hold; !hold {
		if err := s.refresh(s.users[0]); err != nil {
			panic(err)
		}
	}
}

func (s *Server) branches() (map[string]string, error) {
	out, err := s.git("for-each-ref", "--format=%(objectname) %(refname)", "refs/heads/")
	if err != nil {
		return nil, err
	}
	now := map[string]string{}
	for line := range strings.Lines(out) {
		sha, ref, _ := strings.Cut(strings.TrimSpace(line), " ")
		now[strings.TrimPrefix(ref, "refs/heads/")] = sha
	}
	return now, nil
}

// refresh does what GitLab does after a push: source branches first, then targets.
func (s *Server) refresh(who *User) error {
	now, err := s.branches()
	if err != nil {
		return err
	}
	was := s.refs
	s.refs = now
	for _, m := range s.requests {
		if m.state != "opened" {
			continue
		}
		head, ok := now[m.source]
		switch {
		case !ok:
			m.close(s.now(), who)
			continue
		case head != m.sha:
			m.sha, m.updated, m.auto = head, s.now(), false
			if !s.settings.KeepApprovals {
				m.approvals = nil
			}
		}
		if was[m.target] == "" || now[m.target] == "" || was[m.target] == now[m.target] {
			continue
		}
		// The commits that were pushed to the target decide, not whether the head can be reached from it.
		pushed, err := s.git("rev-list", was[m.target]+".."+now[m.target])
		if err != nil {
			return err
		}
		if !strings.Contains(pushed, m.sha) {
			continue
		}
		line, err := s.git("rev-list", "--first-parent", "--reverse", was[m.target]+".."+now[m.target])
		if err != nil {
			return err
		}
		for sha := range strings.FieldsSeq(line) {
			if _, err := s.git("merge-base", "--is-ancestor", m.sha, sha); err == nil {
				m.merged(s.now(), who, sha, "")
				break
			}
		}
	}
	return nil
}

// FirstCommit puts a file on main of an empty repository.
func (s *Server) FirstCommit(name, content string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.notice(nil)
	blob, err := s.gitWith(nil, content, "hash-object", "-w", "--stdin")
	if err != nil {
		return "", err
	}
	tree, err := s.gitWith(nil, "100644 blob "+blob+"\t"+name+"\n", "mktree")
	if err != nil {
		return "", err
	}
	sha, err := s.writeCommit(s.users[0], tree, "Start\n")
	if err != nil {
		return "", err
	}
	if _, err := s.git("update-ref", "refs/heads/main", sha); err != nil {
		return "", err
	}
	return sha, s.refresh(s.users[0])
}
