package doctor

import (
	"time"
)

// GitHub is what could be seen of a repository on GitHub.
type GitHub struct {
	// Web is the address that people use, without a slash at the end.
	Web string
	// Me is the login that the bot acts as. When it is not seen, the credentials do not work, and Why says why.
	Me Known[string]
	// App is the GitHub App that the bot is; nil when it uses a token.
	App *App
	// Token is the personal access token; nil when the bot is an App.
	Token *Token
	// Skew is how far GitHub's clock is ahead.
	Skew Known[time.Duration]
	// Server is the version of a GitHub Enterprise Server. "" is GitHub's own, which has none.
	Server Known[string]

	// Hidden tells that the credentials work, but do not show the repository.
	Hidden      bool
	Repository  Known[Repository]
	Branch      Known[bool] // exists
	Rules       Known[Rules]
	Protection  Known[Protection]
	Rulesets    []Known[Ruleset]
	Hooks       Known[[]Hook]
	HooksLooked string
}

// App is a GitHub App.
type App struct {
	ID int64
	// Slug is its name in addresses. When it is not seen, GitHub does not accept what the private key signs, or was not reached.
	Slug Known[string]
	// Registered are the permissions that the App asks for.
	Registered map[string]string
	// Configured is the installation that the configuration names; 0 = none.
	Configured int64
	// Installation is where it is installed on the project. When Missing it is not.
	Installation Known[Installation]
	Missing      bool
	// Needed are the permissions that the bot asks a token for.
	Needed map[string]string
}

// Installation is an App where it is installed.
type Installation struct {
	ID int64
	// Permissions that were granted, by name: "read", "write", "admin".
	Permissions map[string]string
	Events      []string
	// Everywhere tells that it is installed on all repositories of the owner.
	Everywhere bool
	Suspended  bool
}

// Token is a personal access token.
type Token struct {
	// Classic tokens have Scopes; fine-grained ones have permissions, which GitHub does not tell.
	Classic bool
	Scopes  []string
	// Lacks are permissions of a fine-grained token that a reading request was refused for.
	Lacks []string
	// Ends is when it does; the zero time when never.
	Ends Known[time.Time]
}

// Repository is what the credentials see of it.
type Repository struct {
	Private bool
	// Push and Admin are what the token's owner may do.
	Push, Admin bool
	// Merge, Squash and Rebase are the methods that are switched on.
	Merge, Squash, Rebase Known[bool]
}

// Rules are what the branch asks of a merge, rulesets and branch protection together.
type Rules struct {
	Checks []RequiredCheck
	// Approvals are how many are asked for; not seen when branch protection hides them.
	Approvals Known[int]
	// Queue tells that merges go through a merge queue.
	Queue bool
	// Linear tells that merge commits are refused.
	Linear bool
	// Methods are those that a rule allows; nil = all.
	Methods []string
}

// RequiredCheck is a name that must be green and, unless 0, the App that must say it.
type RequiredCheck struct {
	Name string
	App  int64
}

// Ruleset is one that holds for the branch.
type Ruleset struct {
	ID   int64
	Name string
	// Bypass is GitHub's word for what the bot may: "never", "always", "pull_requests_only", "exempt".
	Bypass Known[string]
}

// Protection is the older kind of rules, as far as it concerns the bot.
type Protection struct {
	// Enabled is whether there is any.
	Enabled bool
	// Details were seen.
	Bypass Known[Bypass]
}

// Bypass is who is let past branch protection.
type Bypass struct {
	// Named tells that the bot is among those who need no pull request or no approval.
	Named bool
	// Admins tells that rules do not hold for administrators.
	Admins bool
}
