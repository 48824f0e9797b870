package fakegitlab

import (
	"net/http"
	"slices"
	"time"
)

// Setup is what the owners of the project, of the token and of GitLab have chosen, as far as the rest of the fake makes no use of it.
type Setup struct {
	Version string
	// Scopes of all tokens; nil: it is no token that tells of itself. Ends is when they do, if ever.
	Scopes  []string
	Ends    time.Time
	Revoked bool
	// Admins are usernames of those who administer GitLab.
	Admins []string
	// SkippedIsGood is allow_merge_on_skipped_pipeline.
	SkippedIsGood bool
	// HideSettings shows the project as to those who may see little of it; HideProtected its protected branches to Maintainers only.
	HideSettings, HideProtected bool
	Protected                   []ProtectedBranch
	Rules                       []ApprovalRule
	Hooks                       []Hook
}

// ProtectedBranch is a name or a pattern, and the least levels; 0 is nobody. Users may too, by id.
type ProtectedBranch struct {
	Name        string
	Push, Merge int
	PushUsers   []int
	MergeUsers  []int
}

// ApprovalRule is one of the project; without branches it is for all.
type ApprovalRule struct {
	Required int
	Branches []string
}

// Hook is a webhook of the project.
type Hook struct {
	URL    string
	Events []string // without "_events"
	// State is the alert_status; "" is executable.
	State    string
	Insecure bool
	// Deliveries are its events; nil: this GitLab does not list them.
	Deliveries []Delivery
}

// Delivery is one that was tried.
type Delivery struct {
	At     time.Time
	Status string // "200"
}

// Arrange changes the setup.
func (s *Server) Arrange(edit func(*Setup)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	edit(&s.setup)
}

// routeDoctor answers what a doctor asks, before the rest of the fake does.
func (s *Server) routeDoctor() {
	s.setup = Setup{Version: "18.2.1-ee", Scopes: []string{"api"}, Rules: []ApprovalRule{{Required: 1}},
		Protected: []ProtectedBranch{{Name: "main", Merge: 30}}}
	rest := s.mux
	s.mux = http.NewServeMux()
	s.mux.Handle("/", rest)
	const project = "/projects/{id}"
	for pattern, h := range map[string]handler{
		"GET /user":                        s.userOrAdmin,
		"GET /personal_access_tokens/self": s.tokenItself,
		"GET /metadata":                    s.metadata,
		"GET " + project:                   s.arrangedProject,
		"GET " + project + "/repository/branches/{name}": s.branch,
		"GET " + project + "/protected_branches":         s.protectedBranches,
		"GET " + project + "/approval_rules":             s.approvalRules,
		"GET " + project + "/hooks":                      s.hooks,
		"GET " + project + "/hooks/{hook}/events":        s.hookEvents,
	} {
		s.handle(pattern, func(c *call) (int, any, error) {
			c.header.Set("Date", s.now().Format(http.TimeFormat))
			return h(c)
		})
	}
}

func (s *Server) userOrAdmin(c *call) (int, any, error) {
	u := s.userJSON(c.user)
	u["email"] = c.user.Username + "@example.org"
	if slices.Contains(s.setup.Admins, c.user.Username) {
		u["is_admin"] = true
	}
	return http.StatusOK, u, nil
}

func (s *Server) tokenItself(c *call) (int, any, error) {
	if s.setup.Scopes == nil {
		return 0, nil, refuse(http.StatusBadRequest, "400 Bad request - This endpoint requires token type to be a personal access token")
	}
	t := map[string]any{"id": 1, "name": "linnet", "revoked": s.setup.Revoked, "active": !s.setup.Revoked, "created_at": "2020-01-01T00:00:00.000Z", "description": "",
		"user_id": c.user.ID, "scopes": s.setup.Scopes, "expires_at": nil}
	if !s.setup.Ends.IsZero() {
		t["expires_at"] = s.setup.Ends.Format("2006-01-02")
	}
	return http.StatusOK, t, nil
}

func (s *Server) metadata(*call) (int, any, error) {
	return http.StatusOK, map[string]any{"version": s.setup.Version, "revision": "0a1b2c3d", "enterprise": !s.settings.Free}, nil
}

func (s *Server) arrangedProject(c *call) (int, any, error) {
	if c.user.Level == 0 {
		return 0, nil, notFound("Project")
	}
	p := s.projectJSON()
	p["allow_merge_on_skipped_pipeline"] = s.setup.SkippedIsGood
	if s.setup.HideSettings {
		delete(p, "only_allow_merge_if_pipeline_succeeds")
		delete(p, "merge_method")
	}
	return http.StatusOK, p, nil
}

// may is whether somebody reaches a level, of which 0 is nobody's, or is named.
func may(u *User, level int, users []int) bool {
	return level > 0 && u.Level >= level || slices.Contains(users, u.ID)
}

func (s *Server) branch(c *call) (int, any, error) {
	name := c.PathValue("name")
	if s.refs[name] == "" {
		return 0, nil, notFound("Branch")
	}
	b := map[string]any{"name": name, "merged": false, "protected": false, "default": name == "main", "developers_can_push": false, "developers_can_merge": false,
		"can_push": may(c.user, 30, nil), "web_url": "https://gitlab.example/" + s.o.Path + "/-/tree/" + name}
	for _, p := range s.setup.Protected {
		if p.Name == name {
			b["protected"], b["can_push"] = true, may(c.user, p.Push, p.PushUsers)
			b["developers_can_push"], b["developers_can_merge"] = p.Push > 0 && p.Push <= 30, p.Merge > 0 && p.Merge <= 30
		}
	}
	return http.StatusOK, b, nil
}

func (s *Server) protectedBranches(c *call) (int, any, error) {
	if s.setup.HideProtected && c.user.Level < 40 {
		return 0, nil, refuse(http.StatusForbidden, "403 Forbidden")
	}
	list := []map[string]any{}
	access := func(level int, users []int) []map[string]any {
		entries := []map[string]any{{"id": 1, "access_level": level, "access_level_description": "", "user_id": nil, "group_id": nil}}
		for _, u := range users {
			entries = append(entries, map[string]any{"id": 2, "access_level": 40, "access_level_description": "", "user_id": u, "group_id": nil})
		}
		return entries
	}
	for i, p := range s.setup.Protected {
		list = append(list, map[string]any{"id": i + 1, "name": p.Name, "allow_force_push": false, "code_owner_approval_required": false,
			"push_access_levels": access(p.Push, p.PushUsers), "merge_access_levels": access(p.Merge, p.MergeUsers)})
	}
	return http.StatusOK, page(c, list), nil
}

func (s *Server) approvalRules(c *call) (int, any, error) {
	if s.settings.Free {
		return 0, nil, notFound("Not Found")
	}
	list := []map[string]any{}
	for i, r := range s.setup.Rules {
		branches := []map[string]any{}
		for _, b := range r.Branches {
			branches = append(branches, map[string]any{"id": 1, "name": b})
		}
		list = append(list, map[string]any{"id": i + 1, "name": "All Members", "rule_type": "any_approver", "approvals_required": r.Required, "protected_branches": branches})
	}
	return http.StatusOK, page(c, list), nil
}

// hooks are shown to Maintainers. Their secrets are shown to nobody.
func (s *Server) hooks(c *call) (int, any, error) {
	if c.user.Level < 40 {
		return 0, nil, refuse(http.StatusForbidden, "403 Forbidden")
	}
	list := []map[string]any{}
	for i, h := range s.setup.Hooks {
		o := map[string]any{"id": i + 1, "url": h.URL, "name": "", "description": "", "project_id": projectID, "enable_ssl_verification": !h.Insecure, "alert_status": "executable", "disabled_until": nil,
			"created_at": "2020-01-01T00:00:00.000Z"}
		for _, event := range []string{"push", "note", "merge_requests", "pipeline", "issues", "releases"} {
			o[event+"_events"] = slices.Contains(h.Events, event)
		}
		if h.State != "" {
			o["alert_status"], o["disabled_until"] = h.State, s.now().Add(time.Hour).Format(time.RFC3339)
		}
		list = append(list, o)
	}
	return http.StatusOK, page(c, list), nil
}

func (s *Server) hookEvents(c *call) (int, any, error) {
	i := c.inPath("hook") - 1
	if c.user.Level < 40 || i < 0 || i >= len(s.setup.Hooks) || s.setup.Hooks[i].Deliveries == nil {
		return 0, nil, notFound("Not Found")
	}
	list := []map[string]any{}
	for n, d := range s.setup.Hooks[i].Deliveries {
		list = append(list, map[string]any{"id": n + 1, "url": s.setup.Hooks[i].URL, "trigger": "push_hooks", "response_status": d.Status, "execution_duration": 0.2,
			"created_at": d.At.Format(time.RFC3339)})
	}
	return http.StatusOK, page(c, list), nil
}
