package fakegithub

import (
	"net/http"
	"slices"
	"strconv"
)

// SetTeam says who is in a team of the owner, by login, and who is only invited.
func (s *Server) SetTeam(id int64, members []string, invited ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.teams[id] = team{members, invited}
}

type team struct{ members, invited []string }

// teamMembership answers whether somebody is in a team.
func (c *call) teamMembership() (int, any) {
	login, state := c.r.PathValue("username"), "active"
	t := c.teams[c.number("team_id")]
	if c.number("org_id") != c.users[0].id || !slices.Contains(append(t.members, t.invited...), login) {
		return missing()
	}
	if slices.Contains(t.invited, login) {
		state = "pending"
	}
	return http.StatusOK, obj{"url": c.base + "/organizations/" + strconv.FormatInt(c.users[0].id, 10) + "/team/" + c.r.PathValue("team_id") + "/memberships/" + login, "role": "member", "state": state}
}
