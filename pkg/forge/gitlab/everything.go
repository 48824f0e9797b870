package gitlab

import (
	"context"
	"maps"
	"slices"
	"time"

	gl "github.com/xanzy/go-gitlab"
)

// known are all merge requests as they were when they were listed last. The zero value knows nothing.
type known struct {
	requests map[int]*gl.MergeRequest // by number
	mark     time.Time                // when the last of them changed
}

// listLag is how far back GitLab's times may be of what has just happened: it does not move that of a merge request a second time within a minute where only
// something beside it changes, such as its labels.
const listLag = 2 * time.Minute

// everything lists all merge requests, those of many years among them. The list is read with what changed last first, and only as far as something can have changed
// since it was read before; what moves to the front while pages are read only pushes others to later pages. They are not asked for by their target, since
// one that gets another would only be missing.
func (f *Forge) everything(ctx context.Context) ([]*gl.MergeRequest, *gl.Response, error) {
	select {
	case f.listing <- struct{}{}:
		defer func() { <-f.listing }()
	case <-ctx.Done():
		return nil, nil, ctx.Err()
	}
	was, now := f.known, known{requests: maps.Clone(f.known.requests), mark: f.known.mark}
	if now.requests == nil {
		now.requests = map[int]*gl.MergeRequest{}
	}
	for page := 1; ; {
		list, r, err := f.lastChanged(ctx, page)
		if err != nil {
			return nil, r, err
		}
		older := false
		for _, m := range list {
			changed := at(m.UpdatedAt)
			older = older || was.requests != nil && changed.Before(was.mark.Add(-listLag))
			now.requests[m.IID] = m
			if changed.After(now.mark) {
				now.mark = changed
			}
		}
		if older || r.NextPage == 0 {
			f.known = now
			return slices.Collect(maps.Values(now.requests)), r, nil
		}
		page = r.NextPage
	}
}

// lastChanged is a page of all merge requests, those that changed last first.
func (f *Forge) lastChanged(ctx context.Context, page int) ([]*gl.MergeRequest, *gl.Response, error) {
	return f.api.MergeRequests.ListProjectMergeRequests(f.o.Project, &gl.ListProjectMergeRequestsOptions{ListOptions: gl.ListOptions{Page: page, PerPage: pageSize},
		State: gl.Ptr("all"), OrderBy: gl.Ptr("updated_at"), Sort: gl.Ptr("desc")}, gl.WithContext(ctx))
}
