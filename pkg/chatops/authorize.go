package chatops

import "fmt"

// Actor is who gives a command, as the forge says at the time when it is carried out, not when it was written.
type Actor struct {
	Name string // login, without "@"
	Role Role   // in the project; NoRole where the forge did not say
	// Groups are those of the groups that the rights name in which the forge says that it is.
	Groups []int64
	Bot    bool // the forge knows it as a bot or an application
	Self   bool // it is this bot; compare IDs, not names
}

// Target is what the command was written below.
type Target struct {
	Environment string // whose merge request it is; "" = of none that is watched
	Fork        bool   // its branch lies in another repository
}

// Decision is an answer and its reason, one clause that can be shown on a forge as it is: "`ana` is a maintainer".
type Decision struct {
	Allowed bool
	Reason  string
}

// Authorize says whether the actor may give the verb there. It is closed: whatever is not known or not given is refused. Every way in asks it, a
// comment, a button, the command line, and what stands for a while, such as a promotion, asks again at the moment of acting.
func Authorize(actor Actor, verbName string, target Target, rights Rights) Decision {
	refuse := func(format string, args ...any) Decision { return Decision{Reason: fmt.Sprintf(format, args...)} }
	allow := func(format string, args ...any) Decision {
		return Decision{Allowed: true, Reason: fmt.Sprintf(format, args...)}
	}
	_, known := verb(verbName)
	right, given := rights[verbName]
	switch {
	case actor.Self:
		return refuse("the bot takes no commands from itself")
	case actor.Name == "":
		return refuse("the forge does not say who wrote it")
	case !known:
		return refuse("%q is not a command", harmless(verbName))
	case target.Environment == "":
		return refuse("it belongs to no environment that is watched")
	case target.Fork:
		return refuse("its branch comes from a fork")
	case !given:
		return refuse("nobody has the right to %[1]s; commands.%[1]s of the configuration gives it", verbName)
	case right.names(actor.Name):
		return allow("%s is named for it", code(actor.Name))
	case actor.Bot:
		return refuse("%s is a bot, and a bot must be named for %s", code(actor.Name), verbName)
	case right.Everyone:
		return allow("everyone may")
	case right.Role != NoRole && actor.Role >= right.Role && actor.Role <= Owner:
		return allow("%s is %s", code(actor.Name), a(actor.Role))
	case right.group(actor.Groups) != 0:
		return allow("%s is of group %d", code(actor.Name), right.group(actor.Groups))
	case right.Role == NoRole && len(right.Users)+len(right.Groups) == 0:
		return refuse("nobody has the right to %[1]s; commands.%[1]s of the configuration gives it", verbName)
	case actor.Role <= NoRole || actor.Role > Owner:
		return refuse("%s has no role in the project, and %s takes %s", code(actor.Name), verbName, right)
	}
	return refuse("%s is %s, and %s takes %s", code(actor.Name), a(actor.Role), verbName, right)
}
