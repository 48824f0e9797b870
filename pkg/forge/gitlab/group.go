package gitlab

import (
	"context"
	"net/http"
	"strconv"
	"time"

	gl "github.com/xanzy/go-gitlab"

	"github.com/linnet-bot/linnet/pkg/forge"
)

var _ forge.Groups = (*Forge)(nil)

// InGroup implements forge.Groups by the user's ID; the members of groups above it count. GitLab answers a group that the token may not see like one
// that does not exist.
func (f *Forge) InGroup(ctx context.Context, group int64, u forge.User) (bool, error) {
	id, err := strconv.Atoi(u.ID)
	if err != nil || id < 1 {
		return false, nil // nobody whom GitLab knows
	}
	member, r, err := f.api.GroupMembers.GetInheritedGroupMember(int(group), id, gl.WithContext(ctx))
	if code(r) == http.StatusNotFound {
		return false, nil
	}
	if err != nil {
		return false, f.failed(ctx, "ask whether "+u.Name+" is in group "+strconv.FormatInt(group, 10), r, err)
	}
	return (member.State == "" || member.State == "active") && (member.ExpiresAt == nil || !f.o.Now().After(time.Time(*member.ExpiresAt))), nil
}
