package gitlab

import (
	"context"
	"net/http"
	"strconv"
	"time"

	gl "github.com/xanzy/go-gitlab"

	"github.com/linnet-bot/linnet/pkg/forge"
)

// roleWords are what the access levels count as, the highest first. A level between two, such as Planner (15), and a custom role count as the one below.
var roleWords = []struct {
	level gl.AccessLevelValue
	word  string
}{
	{gl.OwnerPermissions, "owner"}, {gl.MaintainerPermissions, "maintainer"}, {gl.DeveloperPermissions, "developer"},
	{gl.ReporterPermissions, "reporter"}, {gl.GuestPermissions, "guest"},
}

// Role implements forge.Roles: the membership in the project or in a group above it, by the user's ID, which outlives renaming. A membership that has
// expired, or that waits for approval, is none.
func (f *Forge) Role(ctx context.Context, u forge.User) (string, error) {
	id, err := strconv.Atoi(u.ID)
	if err != nil || id < 1 {
		return "", nil // nobody whom GitLab knows
	}
	member, r, err := f.api.ProjectMembers.GetInheritedProjectMember(f.o.Project, id, gl.WithContext(ctx))
	if code(r) == http.StatusNotFound {
		return "", nil
	}
	if err != nil {
		return "", f.failed(ctx, "ask for the role of "+u.Name, r, err)
	}
	if member.State != "" && member.State != "active" || member.ExpiresAt != nil && f.o.Now().After(time.Time(*member.ExpiresAt)) {
		return "", nil
	}
	for _, role := range roleWords {
		if member.AccessLevel >= role.level {
			return role.word, nil
		}
	}
	return "", nil
}
