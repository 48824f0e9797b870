package gitlab

import (
	"context"
	"net/http"
	"time"

	"github.com/linnet-bot/linnet/pkg/forge"
)

var _ forge.Pulser = (*Forge)(nil)

// hides is how long after a merge request has changed something may still turn up that has the same time: GitLab leaves that alone for a minute, whatever is said
// below it, and tells its own in whole seconds.
const hides = time.Minute + 10*time.Second

// Pulse implements forge.Pulser by the merge requests that changed last, which is the first page of what Find asks for, so that a change is paid for once, and by
// Git's list of branches.
//
// Comments that are made and deleted are seen by their number. Approvals, those that are taken back and comments that are edited are seen by the time of the merge
// request, which GitLab moves for such things only where it is a minute old: so a mark of that minute differs from that of later, and what was hidden in it is found
// then. (The project's events would tell of more at once, for a second request.)
func (f *Forge) Pulse(ctx context.Context, target string) (string, error) {
	list, r, err := f.lastChanged(ctx, 1)
	if err != nil {
		return "", f.failed(ctx, "ask what has changed", r, err)
	}
	now, err := http.ParseTime(r.Header.Get("Date"))
	if err != nil {
		now = f.o.Now()
	}
	type request struct {
		forge.MergeRequest
		Comments int
		Status   string
		Later    bool
	}
	var seen struct {
		Requests []request
		Branches []forge.Branch
		Fresh    bool
	}
	if seen.Branches, err = f.mirror.Heads(ctx, ""); err != nil {
		return "", err
	}
	for _, m := range list {
		c := convert(m)
		if c.Target != target {
			continue
		}
		seen.Requests = append(seen.Requests, request{c, m.UserNotesCount, m.DetailedMergeStatus, m.MergeWhenPipelineSucceeds})
		seen.Fresh = seen.Fresh || now.Before(c.Updated.Add(hides))
	}
	return forge.Mark(seen)
}
