package conductor

import (
	"context"

	"github.com/linnet-bot/linnet/pkg/chatops"
	"github.com/linnet-bot/linnet/pkg/forge"
)

// readActors asks the forge what those may do who wrote to the bot. What cannot be read is nothing: no role, and no group.
func (c *Conductor) readActors(ctx context.Context, s *State) error {
	if c.Role != nil {
		s.Roles = map[string]chatops.Role{}
	}
	s.InGroups = map[string][]int64{}
	asked := map[string]bool{}
	for _, comment := range s.Newest.reading(s.Me).remarks {
		if who := comment.By; comment.addressed && !asked[who.ID] {
			asked[who.ID] = true
			c.readActor(ctx, s, who)
		}
	}
	return ctx.Err()
}

func (c *Conductor) readActor(ctx context.Context, s *State, who forge.User) {
	if c.Role != nil {
		role, err := c.recall.role(who, func() (chatops.Role, error) { return c.Role(ctx, who) })
		if err != nil {
			c.Log.WarnContext(ctx, "counts as without a role: "+err.Error(), "environment", s.Environment, "user", who.Name)
			role = chatops.NoRole
		}
		s.Roles[who.ID] = role
	}
	if c.InGroup == nil {
		return
	}
	for _, group := range s.Rights.Groups() {
		in, err := c.recall.inGroup(group, who, func() (bool, error) { return c.InGroup(ctx, group, who) })
		if err != nil {
			c.Log.WarnContext(ctx, "counts as not in the group: "+err.Error(), "environment", s.Environment, "user", who.Name, "group", group)
		}
		if in && err == nil {
			s.InGroups[who.ID] = append(s.InGroups[who.ID], group)
		}
	}
}
