package github

import (
	"context"
	"fmt"
	"net/http"

	"github.com/linnet-bot/linnet/pkg/forge"
)

var _ forge.Groups = (*Forge)(nil)

// InGroup implements forge.Groups: a team of the organisation that owns the repository, by number; who was only invited is not in it. The App needs the
// permission to read the members of the organisation for it. A team or organisation that it may not see is answered like one that does not exist.
func (f *Forge) InGroup(ctx context.Context, team int64, u forge.User) (bool, error) {
	if u.ID == "" || u.Name == "" {
		return false, nil // nobody whom GitHub knows
	}
	tried := fmt.Sprintf("ask whether %s is in team %d", u.Name, team)
	in, err := f.Role(ctx, u) // the question about the team is by name; this one tells whether the name is still the user's
	if err != nil || in == "" {
		return false, err
	}
	r, _, err := f.rest.Repositories.Get(ctx, f.owner, f.repo)
	if err != nil {
		return false, f.explain(tried, err)
	}
	m, _, err := f.rest.Teams.GetTeamMembershipByID(ctx, r.GetOwner().GetID(), team, u.Name)
	if _, nobody := answered(err, http.StatusNotFound); nobody {
		return false, nil
	}
	if err != nil {
		return false, f.explain(tried, err)
	}
	return m.GetState() == "active", nil
}
