package github

import (
	"context"
	"maps"
	"slices"
	"time"

	gh "github.com/google/go-github/v60/github"
)

// known are all pull requests as they were when they were listed last. The zero value knows nothing.
type known struct {
	pulls map[int]*gh.PullRequest // by number
	mark  time.Time               // when the last of them changed
}

// listLag is how much later than others GitHub may put a pull request into the list of what changed.
const listLag = time.Minute

// everything lists all pull requests, the closed ones of many years among them: GitHub has no question for "those whose branch begins so". So the list is read with what changed last first, and only as far as something can have changed since it was read before: whatever
// happens to a pull request moves its time, and what moves to the front while pages are read only pushes others to later pages. They are not asked for by
// their target, since one that gets another would only be missing.
func (f *Forge) everything(ctx context.Context) ([]*gh.PullRequest, error) {
	select {
	case f.listing <- struct{}{}:
		defer func() { <-f.listing }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	was, now := f.known, known{pulls: maps.Clone(f.known.pulls), mark: f.known.mark}
	if now.pulls == nil {
		now.pulls = map[int]*gh.PullRequest{}
	}
	for at := 1; ; {
		page, answer, err := f.lastChanged(ctx, at)
		if err != nil {
			return nil, err
		}
		older := false
		for _, p := range page {
			at := p.GetUpdatedAt().Time
			older = older || was.pulls != nil && at.Before(was.mark.Add(-listLag))
			now.pulls[p.GetNumber()] = p
			if at.After(now.mark) {
				now.mark = at
			}
		}
		if older || answer.NextPage == 0 {
			break
		}
		at = answer.NextPage
	}
	f.known = now
	list := slices.Collect(maps.Values(now.pulls))
	slices.SortFunc(list, func(a, b *gh.PullRequest) int { return a.GetNumber() - b.GetNumber() })
	return list, nil
}
