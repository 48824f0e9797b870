package gitlab

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	gl "github.com/xanzy/go-gitlab"

	"github.com/linnet-bot/linnet/pkg/forge"
)

// statuses explains GitLab's detailed_merge_status. GitLab names one thing in the way, the first in its own order.
var statuses = map[string]forge.Reason{
	"draft_status":                    {Kind: forge.ReasonDraft, Text: "it is a draft"},
	"not_open":                        {Kind: forge.ReasonNotOpen, Text: "it is not open"},
	"conflict":                        {Kind: forge.ReasonConflict, Text: "the branches conflict"},
	"broken_status":                   {Kind: forge.ReasonConflict, Text: "the branches conflict, or one of them is gone"},
	"commits_status":                  {Kind: forge.ReasonNoChange, Text: "the source branch is gone, or holds no commit that the target lacks"},
	"not_approved":                    {Kind: forge.ReasonApprovals, Text: "approvals are missing"},
	"approvals_syncing":               {Kind: forge.ReasonApprovals, Text: "approvals are being counted"},
	"requested_changes":               {Kind: forge.ReasonApprovals, Text: "a reviewer requested changes"},
	"ci_must_pass":                    {Kind: forge.ReasonChecks, Text: "its pipeline must succeed"},
	"ci_still_running":                {Kind: forge.ReasonChecks, Text: "its pipeline is still running"},
	"status_checks_must_pass":         {Kind: forge.ReasonChecks, Text: "external status checks must pass"},
	"external_status_checks":          {Kind: forge.ReasonChecks, Text: "external status checks must pass"},
	"discussions_not_resolved":        {Kind: forge.ReasonPolicy, Text: "discussions must be resolved"},
	"need_rebase":                     {Kind: forge.ReasonPolicy, Text: "the source branch must hold all of the target: merge or rebase it, or set the project's merge method to \"Merge commit\""},
	"blocked_status":                  {Kind: forge.ReasonPolicy, Text: "another merge request must be merged before"},
	"merge_request_blocked":           {Kind: forge.ReasonPolicy, Text: "another merge request must be merged before"},
	"jira_association_missing":        {Kind: forge.ReasonPolicy, Text: "its title or description must name a Jira issue"},
	"security_policy_violations":      {Kind: forge.ReasonPolicy, Text: "a security policy is violated"},
	"security_policy_pipeline_check":  {Kind: forge.ReasonPolicy, Text: "the pipelines of the security policies must succeed"},
	"policies_denied":                 {Kind: forge.ReasonPolicy, Text: "a license or security policy denies it"},
	"locked_paths":                    {Kind: forge.ReasonPolicy, Text: "somebody else locked one of its files"},
	"locked_lfs_files":                {Kind: forge.ReasonPolicy, Text: "somebody else locked one of its LFS files"},
	"merge_time":                      {Kind: forge.ReasonPolicy, Text: "it may be merged only after a time that is set on it"},
	"title_regex":                     {Kind: forge.ReasonPolicy, Text: "its title is not as the project wants it"},
	"title_not_matching":              {Kind: forge.ReasonPolicy, Text: "its title is not as the project wants it"},
	"mergeability_checks_not_allowed": {Kind: forge.ReasonPolicy, Text: "GitLab does not allow to check it"},
}

var reasonOrder = []forge.ReasonKind{forge.ReasonNotOpen, forge.ReasonDraft, forge.ReasonConflict, forge.ReasonNoChange, forge.ReasonApprovals, forge.ReasonChecks, forge.ReasonPolicy}

// mergeability joins GitLab's word with what else stands in the way.
func mergeability(status string, c forge.MergeRequest, more []forge.Reason) forge.Mergeability {
	if c.State != forge.Open {
		return forge.Mergeability{Readiness: forge.Blocked, Reasons: []forge.Reason{{Kind: forge.ReasonNotOpen, Text: "it is " + string(c.State)}}}
	}
	m := forge.Mergeability{Reasons: slices.Clone(more)}
	reason, known := statuses[status]
	switch {
	case known:
		m.Reasons = append([]forge.Reason{reason}, m.Reasons...)
	case status == "mergeable" && len(more) == 0:
		m.Readiness = forge.Ready
	case slices.Contains([]string{"mergeable", "", "checking", "unchecked", "preparing"}, status):
	default:
		m.Reasons = append(m.Reasons, forge.Reason{Kind: forge.ReasonPolicy, Text: fmt.Sprintf("GitLab says %q", status)})
	}
	if len(m.Reasons) > 0 {
		m.Readiness = forge.Blocked
		slices.SortStableFunc(m.Reasons, func(a, b forge.Reason) int {
			return slices.Index(reasonOrder, a.Kind) - slices.Index(reasonOrder, b.Kind)
		})
	}
	return m
}

// missingChecks are the required ones that are not green on the head by this user. The merge request tells its head pipeline, but one that lags tells that of
// another head.
func (f *Forge) missingChecks(ctx context.Context, c forge.MergeRequest, m *gl.MergeRequest, lags bool) ([]forge.Reason, error) {
	if c.State != forge.Open || len(f.o.RequiredChecks) == 0 {
		return nil, nil
	}
	me, err := f.Me(ctx)
	if err != nil {
		return nil, err
	}
	var list []forge.Check
	if lags || c.Fork {
		list, err = f.Checks(ctx, c.Head)
	} else {
		list, err = f.checksBeside(ctx, c.Head, m.HeadPipeline)
	}
	if err != nil {
		return nil, err
	}
	var missing []forge.Reason
	for _, name := range f.o.RequiredChecks {
		i := slices.IndexFunc(list, func(k forge.Check) bool { return k.Name == name && k.By.ID == me.ID })
		switch {
		case i < 0:
			missing = append(missing, forge.Reason{Kind: forge.ReasonChecks, Text: fmt.Sprintf("the check %s was not set by %s", name, me.Name)})
		case list[i].State != forge.Success:
			missing = append(missing, forge.Reason{Kind: forge.ReasonChecks, Text: fmt.Sprintf("the check %s is %s", name, list[i].State)})
		}
	}
	return missing, nil
}

// approvals reads who approved. GitLab does not say which commit; where a push removes approvals, those that are there are for the head that GitLab
// knows, and elsewhere they say nothing.
func (f *Forge) approvals(ctx context.Context, c forge.MergeRequest, behind bool) (forge.Approvals, []forge.Reason, error) {
	request, err := f.api.NewRequest(http.MethodGet, fmt.Sprintf("projects/%s/merge_requests/%d/approvals", gl.PathEscape(f.o.Project), c.Number), nil, []gl.RequestOptionFunc{gl.WithContext(ctx)})
	if err != nil {
		return forge.Approvals{}, nil, err
	}
	var answer struct {
		Required int `json:"approvals_required"`
		By       []struct {
			User *gl.BasicUser `json:"user"`
			At   time.Time     `json:"approved_at"`
		} `json:"approved_by"`
	}
	if r, err := f.api.Do(request, &answer); err != nil {
		return forge.Approvals{}, nil, f.failed(ctx, fmt.Sprintf("read the approvals of merge request !%d", c.Number), r, err)
	}
	a := forge.Approvals{Required: answer.Required}
	if behind || answer.Required == 0 && len(answer.By) == 0 {
		return a, nil, nil
	}
	resets, err := f.pushResets(ctx)
	if err != nil {
		return forge.Approvals{}, nil, err
	}
	if !resets {
		if answer.Required == 0 {
			return a, nil, nil
		}
		return a, []forge.Reason{{Kind: forge.ReasonApprovals, Text: "the project keeps approvals after a push, so that they do not say which commit was approved: " +
			"set \"When a commit is added: Remove all approvals\" in its merge request approvals"}}, nil
	}
	for _, by := range answer.By {
		a.Given = append(a.Given, forge.Approval{By: basicUser(by.User), Head: c.Head, At: by.At})
	}
	slices.SortStableFunc(a.Given, func(a, b forge.Approval) int { return a.At.Compare(b.At) })
	return a, nil, nil
}

// pushResets is whether a push removes approvals. Where GitLab does not tell (Free, or too low a role) it is taken not to.
func (f *Forge) pushResets(ctx context.Context) (bool, error) {
	settings, r, err := f.api.Projects.GetApprovalConfiguration(f.o.Project, gl.WithContext(ctx))
	if err == nil {
		return settings.ResetApprovalsOnPush, nil
	}
	if err = f.failed(ctx, "read the approval settings", r, err); errors.Is(err, forge.ErrNotFound) || errors.Is(err, forge.ErrForbidden) {
		return false, nil
	}
	return false, err
}
