package fakegithub

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

type run struct {
	id                 int64
	app                *app
	name, sha          string
	status, conclusion string
	title, summary     string
	details            string
	started, completed time.Time
	actions            []action
}

type status struct {
	id                 int64
	by                 *user
	sha, context       string
	state, description string
	target             string
	made               time.Time
}

type action struct{ Label, Description, Identifier string }

// said is the body of a request that makes or changes a run.
type said struct {
	Name       string
	HeadSHA    string  `json:"head_sha"`
	DetailsURL *string `json:"details_url"`
	Status     string
	Conclusion string
	Completed  *time.Time `json:"completed_at"`
	Output     *struct{ Title, Summary string }
	Actions    []action
}

func unknownCommit(sha string) (int, any) {
	return fail(http.StatusUnprocessableEntity, "No commit found for SHA: "+sha)
}

func (c *call) createRun() (int, any) {
	var in said
	if !c.read(&in) {
		return fail(http.StatusBadRequest, "Problems parsing JSON")
	}
	switch {
	case c.who.app == nil:
		return fail(http.StatusForbidden, "You must authenticate via a GitHub App.")
	case !c.isCommit(in.HeadSHA):
		return unknownCommit(in.HeadSHA)
	}
	r := &run{id: c.next(), app: c.who.app, name: in.Name, sha: in.HeadSHA, status: "queued", started: c.clock()}
	if status, refused := c.change(r, in); refused != nil {
		return status, refused
	}
	c.runs = append(c.runs, r)
	return http.StatusCreated, c.run(r)
}

// change writes what was said about a run. That a completed one begins again is refused here: GitHub does not promise what it does then.
func (c *call) change(r *run, in said) (int, any) {
	if in.Conclusion != "" {
		in.Status = "completed"
	}
	if in.Status == "" {
		in.Status = r.status
	}
	switch {
	case in.Status == "completed" && in.Conclusion == "" && r.conclusion == "":
		return invalid("CheckRun", "conclusion", "missing_field", "")
	case r.status == "completed" && in.Status != "completed":
		return invalid("CheckRun", "status", "invalid", "")
	case in.Output != nil && (in.Output.Title == "" || in.Output.Summary == ""):
		return invalid("CheckRun", "output", "missing_field", "")
	case len(in.Actions) > 3 || slices.ContainsFunc(in.Actions, func(a action) bool {
		return len(a.Label) > 20 || len(a.Description) > 40 || len(a.Identifier) > 20
	}):
		return invalid("CheckRun", "actions", "invalid", "")
	}
	r.status = in.Status
	if in.Conclusion != "" {
		r.conclusion, r.completed = in.Conclusion, c.clock()
	}
	if in.Output != nil {
		r.title, r.summary = in.Output.Title, in.Output.Summary
	}
	r.offer(in.Actions)
	if in.DetailsURL != nil {
		r.details = *in.DetailsURL
	}
	return 0, nil
}

func (c *call) findRun() *run {
	for _, r := range c.runs {
		if r.id == c.number("id") {
			return r
		}
	}
	return nil
}

func (c *call) getRun() (int, any) {
	if r := c.findRun(); r != nil {
		return http.StatusOK, c.run(r)
	}
	return missing()
}

func (c *call) updateRun() (int, any) {
	var in said
	r := c.findRun()
	if r == nil || !c.read(&in) {
		return missing()
	}
	if c.who.app != r.app {
		return fail(http.StatusForbidden, "Invalid app_id. Check run can only be modified by the GitHub App that created it.")
	}
	if status, refused := c.change(r, in); refused != nil {
		return status, refused
	}
	return http.StatusOK, c.run(r)
}

func (c *call) run(r *run) any {
	at := c.at("check-runs/%d", r.id)
	return obj{"id": r.id, "node_id": fmt.Sprintf("CR_%d", r.id), "head_sha": r.sha, "external_id": "", "name": r.name, "url": at, "html_url": c.web("runs/%d", r.id),
		"details_url": or(r.details), "status": r.status, "conclusion": or(r.conclusion), "started_at": stamp(r.started), "completed_at": stamp(r.completed),
		"output":      obj{"title": or(r.title), "summary": or(r.summary), "text": nil, "annotations_count": 0, "annotations_url": at + "/annotations"},
		"check_suite": obj{"id": r.app.id}, "app": c.integration(r.app), "pull_requests": []any{}}
}

// latestRuns are the newest of each App and name.
func (s *Server) latestRuns(sha string) []*run {
	var list []*run
	for _, r := range slices.Backward(s.runs) {
		if r.sha == sha && !slices.ContainsFunc(list, func(o *run) bool { return o.app == r.app && o.name == r.name }) {
			list = append(list, r)
		}
	}
	return list
}

func (c *call) listRuns() (int, any) {
	sha := c.r.PathValue("ref")
	if !c.isCommit(sha) {
		return unknownCommit(sha)
	}
	q := c.r.URL.Query()
	list := slices.DeleteFunc(c.latestRuns(sha), func(r *run) bool {
		return q.Get("check_name") != "" && q.Get("check_name") != r.name || q.Get("app_id") != "" && q.Get("app_id") != fmt.Sprint(r.app.id)
	})
	return http.StatusOK, obj{"total_count": len(list), "check_runs": each(page(c, list), func(r *run) any { return c.run(r) })}
}

// A description has at most 140 characters, a context at most 1000 statuses.
func (c *call) createStatus() (int, any) {
	var in struct {
		State, Context, Description string
		Target                      string `json:"target_url"`
	}
	sha := c.r.PathValue("sha")
	if !c.read(&in) {
		return fail(http.StatusBadRequest, "Problems parsing JSON")
	}
	said := 0
	for _, o := range c.statuses {
		if o.sha == sha && strings.EqualFold(o.context, in.Context) {
			said++
		}
	}
	switch {
	case c.denied():
		return forbidden()
	case !c.isCommit(sha):
		return unknownCommit(sha)
	case len([]rune(in.Description)) > 140:
		return invalid("Status", "description", "custom", "description is too long (maximum is 140 characters)")
	case said >= 1000:
		return invalid("Status", "", "custom", "This SHA and context has reached the maximum number of statuses.")
	}
	st := &status{id: c.next(), by: c.who.user, sha: sha, context: in.Context, state: in.State, description: in.Description, target: in.Target, made: c.clock()}
	c.statuses = append(c.statuses, st)
	return http.StatusCreated, c.status(st)
}

func (c *call) status(s *status) any {
	return obj{"id": s.id, "node_id": fmt.Sprintf("S_%d", s.id), "url": c.at("statuses/%s", s.sha), "avatar_url": nil, "state": s.state, "context": s.context,
		"description": or(s.description), "target_url": or(s.target), "creator": c.user(s.by), "created_at": stamp(s.made), "updated_at": stamp(s.made)}
}

func (c *call) listStatuses() (int, any) {
	sha := c.r.PathValue("ref")
	var list []*status
	for _, s := range slices.Backward(c.statuses) {
		if s.sha == sha {
			list = append(list, s)
		}
	}
	return http.StatusOK, each(page(c, list), func(s *status) any { return c.status(s) })
}

// isGreen is how GitHub counts a required check: of the App that the rule names its last run, else everything that was last said.
func (s *Server) isGreen(sha string, want RequiredCheck) bool {
	green := false
	for _, r := range s.latestRuns(sha) {
		if r.name == want.Name && (want.App == 0 || r.app.id == want.App) {
			if green = r.status == "completed" && slices.Contains([]string{"success", "neutral", "skipped"}, r.conclusion); !green {
				return false
			}
		}
	}
	if want.App != 0 {
		return green
	}
	for _, st := range slices.Backward(s.statuses) {
		if st.sha == sha && strings.EqualFold(st.context, want.Name) {
			return st.state == "success"
		}
	}
	return green
}
