package stories

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/linnet-bot/linnet/internal/threeway"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// look brings a merge request up to what Git says: one whose branch is gone is closed, one whose head is in the target is merged.
func (m *memory) look(r *request) {
	if r.State != forge.Open {
		return
	}
	head, err := m.head(r.Source)
	if err != nil {
		r.State, r.Done, r.Updated = forge.Closed, m.now(), m.now()
		return
	}
	if head != r.Head {
		r.Head, r.Updated = head, m.now()
	}
	target := m.branches[r.Target]
	if target == r.base || !m.isAncestor(head, target) || m.isAncestor(head, r.base) {
		return
	}
	r.State, r.Done, r.Updated = forge.Merged, m.now(), m.now()
	for r.MergeSHA = target; ; {
		parents := m.commits[r.MergeSHA].Parents
		if len(parents) == 0 || !m.isAncestor(head, parents[0]) {
			return
		}
		r.MergeSHA = parents[0]
	}
}

func (m *memory) request(number int) (*request, error) {
	if number < 1 || number > len(m.requests) {
		return nil, fmt.Errorf("merge request !%d: %w", number, forge.ErrNotFound)
	}
	r := m.requests[number-1]
	m.look(r)
	return r, nil
}

// oneLine refuses what a title cannot be.
func oneLine(text string) error {
	if strings.TrimSpace(text) == "" || strings.ContainsAny(text, "\r\n") {
		return fmt.Errorf("%q is not one line of text", text)
	}
	return nil
}

// names are sorted and each is there once.
func names(all []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(all)))
}

func (u user) Open(ctx context.Context, o forge.OpenRequest) (forge.MergeRequest, error) {
	if err := oneLine(o.Title); err != nil {
		return forge.MergeRequest{}, err
	}
	head, err := u.head(o.Source)
	if err != nil {
		return forge.MergeRequest{}, err
	}
	base, err := u.head(o.Target)
	if err != nil {
		return forge.MergeRequest{}, err
	}
	if err := u.refuseSecond(o.Source, o.Target); err != nil {
		return forge.MergeRequest{}, err
	}
	if u.isAncestor(head, base) {
		return forge.MergeRequest{}, fmt.Errorf("open a merge request from %s: %w", o.Source, forge.ErrNoChange)
	}
	now := u.now()
	r := &request{base: base, MergeRequest: forge.MergeRequest{
		Number: len(u.requests) + 1, Title: o.Title, Description: o.Description, Source: o.Source, Target: o.Target, State: forge.Open, Draft: o.Draft,
		Labels: names(o.Labels), Reviewers: slices.DeleteFunc(names(o.Reviewers), func(name string) bool { return name == u.who }), Author: named(u.who), Head: head, Opened: now, Updated: now,
	}}
	u.memory.requests = append(u.requests, r)
	return u.Get(ctx, r.Number)
}

func (m *memory) refuseSecond(source, target string) error {
	for _, r := range m.requests {
		if m.look(r); r.State == forge.Open && r.Source == source && r.Target == target {
			return &forge.AlreadyOpenError{Source: source, Target: target, Number: r.Number}
		}
	}
	return nil
}

func (u user) Find(_ context.Context, q forge.Query) ([]forge.MergeRequest, error) {
	var all []forge.MergeRequest
	for _, r := range u.requests {
		u.look(r)
		if strings.HasPrefix(r.Source, q.SourcePrefix) && (q.Target == "" || q.Target == r.Target) && (len(q.States) == 0 || slices.Contains(q.States, r.State)) {
			found := r.MergeRequest
			found.Mergeability, found.Approvals = forge.Mergeability{}, forge.Approvals{}
			all = append(all, found)
		}
	}
	return all, nil
}

func (u user) Get(_ context.Context, number int) (forge.MergeRequest, error) {
	r, err := u.request(number)
	if err != nil {
		return forge.MergeRequest{}, err
	}
	full := r.MergeRequest
	full.Approvals.Given = slices.DeleteFunc(slices.Clone(full.Approvals.Given), func(a forge.Approval) bool { return a.Head != full.Head })
	full.Approvals.Required = u.approved
	full.Mergeability = forge.Mergeability{Readiness: forge.Ready, Reasons: u.reasons(r)}
	if len(full.Mergeability.Reasons) > 0 {
		full.Mergeability.Readiness = forge.Blocked
	}
	return full, nil
}

// merged is what merging theirs into ours gives, or the files that conflict.
func (m *memory) merged(ours, theirs string) (tree.Tree, []string) {
	base, err := user{memory: m}.MergeBase(context.Background(), ours, theirs)
	if err != nil {
		return tree.Tree{}, []string{"everything"}
	}
	b, o, t := m.commits[base].files, m.commits[ours].files, m.commits[theirs].files
	var conflicts []string
	var changes []tree.Change
	for _, c := range b.Changes(t) {
		was, had := b.Read(c.Path)
		is, has := o.Read(c.Path)
		switch {
		case had == has && string(was) == string(is):
			changes = append(changes, c)
		case has == !c.Delete && string(is) == string(c.Content):
		case !had || !has || c.Delete:
			conflicts = append(conflicts, c.Path)
		default:
			text, clean := threeway.Lines(was, is, c.Content)
			if !clean {
				conflicts = append(conflicts, c.Path)
				continue
			}
			changes = append(changes, tree.Change{Path: c.Path, Content: text})
		}
	}
	for _, name := range conflicts {
		changes = append(changes, tree.Change{Path: name, Delete: true})
	}
	result := o.With(changes...)
	if name, ok := clash(result); ok {
		conflicts = append(conflicts, name)
	}
	if len(conflicts) > 0 {
		slices.Sort(conflicts)
		return tree.Tree{}, conflicts
	}
	return result, nil
}

func (u user) Update(ctx context.Context, number int, n forge.Update) (forge.MergeRequest, error) {
	if n.Title != nil {
		if err := oneLine(*n.Title); err != nil {
			return forge.MergeRequest{}, err
		}
	}
	r, err := u.request(number)
	if err != nil {
		return forge.MergeRequest{}, err
	}
	was := r.MergeRequest
	if n.Title != nil {
		r.Title = *n.Title
	}
	if n.Description != nil {
		r.Description = *n.Description
	}
	if n.Draft != nil && r.State == forge.Open {
		r.Draft = *n.Draft
	}
	if r.Title != was.Title || r.Description != was.Description || r.Draft != was.Draft {
		r.Updated = u.now()
	}
	return u.Get(ctx, number)
}

func (u user) Preview(_ context.Context, number int) (forge.Preview, error) {
	r, err := u.request(number)
	if err != nil {
		return forge.Preview{}, err
	}
	if r.State != forge.Open {
		return forge.Preview{}, &forge.NotMergeableError{Number: number, Reasons: u.reasons(r)[:1]}
	}
	target, err := u.head(r.Target)
	if err != nil {
		return forge.Preview{}, err
	}
	files, conflicts := u.merged(target, r.Head)
	if len(conflicts) > 0 {
		return forge.Preview{}, &forge.NotMergeableError{Number: number, Reasons: []forge.Reason{conflict(r, conflicts)}}
	}
	return forge.Preview{Head: r.Head, Target: target, Tree: files}, nil
}

func (u user) Merge(_ context.Context, number int, o forge.MergeOptions) (forge.MergeResult, error) {
	if o.Method != "" && o.Method != forge.MergeCommit {
		return forge.MergeResult{}, fmt.Errorf("merge !%d: the forge in memory makes merge commits only: %w", number, errors.ErrUnsupported)
	}
	r, err := u.request(number)
	switch {
	case err != nil:
		return forge.MergeResult{}, err
	case r.State == forge.Merged:
		return forge.MergeResult{}, &forge.AlreadyMergedError{Number: number, SHA: r.MergeSHA}
	case r.Head != o.Head:
		return forge.MergeResult{}, &forge.HeadMovedError{Branch: r.Source, Want: o.Head, Got: r.Head}
	}
	if reasons := u.reasons(r); len(reasons) > 0 {
		return forge.MergeResult{}, &forge.NotMergeableError{Number: number, Reasons: reasons}
	}
	if o.Message == "" {
		o.Message = forge.Message(fmt.Sprintf("Merge branch '%s' into '%s'", r.Source, r.Target), fmt.Sprintf("%s\n\nMerge request !%d", r.Title, number))
	}
	u.bring(r, o.Message)
	return forge.MergeResult{SHA: r.MergeSHA}, nil
}

// force merges whatever the rules of the project say.
func (u user) force(number int) error {
	r, err := u.request(number)
	if err != nil {
		return err
	}
	approved, gated := u.approved, u.gated
	u.memory.approved, u.memory.gated = 0, false
	defer func() { u.memory.approved, u.memory.gated = approved, gated }()
	_, err = u.Merge(ctx, number, forge.MergeOptions{Head: r.Head, Message: "Merge by force\n"})
	return err
}

func (u user) bring(r *request, message string) {
	target := u.branches[r.Target]
	files, _ := u.merged(target, r.Head)
	sha := u.store(forge.Commit{Parents: []string{target, r.Head}, Message: message, Author: u.who}, files)
	u.branches[r.Target] = sha
	r.State, r.MergeSHA, r.MergedBy, r.Done, r.Updated = forge.Merged, sha, named(u.who), u.now(), u.now()
}

func (u user) Close(_ context.Context, number int) error {
	r, err := u.request(number)
	switch {
	case err != nil:
		return err
	case r.State == forge.Merged:
		return &forge.AlreadyMergedError{Number: number, SHA: r.MergeSHA}
	case r.State == forge.Open:
		r.State, r.Done, r.Updated = forge.Closed, u.now(), u.now()
	}
	return nil
}

func (u user) Reopen(_ context.Context, number int) error {
	r, err := u.request(number)
	switch {
	case err != nil:
		return err
	case r.State == forge.Merged:
		return &forge.AlreadyMergedError{Number: number, SHA: r.MergeSHA}
	case r.State == forge.Open:
		return nil
	}
	head, err := u.head(r.Source)
	if err != nil {
		return err
	}
	if err := u.refuseSecond(r.Source, r.Target); err != nil {
		return err
	}
	r.Head, r.State, r.Done, r.Updated = head, forge.Open, time.Time{}, u.now()
	return nil
}
