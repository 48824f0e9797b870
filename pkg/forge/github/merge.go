package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	gh "github.com/google/go-github/v60/github"

	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/forge/mirror"
)

// mergeTries is how often a merge is asked for again because GitHub found the target moved, or another merge going on.
const mergeTries = 6

// Merge implements forge.MergeRequests. What is missing is looked for before asking: an approval of an older head holds the merge back
// here also where GitHub would let it count.
func (f *Forge) Merge(ctx context.Context, number int, m forge.MergeOptions) (forge.MergeResult, error) {
	method, err := forge.ParseMethod(string(m.Method))
	if err != nil {
		return forge.MergeResult{}, err
	}
	for try := 1; ; try++ {
		s, r, err := f.mayMerge(ctx, number, m.Head)
		if err != nil {
			return forge.MergeResult{}, err
		}
		if r.queue {
			return f.enqueue(ctx, s, method)
		}
		title, body := "", ""
		if m.Message != "" && method != forge.Rebase {
			title, body, _ = strings.Cut(strings.TrimRight(m.Message, "\n"), "\n")
			body = strings.TrimPrefix(body, "\n")
		}
		merged, _, err := f.rest.PullRequests.Merge(ctx, f.owner, f.repo, number, body, &gh.PullRequestOptions{SHA: m.Head, MergeMethod: string(method),
			CommitTitle: title, DontDefaultIfBlank: title != ""})
		if err == nil && merged.GetMerged() {
			return forge.MergeResult{SHA: merged.GetSHA()}, nil
		}
		if accepted := (*gh.AcceptedError)(nil); errors.As(err, &accepted) {
			return forge.MergeResult{Queued: true}, nil
		}
		again, err := f.refusal(ctx, number, m.Head, err)
		if !again || try == mergeTries {
			return forge.MergeResult{}, err
		}
		if err := f.sleep(ctx, waits[0]); err != nil {
			return forge.MergeResult{}, err
		}
	}
}

// mayMerge gives the pull request when nothing that is known stands in the way.
func (f *Forge) mayMerge(ctx context.Context, number int, head string) (seen, rules, error) {
	s, err := f.lookWell(ctx, number)
	if err != nil {
		return s, rules{}, err
	}
	switch {
	case s.State == forge.Merged:
		return s, rules{}, &forge.AlreadyMergedError{Number: number, SHA: s.MergeSHA}
	case s.Head != head:
		return s, rules{}, &forge.HeadMovedError{Branch: s.Source, Want: head, Got: s.Head}
	}
	r, err := f.rulesOf(ctx, s.Target)
	if err != nil {
		return s, r, err
	}
	v, err := f.reviewsOf(ctx, s)
	if err != nil {
		return s, r, err
	}
	reasons, err := f.reasons(ctx, s, r, v)
	if err == nil && len(reasons) > 0 {
		err = &forge.NotMergeableError{Number: number, Reasons: reasons}
	}
	return s, r, err
}

// refusal says what GitHub's answer to a merge means, and whether to ask again.
func (f *Forge) refusal(ctx context.Context, number int, head string, err error) (again bool, _ error) {
	tried := fmt.Sprintf("merge pull request !%d", number)
	if _, moved := answered(err, http.StatusConflict); moved {
		s, lookErr := f.look(ctx, number)
		if lookErr == nil && s.State == forge.Merged {
			lookErr = &forge.AlreadyMergedError{Number: number, SHA: s.MergeSHA}
		}
		if lookErr == nil && s.Head == head { // it lags, or there was another conflict
			return true, f.explain(tried, err)
		}
		if lookErr == nil {
			lookErr = &forge.HeadMovedError{Branch: s.Source, Want: head, Got: s.Head}
		}
		return false, lookErr
	}
	answer, not := answered(err, http.StatusMethodNotAllowed)
	_, invalid := answered(err, http.StatusUnprocessableEntity)
	if !not && !invalid {
		return false, f.explain(tried, err)
	}
	s, _, why := f.mayMerge(ctx, number, head)
	if why != nil {
		return false, why
	}
	if invalid {
		return false, f.explain(tried, err)
	}
	said := saying(answer)
	for _, passing := range []string{"base branch was modified", "merge already in progress"} {
		if strings.Contains(strings.ToLower(said), passing) {
			return true, f.explain(tried, err)
		}
	}
	if s.mergeable == nil {
		if _, conflict := f.Preview(ctx, number); errors.Is(conflict, forge.ErrNotMergeable) {
			return false, conflict
		}
	}
	return false, &forge.NotMergeableError{Number: number, Reasons: []forge.Reason{{Kind: forge.ReasonPolicy, Text: fmt.Sprintf("GitHub says %q", said)}}}
}

// enqueue hands over to the merge queue. The queue has its own method and message; what is bound is the head.
func (f *Forge) enqueue(ctx context.Context, s seen, method forge.Method) (forge.MergeResult, error) {
	err := f.mutate(ctx, "enablePullRequestAutoMerge", "clientMutationId", map[string]any{"pullRequestId": s.node, "expectedHeadOid": s.Head,
		"mergeMethod": strings.ToUpper(string(method))}, nil)
	var said *graphqlError
	if errors.As(err, &said) && strings.Contains(strings.ToLower(said.Message), "already") { // queued or enabled, by whomever
		return forge.MergeResult{Queued: true}, nil
	}
	if saidByGraphQL(err, "STALE_DATA") || saidByGraphQL(err, "UNPROCESSABLE") {
		now, lookErr := f.look(ctx, s.Number)
		switch {
		case lookErr != nil:
			return forge.MergeResult{}, lookErr
		case now.State == forge.Merged:
			return forge.MergeResult{}, &forge.AlreadyMergedError{Number: s.Number, SHA: now.MergeSHA}
		case now.Head != s.Head:
			return forge.MergeResult{}, &forge.HeadMovedError{Branch: s.Source, Want: s.Head, Got: now.Head}
		}
		return forge.MergeResult{}, &forge.NotMergeableError{Number: s.Number, Reasons: []forge.Reason{{Kind: forge.ReasonPolicy, Text: said.Error()}}}
	}
	if err != nil {
		return forge.MergeResult{}, f.explain(fmt.Sprintf("put pull request !%d into the merge queue", s.Number), err)
	}
	return forge.MergeResult{Queued: true}, nil
}

// Preview implements forge.MergeRequests.
func (f *Forge) Preview(ctx context.Context, number int) (forge.Preview, error) {
	s, err := f.look(ctx, number)
	if err != nil {
		return forge.Preview{}, err
	}
	if s.State != forge.Open {
		return forge.Preview{}, &forge.NotMergeableError{Number: number, Reasons: []forge.Reason{{Kind: forge.ReasonNotOpen, Text: "it is " + string(s.State)}}}
	}
	target, err := f.git.Head(ctx, s.Target)
	if err != nil {
		return forge.Preview{}, err
	}
	files, err := f.git.Merge(ctx, target, s.Head)
	if errors.Is(err, mirror.ErrConflict) {
		return forge.Preview{}, &forge.NotMergeableError{Number: number, Reasons: []forge.Reason{{Kind: forge.ReasonConflict, Text: f.conflict(ctx, s)}}}
	}
	if err != nil {
		return forge.Preview{}, err
	}
	return forge.Preview{Head: s.Head, Target: target, Tree: files}, nil
}
