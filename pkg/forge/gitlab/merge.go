package gitlab

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	gl "github.com/xanzy/go-gitlab"

	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/forge/mirror"
)

// Preview implements forge.MergeRequests; the merge is made here.
func (f *Forge) Preview(ctx context.Context, number int) (forge.Preview, error) {
	m, err := f.get(ctx, number)
	if err != nil {
		return forge.Preview{}, err
	}
	c := convert(m)
	if c.State != forge.Open {
		return forge.Preview{}, &forge.NotMergeableError{Number: number, Reasons: []forge.Reason{{Kind: forge.ReasonNotOpen, Text: "it is " + string(c.State)}}}
	}
	if c.Fork {
		return forge.Preview{}, &forge.NotMergeableError{Number: number, Reasons: []forge.Reason{{Kind: forge.ReasonPolicy, Text: "its source branch lies in a fork"}}}
	}
	p := forge.Preview{}
	if p.Head, err = f.mirror.Head(ctx, c.Source); err != nil {
		return forge.Preview{}, err
	}
	if p.Target, err = f.mirror.Head(ctx, c.Target); err != nil {
		return forge.Preview{}, err
	}
	p.Tree, err = f.mirror.Merge(ctx, p.Target, p.Head)
	if errors.Is(err, mirror.ErrConflict) {
		return forge.Preview{}, &forge.NotMergeableError{Number: number, Reasons: []forge.Reason{{Kind: forge.ReasonConflict, Text: err.Error()}}}
	}
	return p, err
}

// Merge implements forge.MergeRequests.
func (f *Forge) Merge(ctx context.Context, number int, o forge.MergeOptions) (forge.MergeResult, error) {
	m, err := f.get(ctx, number)
	if err != nil {
		return forge.MergeResult{}, err
	}
	c, err := f.atHead(ctx, m, o.Head)
	if err != nil {
		return forge.MergeResult{}, err
	}
	p, err := f.project(ctx)
	if err != nil {
		return forge.MergeResult{}, err
	}
	reasons := c.Mergeability.Reasons
	if c.State == forge.Open {
		reasons = append(reasons, unlike(p, o.Method)...)
		// A train takes one whose pipeline is still running, and waits; so does auto-merge, which somebody may have set.
		if p.MergeTrainsEnabled || m.MergeWhenPipelineSucceeds {
			reasons = slices.DeleteFunc(reasons, func(r forge.Reason) bool { return r == statuses["ci_still_running"] })
		}
	}
	if len(reasons) > 0 {
		return forge.MergeResult{}, &forge.NotMergeableError{Number: number, Reasons: reasons}
	}
	if m.MergeWhenPipelineSucceeds {
		return forge.MergeResult{Queued: true}, nil
	}
	accept := &gl.AcceptMergeRequestOptions{SHA: &o.Head, ShouldRemoveSourceBranch: gl.Ptr(false), Squash: gl.Ptr(o.Method == forge.Squash)}
	if o.Message != "" {
		accept.MergeCommitMessage, accept.SquashCommitMessage = &o.Message, &o.Message
	}
	if p.MergeTrainsEnabled {
		accept.MergeWhenPipelineSucceeds = gl.Ptr(true) // merging at once would go past the train
	}
	m, r, err := f.api.MergeRequests.AcceptMergeRequest(f.o.Project, number, accept, gl.WithContext(ctx))
	if err != nil {
		return forge.MergeResult{}, f.notMerged(ctx, number, o.Head, r, err)
	}
	if c = convert(m); c.State != forge.Merged {
		return forge.MergeResult{Queued: true}, nil
	}
	return forge.MergeResult{SHA: c.MergeSHA}, nil
}

// atHead gives all about one that is not merged and whose source branch is at head.
func (f *Forge) atHead(ctx context.Context, m *gl.MergeRequest, head string) (forge.MergeRequest, error) {
	c, err := f.whole(ctx, m)
	if err != nil {
		return c, err
	}
	if c.State == forge.Merged {
		return c, &forge.AlreadyMergedError{Number: c.Number, SHA: c.MergeSHA}
	}
	if c.Head != head {
		return c, &forge.HeadMovedError{Branch: c.Source, Want: head, Got: c.Head}
	}
	return c, nil
}

// notMerged finds out why GitLab did not merge. Its codes say little: 405 and 422 are any reason, 409 is the SHA or another merge at that moment.
func (f *Forge) notMerged(ctx context.Context, number int, head string, r *gl.Response, cause error) error {
	failed := f.failed(ctx, fmt.Sprintf("merge merge request !%d", number), r, cause)
	switch code(r) {
	case http.StatusMethodNotAllowed, http.StatusNotAcceptable, http.StatusConflict, http.StatusUnprocessableEntity:
	default:
		return failed
	}
	m, err := f.get(ctx, number)
	if err != nil {
		return errors.Join(failed, err)
	}
	c, err := f.atHead(ctx, m, head)
	if err != nil {
		return err
	}
	reasons := c.Mergeability.Reasons
	switch {
	case len(reasons) > 0:
	case code(r) == http.StatusConflict || c.Mergeability.Readiness == forge.ReadinessUnknown:
		return fmt.Errorf("%w: it is at work on this branch: try again", failed)
	default:
		reasons = []forge.Reason{{Kind: forge.ReasonPolicy, Text: "GitLab says: " + said(cause)}}
	}
	return &forge.NotMergeableError{Number: number, Reasons: reasons}
}

// unlike is why the project's settings do not give what the method promises.
func unlike(p *gl.Project, method forge.Method) []forge.Reason {
	forward := p.MergeMethod == gl.FastForwardMerge
	text := ""
	switch method {
	case forge.Squash:
		switch {
		case !forward:
			text = "squashing in this project makes a squash commit and a merge commit: set its merge method to \"Fast-forward merge\" or the bot's to merge"
		case p.SquashOption == gl.SquashOptionNever:
			text = "this project does not allow squashing: change its setting \"Squash commits when merging\" or the bot's merge method"
		}
	case forge.Rebase:
		switch {
		case !forward:
			text = "this project makes merge commits: set its merge method to \"Fast-forward merge\" or the bot's to merge"
		case p.SquashOption == gl.SquashOptionAlways:
			text = "this project requires squashing: change its setting \"Squash commits when merging\" or the bot's merge method"
		}
	default:
		switch {
		case forward:
			text = "this project makes no merge commits: set its merge method to \"Merge commit\" or the bot's to rebase or squash"
		case p.SquashOption == gl.SquashOptionAlways:
			text = "this project requires squashing: change its setting \"Squash commits when merging\""
		}
	}
	if text == "" {
		return nil
	}
	return []forge.Reason{{Kind: forge.ReasonPolicy, Text: text}}
}
