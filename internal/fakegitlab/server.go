// Package fakegitlab is one GitLab project in memory, with its API under /api/v4 and its Git repository over smart HTTP, for tests.
//
// It does what GitLab does where a client can tell: quick actions are taken out of notes and descriptions, commit statuses are jobs of pipelines with
// GitLab's transitions, a push closes, merges and refreshes merge requests, a merge is checked in GitLab's order and refused with its codes, who subscribes is sent webhooks, and the
// times of notes and merge requests move as GitLab moves them. Its
// repository is a bare one on disk, and the program git does all work on it.
//
// One lock makes every call atomic, which GitLab is not. A push is worked on before git gets its answer; GitLab does it a moment later, and
// HoldPushes makes the fake do so too.
package fakegitlab

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cgi"
	"net/url"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Settings are the project's, which a test may change with Change.
type Settings struct {
	// MergeMethod is merge, rebase_merge or ff.
	MergeMethod string
	// SquashOption is never, always, default_on or default_off.
	SquashOption string
	// MergeTrains makes merging wait for RunTrain.
	MergeTrains bool
	// PipelineMustSucceed is only_allow_merge_if_pipeline_succeeds.
	PipelineMustSucceed bool
	// RequiredApprovals is how many the project's rule asks for.
	RequiredApprovals int
	// KeepApprovals leaves approvals as they are after a push.
	KeepApprovals bool
	// StatusCheck is the number of an external status check that must pass, 0 for none.
	StatusCheck int
	// Free is the edition without approval rules and with one reviewer.
	Free bool
}

// Options make a project.
type Options struct {
	Path string // "group/sub/project"
	// QuickActions are the names that are taken out of text; see Names.
	QuickActions []string
	Settings     Settings
	Now          func() time.Time
}

// User is somebody with access.
type User struct {
	ID              int
	Username, Token string
	Level           int // access_level in the project; 0 = not a member
}

// Server is an http.Handler.
type Server struct {
	o       Options
	gitDir  string
	mux     *http.ServeMux
	backend *cgi.Handler
	said    sync.Map // by git, of what does not change

	mu        sync.Mutex
	settings  Settings
	users     []*User
	refs      map[string]string // as the last push left them
	pushes    bool              // held
	requests  []*mergeRequest
	pipelines []*pipeline
	notes     []*note
	lastID    int
	overrides map[int]string
	site      string // of the request that is answered
	groups    map[int][]string
	answers   map[string]string // to the external status check, by head
	old       bool              // its GraphQL tells of no edits
	busy      int               // how many statuses to answer with 409
	setup     Setup
	listeners []*listener
	seen      sight
}

// New makes the project with an empty repository below dir.
func New(dir string, o Options) (*Server, error) {
	git, err := exec.LookPath("git")
	if err != nil {
		return nil, fmt.Errorf("make a fake GitLab: %w", err)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Settings.MergeMethod == "" {
		o.Settings.MergeMethod = "merge"
	}
	if o.Settings.SquashOption == "" {
		o.Settings.SquashOption = "default_off"
	}
	s := &Server{o: o, settings: o.Settings, gitDir: filepath.Join(dir, filepath.FromSlash(o.Path)+".git"), refs: map[string]string{}, overrides: map[int]string{}, groups: map[int][]string{}, answers: map[string]string{}}
	if out, err := exec.CommandContext(context.Background(), git, "init", "-q", "--bare", "-b", "main", s.gitDir).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("make a fake GitLab: %w: %s", err, out)
	}
	for _, setting := range []string{"http.receivepack", "uploadpack.allowAnySHA1InWant"} {
		if _, err := s.git("config", setting, "true"); err != nil {
			return nil, err
		}
	}
	s.backend = &cgi.Handler{Path: git, Args: []string{"http-backend"}, Stderr: io.Discard,
		Env: []string{"GIT_PROJECT_ROOT=" + dir, "GIT_HTTP_EXPORT_ALL=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1"}}
	s.mux = http.NewServeMux()
	s.routes()
	return s, nil
}

// AddUser gives somebody access. GitLab's own bots are called project_1_bot_ and hexadecimal digits.
func (s *Server) AddUser(username string) User {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := &User{ID: 100 + len(s.users), Username: username, Token: "glpat-" + username, Level: 40}
	s.users = append(s.users, u)
	return *u
}

// SetLevel changes somebody's access_level in the project; 0 takes the membership away.
func (s *Server) SetLevel(username string, level int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, u := range s.users {
		if u.Username == username {
			u.Level = level
		}
	}
}

// Change changes the settings.
func (s *Server) Change(edit func(*Settings)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	edit(&s.settings)
}

// Override makes GitLab say this detailed_merge_status of a merge request, whatever is true; "" ends that.
func (s *Server) Override(iid int, status string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.overrides[iid] = status
}

// BusyStatuses makes the next n statuses be refused with 409, as when another one is being set.
func (s *Server) BusyStatuses(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.busy = n
}

type call struct {
	*http.Request
	user   *User
	params map[string]any
	header http.Header
}

func (c *call) has(name string) bool { _, ok := c.params[name]; return ok }

func (c *call) text(name string) string {
	switch v := c.params[name].(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

func (c *call) number(name string) int { n, _ := strconv.Atoi(c.text(name)); return n }

func (c *call) inPath(name string) int { n, _ := strconv.Atoi(c.PathValue(name)); return n }

// failure is an answer other than success.
type failure struct {
	code    int
	message any
}

func (f *failure) Error() string { return fmt.Sprint(f.code, " ", f.message) }

func notFound(what string) error {
	return &failure{http.StatusNotFound, "404 " + what + " Not Found"}
}

func refuse(code int, format string, args ...any) error {
	return &failure{code, fmt.Sprintf(format, args...)}
}

type handler func(c *call) (int, any, error)

func (s *Server) handle(pattern string, h handler) {
	method, where, _ := strings.Cut(pattern, " ")
	s.mux.HandleFunc(method+" /api/v4"+where, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, h) })
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request, h handler) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.site = site(r)
	w.Header().Set("Date", s.o.Now().UTC().Format(http.TimeFormat))
	c := &call{Request: r, user: s.authenticate(r), params: map[string]any{}, header: w.Header()}
	defer s.noticed(c)
	code, answer, err := 0, any(nil), error(nil)
	switch id := r.PathValue("id"); {
	case c.user == nil:
		err = &failure{http.StatusUnauthorized, "401 Unauthorized"}
	case id != "" && id != s.o.Path && id != strconv.Itoa(projectID):
		err = notFound("Project")
	default:
		for name, values := range r.URL.Query() {
			c.params[strings.TrimSuffix(name, "[]")] = values[0]
		}
		if r.Body != nil && r.ContentLength != 0 {
			if json.NewDecoder(r.Body).Decode(&c.params) != nil {
				err = refuse(http.StatusBadRequest, "400 Bad request - body is not JSON")
			}
		}
		if err == nil {
			code, answer, err = h(c)
		}
	}
	var f *failure
	if errors.As(err, &f) {
		code, answer = f.code, map[string]any{"message": f.message}
	} else if err != nil {
		code, answer = http.StatusInternalServerError, map[string]any{"message": "500 Internal Server Error: " + err.Error()}
	}
	if code == http.StatusNoContent {
		w.WriteHeader(code)
		return
	}
	text, err := json.Marshal(answer)
	if err != nil {
		panic(err)
	}
	if r.Method == http.MethodGet && code == http.StatusOK {
		tag := fmt.Sprintf(`W/"%x"`, sha256.Sum256(text))
		w.Header().Set("Etag", tag)
		if r.Header.Get("If-None-Match") == tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_, _ = w.Write(text) // the client went away
}

func (s *Server) authenticate(r *http.Request) *User {
	token := r.Header.Get("Private-Token")
	if bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok && token == "" {
		token = bearer
	}
	for _, u := range s.users {
		if u.Token == token {
			return u
		}
	}
	return nil
}

// site is where people find it, as they do: an answer that names another place tells of a wrong external_url.
func site(r *http.Request) string {
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// page cuts a list into pages as GitLab does.
func page[T any](c *call, list []T) []T {
	size, number := 20, 1
	if n := c.number("per_page"); n > 0 {
		size = min(n, 100)
	}
	if n := c.number("page"); n > 0 {
		number = n
	}
	from := min((number-1)*size, len(list))
	to := min(from+size, len(list))
	if to < len(list) {
		c.header.Set("X-Next-Page", strconv.Itoa(number+1))
		next := c.URL.Query()
		next.Set("page", strconv.Itoa(number+1))
		c.header.Set("Link", fmt.Sprintf(`<%s%s?%s>; rel="next"`, site(c.Request), c.URL.EscapedPath(), next.Encode()))
	}
	return slices.Clone(list[from:to])
}

func (s *Server) newID() int { s.lastID++; return s.lastID }

func (s *Server) now() time.Time { return s.o.Now().UTC().Truncate(time.Millisecond) }

const projectID = 7

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/"+s.o.Path+".git/") {
		s.serveGit(w, r)
		return
	}
	s.mux.ServeHTTP(w, r)
}

func (s *Server) userJSON(u *User) map[string]any {
	if u == nil {
		return nil
	}
	return map[string]any{"id": u.ID, "username": u.Username, "name": u.Username, "state": "active", "locked": false, "avatar_url": "",
		"public_email": "", "web_url": s.site + "/" + url.PathEscape(u.Username)}
}

func (s *Server) projectJSON() map[string]any {
	return map[string]any{"id": projectID, "name": path.Base(s.o.Path), "path": path.Base(s.o.Path), "path_with_namespace": s.o.Path, "default_branch": "main",
		"web_url": s.site + "/" + s.o.Path, "merge_method": s.settings.MergeMethod, "squash_option": s.settings.SquashOption,
		"merge_trains_enabled": s.settings.MergeTrains, "only_allow_merge_if_pipeline_succeeds": s.settings.PipelineMustSucceed}
}

func (s *Server) routes() {
	const project, one = "/projects/{id}", "/projects/{id}/merge_requests/{iid}"
	s.handle("GET /user", func(c *call) (int, any, error) {
		u := s.userJSON(c.user)
		u["email"] = c.user.Username + "@example.org"
		return 200, u, nil
	})
	s.handle("GET "+project, func(*call) (int, any, error) { return 200, s.projectJSON(), nil })
	s.handle("GET "+project+"/approvals", func(*call) (int, any, error) {
		if s.settings.Free {
			return 0, nil, notFound("Not Found")
		}
		return 200, map[string]any{"reset_approvals_on_push": !s.settings.KeepApprovals}, nil
	})
	s.handle("GET /groups/{group}/members/all/{user}", s.getGroupMember)
	s.handle("GET "+project+"/members/all", s.listMembers)
	s.handle("GET "+project+"/members/all/{user}", s.getMember)
	s.handle("POST "+project+"/repository/commits", s.createCommit)
	s.handle("GET "+project+"/repository/commits/{sha}/merge_requests", s.requestsOfCommit)
	s.handle("GET "+project+"/repository/commits/{sha}/statuses", s.listStatuses)
	s.handle("POST "+project+"/statuses/{sha}", s.setStatus)
	s.handle("GET "+project+"/merge_requests", s.listRequests)
	s.handle("POST "+project+"/merge_requests", s.createRequest)
	s.handle("GET "+one, s.getRequest)
	s.handle("PUT "+one, s.updateRequest)
	s.handle("PUT "+one+"/merge", s.merge)
	s.handle("GET "+one+"/approvals", s.getApprovals)
	s.handle("GET "+one+"/status_checks", s.listStatusChecks)
	s.handle("POST "+one+"/status_check_responses", s.answerStatusCheck)
	s.handle("POST "+one+"/approve", s.approve)
	s.handle("POST "+one+"/unapprove", s.unapprove)
	s.handle("GET "+one+"/notes", s.listNotes)
	s.handle("POST "+one+"/notes", s.createNote)
	s.handle("GET "+one+"/notes/{note}", s.getNote)
	s.handle("PUT "+one+"/notes/{note}", s.updateNote)
	s.handle("DELETE "+one+"/notes/{note}", s.deleteNote)
	s.handle("GET "+one+"/notes/{note}/award_emoji", s.listAwards)
	s.handle("POST "+one+"/notes/{note}/award_emoji", s.createAward)
	s.handle("DELETE "+one+"/notes/{note}/award_emoji/{award}", s.deleteAward)
	s.mux.HandleFunc("POST /api/graphql", func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, s.graphql) })
	s.routeDoctor()
}

// getMember answers with the highest level that somebody has, in the project or in a group above it.
func (s *Server) getMember(c *call) (int, any, error) {
	for _, u := range s.users {
		if u.ID == c.inPath("user") && u.Level > 0 {
			m := s.userJSON(u)
			m["access_level"] = u.Level
			return 200, m, nil
		}
	}
	return 0, nil, notFound("Member")
}

func (s *Server) listMembers(c *call) (int, any, error) {
	list := []map[string]any{}
	for _, u := range s.users {
		if strings.Contains(u.Username, c.text("query")) {
			m := s.userJSON(u)
			m["access_level"] = u.Level
			list = append(list, m)
		}
	}
	return 200, page(c, list), nil
}
