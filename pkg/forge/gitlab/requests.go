package gitlab

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	gl "github.com/xanzy/go-gitlab"

	"github.com/linnet-bot/linnet/pkg/forge"
)

// Open implements forge.MergeRequests.
func (f *Forge) Open(ctx context.Context, q forge.OpenRequest) (forge.MergeRequest, error) {
	title, err := sendTitle(q.Title, q.Draft)
	if err != nil {
		return forge.MergeRequest{}, err
	}
	if err := sendable("the description", q.Description); err != nil {
		return forge.MergeRequest{}, err
	}
	labels := gl.LabelOptions(slices.Clone(q.Labels))
	for _, label := range labels {
		if strings.Contains(label, ",") || strings.TrimSpace(label) != label || label == "" {
			return forge.MergeRequest{}, fmt.Errorf("open a merge request: GitLab has no label %q: it cannot be empty, have a comma or white space around it", label)
		}
	}
	source, err := f.mirror.Head(ctx, q.Source)
	if err != nil {
		return forge.MergeRequest{}, err
	}
	target, err := f.mirror.Head(ctx, q.Target)
	if err != nil {
		return forge.MergeRequest{}, err
	}
	// GitLab opens merge requests without a commit, too.
	if held, err := f.mirror.IsAncestor(ctx, source, target); err != nil {
		return forge.MergeRequest{}, err
	} else if held {
		return forge.MergeRequest{}, fmt.Errorf("open a merge request from %s to %s: %w", q.Source, q.Target, forge.ErrNoChange)
	}
	o := &gl.CreateMergeRequestOptions{Title: &title, Description: gl.Ptr(pack(q.Description)), SourceBranch: &q.Source, TargetBranch: &q.Target, RemoveSourceBranch: gl.Ptr(false)}
	if len(labels) > 0 {
		o.Labels = &labels
	}
	reviewers, err := f.members(ctx, q.Reviewers)
	if err != nil {
		return forge.MergeRequest{}, err
	}
	if len(reviewers) > 0 {
		o.ReviewerIDs = &reviewers
	}
	m, r, err := f.api.MergeRequests.CreateMergeRequest(f.o.Project, o, gl.WithContext(ctx))
	if err == nil {
		return f.whole(ctx, m)
	}
	if code(r) == http.StatusConflict {
		if openErr := f.open(ctx, q.Source, q.Target, 0); openErr != nil {
			return forge.MergeRequest{}, openErr
		}
	}
	return forge.MergeRequest{}, f.failed(ctx, fmt.Sprintf("open a merge request from %s to %s", q.Source, q.Target), r, err)
}

// open gives an *AlreadyOpenError when one other than the one given is open for the branches.
func (f *Forge) open(ctx context.Context, source, target string, but int) error {
	o := &gl.ListProjectMergeRequestsOptions{State: gl.Ptr("opened"), SourceBranch: &source, TargetBranch: &target}
	list, r, err := f.api.MergeRequests.ListProjectMergeRequests(f.o.Project, o, gl.WithContext(ctx))
	if err != nil {
		return f.failed(ctx, "look for the open merge request", r, err)
	}
	for _, m := range list {
		if m.IID != but && m.SourceProjectID == m.TargetProjectID {
			return &forge.AlreadyOpenError{Source: source, Target: target, Number: m.IID}
		}
	}
	return nil
}

// members gives the IDs of those names that are members and not this user.
func (f *Forge) members(ctx context.Context, names []string) ([]int, error) {
	me, err := f.self(ctx)
	if err != nil {
		return nil, err
	}
	var ids []int
	for _, name := range names {
		found, r, err := pages(func(o gl.ListOptions) ([]*gl.ProjectMember, *gl.Response, error) {
			return f.api.ProjectMembers.ListAllProjectMembers(f.o.Project, &gl.ListProjectMembersOptions{ListOptions: o, Query: &name}, gl.WithContext(ctx))
		})
		if err != nil {
			return nil, f.failed(ctx, "look for the reviewer "+name, r, err)
		}
		for _, member := range found {
			if member.Username == name && member.ID != me.ID && !slices.Contains(ids, member.ID) {
				ids = append(ids, member.ID)
			}
		}
	}
	return ids, nil
}

// Find implements forge.MergeRequests. GitLab does not list by prefix, so that those that are open are read, or everything.
func (f *Forge) Find(ctx context.Context, q forge.Query) ([]forge.MergeRequest, error) {
	var all []*gl.MergeRequest
	var r *gl.Response
	var err error
	if slices.Equal(q.States, []forge.State{forge.Open}) {
		o := gl.ListProjectMergeRequestsOptions{State: gl.Ptr("opened"), OrderBy: gl.Ptr("created_at"), Sort: gl.Ptr("asc")}
		if q.Target != "" {
			o.TargetBranch = &q.Target
		}
		all, r, err = pages(func(p gl.ListOptions) ([]*gl.MergeRequest, *gl.Response, error) {
			o := o
			o.ListOptions = p
			return f.api.MergeRequests.ListProjectMergeRequests(f.o.Project, &o, gl.WithContext(ctx))
		})
	} else {
		all, r, err = f.everything(ctx)
	}
	if err != nil {
		return nil, f.failed(ctx, "list the merge requests", r, err)
	}
	var found []forge.MergeRequest
	for _, m := range all {
		c := convert(m)
		if strings.HasPrefix(c.Source, q.SourcePrefix) && (q.Target == "" || c.Target == q.Target) && (len(q.States) == 0 || slices.Contains(q.States, c.State)) {
			found = append(found, c)
		}
	}
	slices.SortFunc(found, func(a, b forge.MergeRequest) int { return a.Number - b.Number })
	return slices.CompactFunc(found, func(a, b forge.MergeRequest) bool { return a.Number == b.Number }), nil
}

// Get implements forge.MergeRequests.
func (f *Forge) Get(ctx context.Context, number int) (forge.MergeRequest, error) {
	m, err := f.get(ctx, number)
	if err != nil {
		return forge.MergeRequest{}, err
	}
	return f.whole(ctx, m)
}

func (f *Forge) get(ctx context.Context, number int) (*gl.MergeRequest, error) {
	m, r, err := f.api.MergeRequests.GetMergeRequest(f.o.Project, number, nil, gl.WithContext(ctx))
	if err != nil {
		return nil, f.failed(ctx, fmt.Sprintf("read merge request !%d", number), r, err)
	}
	if isOpenAt(m, m.SHA) {
		f.mu.Lock()
		f.heads[m.SHA] = number
		f.mu.Unlock()
	}
	return m, nil
}

// convert gives what one answer holds: all but Mergeability and Approvals.
func convert(m *gl.MergeRequest) forge.MergeRequest {
	draft := m.Draft || m.WorkInProgress
	c := forge.MergeRequest{Number: m.IID, URL: m.WebURL, Title: readTitle(m.Title, draft), Description: unpack(m.Description), Source: m.SourceBranch,
		Target: m.TargetBranch, State: forge.Open, Draft: draft, Labels: slices.Sorted(slices.Values(m.Labels)), Author: basicUser(m.Author),
		Fork: m.SourceProjectID != m.TargetProjectID, Head: m.SHA, Opened: at(m.CreatedAt), Updated: at(m.UpdatedAt)}
	for _, u := range m.Reviewers {
		c.Reviewers = append(c.Reviewers, u.Username)
	}
	slices.Sort(c.Reviewers)
	switch m.State {
	case "merged":
		c.State, c.Done, c.MergedBy = forge.Merged, at(m.MergedAt), basicUser(m.MergedBy)
		// A fast-forward has no commit of its own.
		for _, sha := range []string{m.MergeCommitSHA, m.SquashCommitSHA, m.SHA} {
			if c.MergeSHA == "" {
				c.MergeSHA = sha
			}
		}
	case "closed":
		c.State, c.Done = forge.Closed, at(m.ClosedAt)
	}
	return c
}

func at(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

// whole adds what other answers hold. GitLab works on a push a moment after Git has it: until then Git has the head, and whatever GitLab says of the older one does not count.
func (f *Forge) whole(ctx context.Context, m *gl.MergeRequest) (forge.MergeRequest, error) {
	c := convert(m)
	behind, gone := false, false
	if c.State == forge.Open && !c.Fork {
		head, err := f.mirror.Head(ctx, c.Source)
		switch {
		case errors.Is(err, forge.ErrNotFound):
			gone = true
		case err != nil:
			return forge.MergeRequest{}, err
		default:
			behind = head != c.Head
			c.Head = head
		}
	}
	var held []forge.Reason
	var err error
	if c.Approvals, held, err = f.approvals(ctx, c, behind || gone); err != nil {
		return forge.MergeRequest{}, err
	}
	missing, err := f.missingChecks(ctx, c, m, behind || gone)
	if err != nil {
		return forge.MergeRequest{}, err
	}
	c.Mergeability = mergeability(m.DetailedMergeStatus, c, append(held, missing...))
	switch {
	case gone:
		c.Mergeability = forge.Mergeability{Readiness: forge.Blocked, Reasons: []forge.Reason{{Kind: forge.ReasonPolicy, Text: "its source branch is gone"}}}
	case behind:
		c.Mergeability = forge.Mergeability{} // not worked out yet
	}
	return c, nil
}

// Update implements forge.MergeRequests.
func (f *Forge) Update(ctx context.Context, number int, u forge.Update) (forge.MergeRequest, error) {
	m, err := f.get(ctx, number)
	if err != nil {
		return forge.MergeRequest{}, err
	}
	is := convert(m)
	o := &gl.UpdateMergeRequestOptions{}
	title, draft := is.Title, is.Draft
	if u.Title != nil {
		title = *u.Title
	}
	if u.Draft != nil && is.State == forge.Open {
		draft = *u.Draft
	}
	if title != is.Title || draft != is.Draft {
		sent, err := sendTitle(title, draft)
		if err != nil {
			return forge.MergeRequest{}, err
		}
		o.Title = &sent
	}
	if u.Description != nil && *u.Description != is.Description {
		if err := sendable("the description", *u.Description); err != nil {
			return forge.MergeRequest{}, err
		}
		o.Description = gl.Ptr(pack(*u.Description))
	}
	if o.Title == nil && o.Description == nil {
		return f.whole(ctx, m)
	}
	return f.update(ctx, number, "change", o)
}

func (f *Forge) update(ctx context.Context, number int, what string, o *gl.UpdateMergeRequestOptions) (forge.MergeRequest, error) {
	m, r, err := f.api.MergeRequests.UpdateMergeRequest(f.o.Project, number, o, gl.WithContext(ctx))
	if err != nil {
		return forge.MergeRequest{}, f.failed(ctx, fmt.Sprintf("%s merge request !%d", what, number), r, err)
	}
	return f.whole(ctx, m)
}

// Close implements forge.MergeRequests.
func (f *Forge) Close(ctx context.Context, number int) error {
	return f.turn(ctx, number, "close", forge.Closed)
}

// Reopen implements forge.MergeRequests. GitLab reopens one whose branch is gone, and closes it again later.
func (f *Forge) Reopen(ctx context.Context, number int) error {
	return f.turn(ctx, number, "reopen", forge.Open)
}

func (f *Forge) turn(ctx context.Context, number int, event string, to forge.State) error {
	m, err := f.get(ctx, number)
	if err != nil {
		return err
	}
	is := convert(m)
	if is.State == forge.Merged {
		return &forge.AlreadyMergedError{Number: number, SHA: is.MergeSHA}
	}
	if is.State == to {
		return nil
	}
	if to == forge.Open {
		if _, err := f.mirror.Head(ctx, is.Source); err != nil {
			return fmt.Errorf("reopen merge request !%d: %w", number, err)
		}
		if err := f.open(ctx, is.Source, is.Target, number); err != nil {
			return err
		}
	}
	now, err := f.update(ctx, number, event, &gl.UpdateMergeRequestOptions{StateEvent: &event})
	if err != nil {
		return err
	}
	switch now.State {
	case to:
		return nil
	case forge.Merged:
		return &forge.AlreadyMergedError{Number: number, SHA: now.MergeSHA}
	}
	return fmt.Errorf("%s merge request !%d: GitLab left it %s: look at it there", event, number, now.State)
}
