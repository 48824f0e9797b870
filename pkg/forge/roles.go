package forge

import "context"

// Roles is a forge on which people have roles in the project. A local forge has none.
type Roles interface {
	// Role is what the user may do in the project now, roles that are inherited from a group or an organisation included, in the forge's own word:
	// "maintainer", "write". It is "" for somebody without one.
	Role(ctx context.Context, u User) (string, error)
}
