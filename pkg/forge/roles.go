package forge

import "context"

// Roles is a forge on which people have roles in the project. A local forge has none.
type Roles interface {
	// Role is what the user may do in the project now, roles that are inherited from a group or an organisation included, in the forge's own word:
	// "maintainer", "write". It is "" for somebody without one.
	Role(ctx context.Context, u User) (string, error)
}

// Groups is a forge on which people are in groups. A local forge has none.
type Groups interface {
	// InGroup is whether the user is now in the group with this number, members that it inherits included. On GitHub it is a team of the organisation that
	// owns the project. It is false for a group that does not exist or that the bot may not see.
	InGroup(ctx context.Context, group int64, u User) (bool, error)
}
