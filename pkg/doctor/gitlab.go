package doctor

import "time"

// GitLab is what could be seen of a project on GitLab.
type GitLab struct {
	// Me is the user that the token belongs to. When it is not seen, the token does not work, or GitLab has not answered, and Why says why.
	Me    Known[Account]
	Token Known[AccessToken]
	Skew  Known[time.Duration]
	// Version is GitLab's own, such as "17.11.2-ee".
	Version Known[string]
	// Level is the bot's access level in the project; 0 when it is no member.
	Level Known[int]

	// Hidden tells that the token works, but does not show the project.
	Hidden  bool
	Project Known[Project]
	Branch  Known[ProjectBranch]
	// Mergers are who may merge into the branch; nil when it is not protected.
	Mergers Known[[]Access]
	// Protected are the patterns of all protected branches.
	Protected Known[[]string]
	// Approvals are how many the project's rules ask for on the branch. NoApprovalRules tells that this GitLab has no such rules.
	Approvals       Known[int]
	NoApprovalRules bool
	Hooks           Known[[]Hook]
}

// Account is a user.
type Account struct {
	ID   int
	Name string
	// Bot tells that it is nobody's own account: that of a project's or a group's token, or a service account.
	Bot bool
	// Admin tells that it administers all of GitLab.
	Admin bool
}

// AccessToken is the token as GitLab knows it.
type AccessToken struct {
	Scopes []string
	// Ends is when it does; the zero time when never.
	Ends time.Time
	// Dead tells that it was revoked.
	Dead bool
}

// Project is the settings that matter.
type Project struct {
	// Pipelines is "Pipelines must succeed", and Skipped "Skipped pipelines are considered successful".
	Pipelines, Skipped bool
	// Refuses is why the project's merge method is not what the bot is told to do; "" when it is.
	Refuses string
	// Trains tells that merges go through merge trains.
	Trains bool
}

// ProjectBranch is the branch that merge requests aim at.
type ProjectBranch struct {
	Exists, Protected bool
	// Push is whether the bot may push to it.
	Push bool
}

// Access is one entry of a list of those who may.
type Access struct {
	// Level is the least access level; 0 is nobody.
	Level int
	// User is one by id; 0 = none. Group tells that it is about the members of a group.
	User  int
	Group bool
}

// The access levels of GitLab.
const (
	Developer  = 30
	Maintainer = 40
)
