package fakegitlab

import (
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

type mergeRequest struct {
	iid                                int
	source, target, title, description string
	state, sha                         string
	mergeCommit, squashCommit          string
	author, mergedBy                   *User
	labels                             []string
	reviewers                          []*User
	approvals                          []approval
	created, updated                   time.Time
	mergedAt, closedAt                 *time.Time
	auto                               bool
	message                            string // of a merge that waits
}

type approval struct {
	by *User
	at time.Time
}

func (m *mergeRequest) close(at time.Time, _ *User) {
	m.state, m.closedAt, m.updated, m.auto = "closed", &at, at, false
}

func (m *mergeRequest) merged(at time.Time, who *User, commit, squash string) {
	m.state, m.mergedAt, m.updated, m.mergedBy, m.auto = "merged", &at, at, who, false
	m.mergeCommit, m.squashCommit = commit, squash
}

var draftTitle = regexp.MustCompile(`(?i)^(?:\[draft\]|\(draft\)|draft:)\s*`)

func (m *mergeRequest) draft() bool { return draftTitle.MatchString(m.title) }

func (s *Server) request(c *call) (*mergeRequest, error) {
	for _, m := range s.requests {
		if m.iid == c.inPath("iid") {
			return m, nil
		}
	}
	return nil, notFound("Not found")
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func (s *Server) requestJSON(m *mergeRequest, whole bool) (map[string]any, error) {
	reviewers := []map[string]any{}
	for _, u := range m.reviewers {
		reviewers = append(reviewers, s.userJSON(u))
	}
	status, err := s.status(m)
	if err != nil {
		return nil, err
	}
	j := map[string]any{"id": 1000 + m.iid, "iid": m.iid, "project_id": projectID, "title": m.title, "description": m.description, "state": m.state, "user_notes_count": s.comments(m),
		"source_branch": m.source, "target_branch": m.target, "source_project_id": projectID, "target_project_id": projectID, "author": s.userJSON(m.author),
		"labels": append([]string{}, m.labels...), "reviewers": reviewers, "assignees": []any{}, "draft": m.draft(), "work_in_progress": m.draft(),
		"sha": m.sha, "merge_commit_sha": orNull(m.mergeCommit), "squash_commit_sha": orNull(m.squashCommit), "created_at": m.created, "updated_at": m.updated,
		"merged_at": m.mergedAt, "closed_at": m.closedAt, "merge_when_pipeline_succeeds": m.auto, "detailed_merge_status": status,
		"web_url": s.site + "/" + s.o.Path + "/-/merge_requests/" + strconv.Itoa(m.iid), "merged_by": nil, "merge_user": nil}
	if m.mergedBy != nil {
		j["merged_by"], j["merge_user"] = s.userJSON(m.mergedBy), s.userJSON(m.mergedBy)
	}
	if whole {
		j["head_pipeline"] = nil
		if p := s.headPipeline(m); p != nil {
			j["head_pipeline"] = s.pipelineJSON(p)
		}
	}
	return j, nil
}

func (s *Server) answer(code int, m *mergeRequest) (int, any, error) {
	j, err := s.requestJSON(m, true)
	return code, j, err
}

func (s *Server) listRequests(c *call) (int, any, error) {
	list := []map[string]any{}
	for _, m := range s.sorted(c) {
		if state := c.text("state"); state != "" && state != "all" && state != m.state ||
			c.has("source_branch") && c.text("source_branch") != m.source || c.has("target_branch") && c.text("target_branch") != m.target {
			continue
		}
		j, err := s.requestJSON(m, false)
		if err != nil {
			return 0, nil, err
		}
		list = append(list, j)
	}
	return 200, page(c, list), nil
}

// sorted are all of them in the order that is asked for.
func (s *Server) sorted(c *call) []*mergeRequest {
	list := slices.Clone(s.requests)
	if c.text("order_by") == "updated_at" {
		slices.SortStableFunc(list, func(a, b *mergeRequest) int { return a.updated.Compare(b.updated) })
	}
	if c.text("sort") != "asc" {
		slices.Reverse(list)
	}
	return list
}

func (s *Server) requestsOfCommit(c *call) (int, any, error) {
	if !s.exists(c.PathValue("sha")) {
		return 0, nil, notFound("Commit")
	}
	list := []map[string]any{}
	for _, m := range s.requests {
		commits, err := s.git("rev-list", "^"+s.refs[m.target], m.sha)
		if err != nil {
			return 0, nil, err
		}
		if strings.Contains(commits, c.PathValue("sha")) || m.sha == c.PathValue("sha") {
			j, err := s.requestJSON(m, false)
			if err != nil {
				return 0, nil, err
			}
			list = append(list, j)
		}
	}
	return 200, page(c, list), nil
}

func (s *Server) other(m *mergeRequest) *mergeRequest {
	for _, o := range s.requests {
		if o != m && o.state == "opened" && o.source == m.source && o.target == m.target {
			return o
		}
	}
	return nil
}

func (s *Server) createRequest(c *call) (int, any, error) {
	m := &mergeRequest{iid: len(s.requests) + 1, source: c.text("source_branch"), target: c.text("target_branch"), title: strings.TrimSpace(c.text("title")),
		state: "opened", author: c.user, created: s.now(), updated: s.now()}
	if s.refs[m.source] == "" {
		return 0, nil, &failure{http.StatusUnprocessableEntity, []string{"Source branch \"" + m.source + "\" does not exist"}}
	}
	if other := s.other(m); other != nil {
		return 0, nil, &failure{http.StatusConflict, []string{"Another open merge request already exists for this source branch: !" + strconv.Itoa(other.iid)}}
	}
	m.sha = s.refs[m.source]
	if err := s.change(c, m); err != nil {
		return 0, nil, err
	}
	s.requests = append(s.requests, m)
	return s.answer(http.StatusCreated, m)
}

// AddClosed makes a merge request of long ago, whose branch is gone. A head is a commit that is there.
func (s *Server) AddClosed(source, head string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	s.requests = append(s.requests, &mergeRequest{iid: len(s.requests) + 1, source: source, target: "main", title: source, state: "closed", sha: head, author: s.users[0],
		created: now, updated: now, closedAt: &now})
}

func (s *Server) getRequest(c *call) (int, any, error) {
	m, err := s.request(c)
	if err != nil {
		return 0, nil, err
	}
	return s.answer(200, m)
}

func (s *Server) updateRequest(c *call) (int, any, error) {
	m, err := s.request(c)
	if err != nil {
		return 0, nil, err
	}
	switch c.text("state_event") {
	case "close":
		if m.state == "opened" {
			m.close(s.now(), c.user)
		}
	case "reopen":
		if other := s.other(m); other != nil {
			return 0, nil, &failure{http.StatusConflict, []string{"Another open merge request already exists for this source branch: !" + strconv.Itoa(other.iid)}}
		}
		if m.state == "closed" {
			m.state, m.closedAt, m.updated = "opened", nil, s.now()
			if head := s.refs[m.source]; head != "" {
				m.sha = head
			}
		}
	}
	if err := s.change(c, m); err != nil {
		return 0, nil, err
	}
	m.updated = s.now()
	return s.answer(200, m)
}

// change takes over the fields that both making and changing have.
func (s *Server) change(c *call, m *mergeRequest) error {
	if c.has("title") {
		m.title = strings.TrimSpace(c.text("title"))
	}
	if c.has("description") {
		text, commands := s.extract(c.text("description"))
		m.description = text
		s.obey(m, c.user, commands)
	}
	if c.has("labels") {
		m.labels = nil
		for name := range strings.SplitSeq(c.text("labels"), ",") {
			m.labels = append(m.labels, strings.TrimSpace(name))
		}
	}
	if ids, ok := c.params["reviewer_ids"].([]any); ok {
		m.reviewers = nil
		for _, id := range ids {
			for _, u := range s.users {
				if n, ok := id.(float64); ok && u.ID == int(n) {
					m.reviewers = append(m.reviewers, u)
				}
			}
		}
	}
	if s.settings.Free && len(m.reviewers) > 1 {
		m.reviewers = m.reviewers[:1]
	}
	if m.title == "" {
		return &failure{http.StatusBadRequest, []string{"Title can't be blank"}}
	}
	return nil
}

// obey does what some commands do, so that a text which must not be obeyed is seen.
func (s *Server) obey(m *mergeRequest, who *User, commands []string) {
	for _, name := range commands {
		switch name {
		case "close":
			m.close(s.now(), who)
		case "approve":
			m.approvals = append(m.approvals, approval{who, s.now()})
		case "draft":
			m.title = "Draft: " + m.title
		}
	}
}

func (s *Server) approvalsJSON(m *mergeRequest) map[string]any {
	by := []map[string]any{}
	for _, a := range m.approvals {
		by = append(by, map[string]any{"user": s.userJSON(a.by), "approved_at": a.at})
	}
	if s.settings.Free {
		return map[string]any{"approved": len(by) > 0, "approved_by": by, "user_has_approved": false, "user_can_approve": true}
	}
	return map[string]any{"id": 1000 + m.iid, "iid": m.iid, "project_id": projectID, "approvals_required": s.settings.RequiredApprovals,
		"approvals_left": max(0, s.settings.RequiredApprovals-len(by)), "approved": len(by) >= s.settings.RequiredApprovals, "approved_by": by}
}

func (s *Server) getApprovals(c *call) (int, any, error) {
	m, err := s.request(c)
	if err != nil {
		return 0, nil, err
	}
	return 200, s.approvalsJSON(m), nil
}

func (s *Server) approve(c *call) (int, any, error) {
	m, err := s.request(c)
	if err != nil {
		return 0, nil, err
	}
	if sha := c.text("sha"); sha != "" && sha != m.sha {
		return 0, nil, refuse(http.StatusConflict, "SHA does not match HEAD of source branch: %s", m.sha)
	}
	// GitLab answers so to the author, to who approved already, and where it is not open.
	if m.author == c.user || m.state != "opened" || slices.ContainsFunc(m.approvals, func(a approval) bool { return a.by == c.user }) {
		return 0, nil, &failure{http.StatusUnauthorized, "401 Unauthorized"}
	}
	m.approvals = append(m.approvals, approval{c.user, s.now()})
	s.touch(m)
	return http.StatusCreated, s.approvalsJSON(m), nil
}

func (s *Server) unapprove(c *call) (int, any, error) {
	m, err := s.request(c)
	if err != nil {
		return 0, nil, err
	}
	n := len(m.approvals)
	if m.approvals = slices.DeleteFunc(m.approvals, func(a approval) bool { return a.by == c.user }); len(m.approvals) == n {
		return 0, nil, notFound("Not Found")
	}
	s.touch(m)
	return http.StatusCreated, s.approvalsJSON(m), nil
}
