package gitlab

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	gl "github.com/xanzy/go-gitlab"

	"github.com/linnet-bot/linnet/pkg/doctor"
	"github.com/linnet-bot/linnet/pkg/forge"
)

// Examine gathers what package doctor judges, for merge requests that aim at branch and are merged by method. It only reads. What cannot be seen is said so
// in the facts, so that there is no error.
func (f *Forge) Examine(ctx context.Context, branch string, method forge.Method) doctor.GitLab {
	e := &examination{forge: f, branch: branch}
	e.token(ctx)
	me, err := f.self(ctx)
	if err != nil {
		e.facts.Me = doctor.Unseen[doctor.Account](err.Error(), "")
	} else {
		e.facts.Me = doctor.Seen(doctor.Account{ID: me.ID, Name: me.Username, Bot: me.Bot || botName.MatchString(me.Username), Admin: me.IsAdmin})
		e.version(ctx)
		e.project(ctx, method)
	}
	if e.facts.Me.Seen && !e.facts.Hidden {
		e.level(ctx, me.ID)
		e.protection(ctx)
		e.approvals(ctx)
		e.hooks(ctx)
	}
	if !e.facts.Skew.Seen {
		e.facts.Skew = doctor.Unseen[time.Duration]("GitLab has not answered", "")
	}
	return e.facts
}

// examination is one while it goes on.
type examination struct {
	forge  *Forge
	branch string
	facts  doctor.GitLab
}

// get reads something that the client library decodes in part only, and learns the time from the first answer.
func (e *examination) get(ctx context.Context, at string, into any, page ...gl.ListOptions) (int, error) {
	var query any
	if len(page) > 0 {
		query = page[0]
	}
	request, err := e.forge.api.NewRequest(http.MethodGet, at, query, []gl.RequestOptionFunc{gl.WithContext(ctx)})
	if err != nil {
		return 0, err
	}
	asked := e.forge.o.Now()
	response, err := e.forge.api.Do(request, into)
	if response != nil && response.Response != nil && !e.facts.Skew.Seen {
		if date, parseErr := http.ParseTime(response.Header.Get("Date")); parseErr == nil {
			e.facts.Skew = doctor.Seen(doctor.Skew(date, asked, e.forge.o.Now()))
		}
	}
	return code(response), e.why(ctx, err, code(response))
}

// refusal is why something was not seen.
type refusal string

func (r refusal) Error() string { return string(r) }

// why is an error without what was tried, which the finding says.
func (e *examination) why(ctx context.Context, err error, code int) error {
	var where *url.Error
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case code == http.StatusNotFound:
		return refusal("GitLab does not know it, or does not show it to the bot")
	case code == http.StatusForbidden:
		return refusal("GitLab does not show it to the bot's role")
	case code == http.StatusUnauthorized:
		return refusal("GitLab does not show it to this token")
	case code != 0:
		return refusal("GitLab answers " + strconv.Itoa(code) + ": " + said(err))
	case errors.As(err, &where): // it repeats the URL
		return where.Err
	}
	return err
}

// at is the address of something of the project.
func (e *examination) at(what string) string {
	return "projects/" + gl.PathEscape(e.forge.o.Project) + what
}

func (e *examination) token(ctx context.Context) {
	var t struct {
		Scopes  []string `json:"scopes"`
		Revoked bool     `json:"revoked"`
		Active  *bool    `json:"active"`
		Ends    string   `json:"expires_at"` // a date
	}
	if _, err := e.get(ctx, "personal_access_tokens/self", &t); err != nil {
		e.facts.Token = doctor.Unseen[doctor.AccessToken](err.Error(), "only personal, project and group access tokens tell of themselves")
		return
	}
	found := doctor.AccessToken{Scopes: t.Scopes, Dead: t.Revoked || t.Active != nil && !*t.Active}
	if t.Ends != "" {
		var err error
		if found.Ends, err = time.Parse(time.DateOnly, t.Ends[:min(len(t.Ends), len(time.DateOnly))]); err != nil {
			e.facts.Token = doctor.Unseen[doctor.AccessToken]("it tells its end in a way that is not known", "the token's own page shows it")
			return
		}
	}
	e.facts.Token = doctor.Seen(found)
}

func (e *examination) version(ctx context.Context) {
	var v struct {
		Version string `json:"version"`
	}
	status, err := e.get(ctx, "metadata", &v)
	if status == http.StatusNotFound { // before 15.2
		_, err = e.get(ctx, "version", &v)
	}
	if err != nil {
		e.facts.Version = doctor.Unseen[string](err.Error(), "its page Help shows it")
		return
	}
	e.facts.Version = doctor.Seen(v.Version)
}

func (e *examination) project(ctx context.Context, method forge.Method) {
	var raw json.RawMessage
	status, err := e.get(ctx, e.at(""), &raw)
	var p gl.Project
	var told struct {
		Pipelines *bool   `json:"only_allow_merge_if_pipeline_succeeds"`
		Method    *string `json:"merge_method"`
	}
	if err == nil {
		err = json.Unmarshal(raw, &p)
	}
	if err == nil {
		err = json.Unmarshal(raw, &told)
	}
	const right = "the settings of the project, at Merge requests, show it"
	switch {
	case err != nil:
		e.facts.Hidden = status == http.StatusNotFound
		e.facts.Project = doctor.Unseen[doctor.Project](err.Error(), right)
		return
	case told.Pipelines == nil || told.Method == nil:
		e.facts.Project = doctor.Unseen[doctor.Project]("GitLab does not show it to the bot", right)
		return
	}
	found := doctor.Project{Pipelines: *told.Pipelines, Skipped: p.AllowMergeOnSkippedPipeline, Trains: p.MergeTrainsEnabled}
	for _, r := range unlike(&p, method) {
		found.Refuses = r.Text
	}
	e.facts.Project = doctor.Seen(found)
}

// level reads the role, those of groups above the project included.
func (e *examination) level(ctx context.Context, me int) {
	var m struct {
		Level int `json:"access_level"`
	}
	switch status, err := e.get(ctx, e.at("/members/all/"+strconv.Itoa(me)), &m); {
	case status == http.StatusNotFound:
		e.facts.Level = doctor.Seen(0)
	case err != nil:
		e.facts.Level = doctor.Unseen[int](err.Error(), "")
	default:
		e.facts.Level = doctor.Seen(m.Level)
	}
}

// protection reads the branch as everybody sees it, and the list that some versions show to Maintainers only.
func (e *examination) protection(ctx context.Context) {
	var b struct {
		Protected bool  `json:"protected"`
		Push      *bool `json:"can_push"`
	}
	switch status, err := e.get(ctx, e.at("/repository/branches/"+url.PathEscape(e.branch)), &b); {
	case status == http.StatusNotFound:
		e.facts.Branch = doctor.Seen(doctor.ProjectBranch{})
	case err != nil:
		e.facts.Branch = doctor.Unseen[doctor.ProjectBranch](err.Error(), "the role Developer")
	case b.Push == nil:
		e.facts.Branch = doctor.Unseen[doctor.ProjectBranch]("GitLab does not tell whether the bot may push", "the settings of the project, at Repository, show it")
	default:
		e.facts.Branch = doctor.Seen(doctor.ProjectBranch{Exists: true, Protected: b.Protected, Push: *b.Push})
	}
	const right = "the role Maintainer, or the settings of the project, at Repository, show it"
	list, r, err := pages(func(o gl.ListOptions) ([]*gl.ProtectedBranch, *gl.Response, error) {
		return e.forge.api.ProtectedBranches.ListProtectedBranches(e.forge.o.Project, &gl.ListProtectedBranchesOptions{ListOptions: o}, gl.WithContext(ctx))
	})
	if err != nil {
		why := e.why(ctx, err, code(r)).Error()
		e.facts.Protected, e.facts.Mergers = doctor.Unseen[[]string](why, right), doctor.Unseen[[]doctor.Access](why, right)
		return
	}
	var names []string
	mergers := []doctor.Access{}
	for _, p := range list {
		names = append(names, p.Name)
		if !doctor.Covers(p.Name, e.branch) {
			continue
		}
		for _, a := range p.MergeAccessLevels {
			mergers = append(mergers, doctor.Access{Level: int(a.AccessLevel), User: a.UserID, Group: a.GroupID != 0})
		}
	}
	e.facts.Protected, e.facts.Mergers = doctor.Seen(names), doctor.Seen(mergers)
}

// approvals reads the rules. Where the project is seen and its rules are not, this GitLab has none: Free.
func (e *examination) approvals(ctx context.Context) {
	rules, r, err := pages(func(o gl.ListOptions) ([]*gl.ProjectApprovalRule, *gl.Response, error) {
		return e.forge.api.Projects.GetProjectApprovalRules(e.forge.o.Project, (*gl.GetProjectApprovalRulesListsOptions)(&o), gl.WithContext(ctx))
	})
	if code(r) == http.StatusNotFound {
		e.facts.NoApprovalRules = true
		return
	}
	if err != nil {
		e.facts.Approvals = doctor.Unseen[int](e.why(ctx, err, code(r)).Error(), "the settings of the project, at Merge requests, show it")
		return
	}
	most := 0
	for _, rule := range rules {
		applies := len(rule.ProtectedBranches) == 0 || rule.AppliesToAllProtectedBranches
		for _, b := range rule.ProtectedBranches {
			applies = applies || doctor.Covers(b.Name, e.branch)
		}
		if applies {
			most = max(most, rule.ApprovalsRequired)
		}
	}
	e.facts.Approvals = doctor.Seen(most)
}

// eventNames are the switches of a webhook, without "_events".
func eventNames(hook map[string]any) []string {
	var names []string
	for name, on := range hook {
		if event, ok := strings.CutSuffix(name, "_events"); ok && on == true {
			names = append(names, event)
		}
	}
	return names
}
