package fakegitlab

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

type pipeline struct {
	id, iid          int // iid: of the merge request that it is for, or 0
	sha, ref, source string
	result           bool // of merging
	created          time.Time
	jobs             []*job
}

type job struct {
	id                             int
	name, state, description, link string
	by                             *User
	retried                        bool
	created                        time.Time
	started, finished              *time.Time
}

// AddPipeline starts one as GitLab's own CI does: for a branch, or with the number of a merge request for that. Its own
// job never ends.
func (s *Server) AddPipeline(sha, ref string, iid int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.notice(nil)
	source := "push"
	if iid > 0 {
		source, ref = "merge_request_event", fmt.Sprintf("refs/merge-requests/%d/head", iid)
	}
	return s.start(&pipeline{iid: iid, sha: sha, ref: ref, source: source})
}

// AddMergedResultPipeline starts one for the merge request on another commit than its head: the one that merging would give.
func (s *Server) AddMergedResultPipeline(sha string, iid int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.notice(nil)
	return s.start(&pipeline{iid: iid, sha: sha, ref: fmt.Sprintf("refs/merge-requests/%d/merge", iid), source: "merge_request_event", result: true})
}

func (s *Server) start(p *pipeline) int {
	p.id, p.created = s.newID(), s.now()
	p.jobs = []*job{{id: s.newID(), name: "build", state: "running", by: s.users[0], created: s.now()}}
	s.pipelines = append(s.pipelines, p)
	return p.id
}

// Jobs tells "pipeline name state" of every job set by an API call, the oldest first.
func (s *Server) Jobs() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []string
	for _, p := range s.pipelines {
		for _, j := range p.jobs {
			if j.name != "build" {
				list = append(list, fmt.Sprintf("%d %s %s", p.id, j.name, j.state))
			}
		}
	}
	return list
}

// headPipeline is the newest one for the head: one for the merge request goes before one for its branch.
func (s *Server) headPipeline(m *mergeRequest) *pipeline {
	var branch *pipeline
	for _, p := range slices.Backward(s.pipelines) {
		if p.iid == m.iid && (p.sha == m.sha || p.result) {
			return p
		}
		if p.iid == 0 && p.sha == m.sha && p.ref == m.source && branch == nil {
			branch = p
		}
	}
	return branch
}

func (p *pipeline) status() string {
	worst, order := "success", []string{"success", "failed", "canceled", "pending", "running"}
	for _, j := range p.jobs {
		if !j.retried && slices.Index(order, j.state) > slices.Index(order, worst) {
			worst = j.state
		}
	}
	return worst
}

func (s *Server) pipelineJSON(p *pipeline) map[string]any {
	return map[string]any{"id": p.id, "iid": p.id, "project_id": projectID, "sha": p.sha, "ref": p.ref, "status": p.status(), "source": p.source,
		"created_at": p.created, "updated_at": p.created, "web_url": fmt.Sprintf("%s/%s/-/pipelines/%d", s.site, s.o.Path, p.id)}
}

func (s *Server) jobJSON(p *pipeline, j *job) map[string]any {
	return map[string]any{"id": j.id, "sha": p.sha, "ref": p.ref, "status": j.state, "name": j.name, "target_url": orNull(j.link), "description": orNull(j.description),
		"created_at": j.created, "started_at": j.started, "finished_at": j.finished, "allow_failure": false, "coverage": nil, "pipeline_id": p.id, "author": s.userJSON(j.by)}
}

func (s *Server) listStatuses(c *call) (int, any, error) {
	if !s.exists(c.PathValue("sha")) {
		return 0, nil, notFound("Commit")
	}
	list := []map[string]any{}
	for _, p := range s.pipelines {
		for _, j := range p.jobs {
			if p.sha != c.PathValue("sha") || j.name == "build" || j.retried && c.text("all") != "true" || c.has("name") && c.text("name") != j.name {
				continue
			}
			list = append(list, s.jobJSON(p, j))
		}
	}
	return 200, page(c, list), nil
}

func (s *Server) setStatus(c *call) (int, any, error) {
	sha := c.PathValue("sha")
	if !s.exists(sha) {
		return 0, nil, notFound("Commit")
	}
	if s.busy > 0 {
		s.busy--
		return 0, nil, refuse(http.StatusConflict, "Another update to this commit status is in progress")
	}
	for _, field := range []string{"description", "target_url", "ref"} {
		if len([]rune(c.text(field))) > 255 {
			return 0, nil, refuse(http.StatusBadRequest, "%s is too long (maximum is 255 characters)", field)
		}
	}
	p, err := s.pipelineFor(c, sha)
	if err != nil {
		return 0, nil, err
	}
	name := c.text("name")
	if name == "" {
		name = "default"
	}
	// A job that is done is never changed, and nobody's job but one's own.
	at := slices.IndexFunc(p.jobs, func(j *job) bool {
		return j.name == name && j.by == c.user && (j.state == "pending" || j.state == "running")
	})
	j := &job{name: name, state: "created", by: c.user, created: s.now()}
	if at >= 0 {
		j = p.jobs[at]
	}
	if err := j.become(c.text("state"), s.now()); err != nil {
		return 0, nil, err
	}
	j.description, j.link = c.text("description"), c.text("target_url")
	if at < 0 {
		for _, other := range p.jobs {
			other.retried = other.retried || other.name == name
		}
		j.id = s.newID()
		p.jobs = append(p.jobs, j)
	}
	return http.StatusCreated, s.jobJSON(p, j), nil
}

// pipelineFor finds the newest pipeline that fits, or makes an external one.
func (s *Server) pipelineFor(c *call, sha string) (*pipeline, error) {
	for _, p := range slices.Backward(s.pipelines) {
		if p.sha == sha && (!c.has("ref") || p.ref == c.text("ref")) && (!c.has("pipeline_id") || p.id == c.number("pipeline_id")) {
			return p, nil
		}
	}
	if c.has("pipeline_id") {
		return nil, notFound("Pipeline for pipeline_id, sha and ref")
	}
	ref := c.text("ref")
	if ref == "" {
		holding, err := s.git("for-each-ref", "--contains="+sha, "--format=%(refname:lstrip=2)", "refs/heads/")
		if err != nil {
			return nil, err
		}
		ref, _, _ = strings.Cut(holding, "\n")
	}
	if ref == "" {
		return nil, notFound("References for commit")
	}
	p := &pipeline{id: s.newID(), sha: sha, ref: ref, source: "external", created: s.now()}
	s.pipelines = append(s.pipelines, p)
	return p, nil
}

// become goes from one state to another, or says as GitLab does that this cannot be.
func (j *job) become(state string, now time.Time) error {
	events := map[string]struct {
		name string
		from []string
	}{
		"pending":  {"enqueue", []string{"created"}},
		"running":  {"run", []string{"created", "pending"}}, // enqueued on the way
		"success":  {"success", []string{"created", "pending", "running"}},
		"failed":   {"drop", []string{"created", "pending", "running"}},
		"canceled": {"cancel", []string{"created", "pending", "running"}},
		"skipped":  {"skip", []string{"created", "pending"}},
	}
	e, ok := events[state]
	if !ok {
		return refuse(http.StatusBadRequest, "state does not have a valid value")
	}
	if !slices.Contains(e.from, j.state) {
		return refuse(http.StatusBadRequest, "Cannot transition status via :%s from :%s (Reason(s): Status cannot transition via \"%s\")", e.name, j.state, e.name)
	}
	switch j.state = state; state {
	case "pending":
	case "running":
		j.started = &now
	default:
		j.finished = &now
	}
	return nil
}
