// Package fakegithub is a GitHub for tests: one repository with its pull requests, over real HTTP and with real Git.
//
// It is stateful and obeys what a client must be afraid of: a second pull request for the same branches is refused; whether one can be
// merged is unknown to the first who asks; a branch that is deleted closes its pull requests; drafts are toggled by GraphQL only; times are
// whole seconds; a list comes in pages; one unknown reviewer spoils all; who may write may edit everybody's comments; a status can be
// said by anybody and a check run by an App alone; createCommitOnBranch forgets modes. Where GitHub's own behaviour is not known the fake takes the
// stricter guess. Who subscribes is sent webhooks. Git itself is the program git, over smart HTTP by git http-backend, so that clones and pushes are real.
//
// The interfaces lie where a GitHub Enterprise Server has them: REST below /api/v3, GraphQL at /api/graphql, Git below the root. REST is also
// answered below the root and GraphQL at /graphql, as api.github.com does.
package fakegithub

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// Server is one repository. It is an http.Handler.
type Server struct {
	owner, name string
	root        string // of all repositories on disk
	dir         string // the bare repository
	backend     string // git-http-backend
	now         func() time.Time
	mux         *http.ServeMux
	said        sync.Map // by git, of what does not change

	mu       sync.Mutex // everything happens one after the other
	last     int64      // id that was given out last
	users    []*user
	apps     []*app
	tokens   map[string]actor
	teams    map[int64]team
	rules    Rules
	pulls    []*pull
	runs     []*run
	statuses []*status
	labels   []*label
	setup    Setup
	queue    []*waiting
	hooks    []*hook
	seen     sight
}

// New makes an empty repository, "owner/name", in the folder dir, which must exist and be empty. Its default branch is main. A nil now is the
// real clock.
func New(dir, project string, now func() time.Time) (*Server, error) {
	owner, name, ok := strings.Cut(project, "/")
	if !ok {
		return nil, fmt.Errorf("%q is not owner/name", project)
	}
	if now == nil {
		now = time.Now
	}
	core, err := exec.CommandContext(context.Background(), "git", "--exec-path").Output()
	if err != nil {
		return nil, errors.New("the program git is not installed")
	}
	s := &Server{owner: owner, name: name, root: dir, dir: filepath.Join(dir, owner, name+".git"), now: now, tokens: map[string]actor{}, teams: map[int64]team{},
		backend: filepath.Join(strings.TrimSpace(string(core)), "git-http-backend")}
	for _, args := range [][]string{
		{"init", "-q", "--bare", "-b", "main", s.dir},
		{"-C", s.dir, "config", "http.receivepack", "true"},
		{"-C", s.dir, "config", "uploadpack.allowAnySHA1InWant", "true"},
		{"-C", s.dir, "config", "gc.auto", "0"},
	} {
		if out, err := s.command("", nil, args...).CombinedOutput(); err != nil {
			return nil, fmt.Errorf("git %s: %w: %s", strings.Join(args, " "), err, out)
		}
	}
	s.users = append(s.users, &user{id: s.next(), login: owner, role: "admin"})
	s.route()
	return s, nil
}

// next gives an id. Its caller holds s.mu, or has the server for itself.
func (s *Server) next() int64 { s.last++; return s.last }

// clock is in whole seconds, as GitHub tells times.
func (s *Server) clock() time.Time { return s.now().UTC().Truncate(time.Second) }

// SetClock replaces the clock.
func (s *Server) SetClock(now func() time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = now
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/"+s.owner+"/"+s.name+".git/") {
		s.serveGit(w, r)
		return
	}
	for _, prefix := range []string{"/api/v3", "/api"} {
		if strings.HasPrefix(r.URL.Path, prefix+"/") {
			http.StripPrefix(prefix, s.mux).ServeHTTP(w, r)
			return
		}
	}
	s.mux.ServeHTTP(w, r)
}
