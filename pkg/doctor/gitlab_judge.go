package doctor

import (
	"slices"
	"strings"
	"time"
)

// Findings judges a project on GitLab.
func (g GitLab) Findings(s Settings) []Finding {
	var f findings
	g.credentials(&f)
	f.clock(g.Skew, "what is signed or ends by the clock goes wrong")
	if !g.Me.Seen {
		f.unknown("forge", "GitLab", "correct the token first", "nothing else of "+s.Project+" could be looked at", "")
		return f.list
	}
	g.version(&f)
	if g.Hidden {
		f.fail("credentials/project", "GET project", "make the bot a member, or correct forge.project", "the token works, but does not show %s", s.Project)
		f.unknown("forge", "GitLab", "let the bot reach it first", "nothing else of "+s.Project+" could be looked at", "")
		return f.list
	}
	g.scopes(&f)
	g.level(&f, s)
	if g.Token.Seen {
		f.expiry(Seen(g.Token.Value.Ends), s.Now, "GET personal_access_tokens/self", "make a new token, or rotate it, and write it into the file; it is read anew")
	} else {
		f.expiry(Unseen[time.Time](g.Token.Why, g.Token.Right), s.Now, "GET personal_access_tokens/self", "")
	}
	exists := Seen(g.Branch.Value.Exists)
	if !g.Branch.Seen {
		exists = Unseen[bool](g.Branch.Why, g.Branch.Right)
	}
	f.branch(exists, s, "GET repository/branches/"+s.Branch)
	g.required(&f, s)
	if !g.Branch.Seen || g.Branch.Value.Exists {
		if g.NoApprovalRules {
			f.warn("protection/approvals", "GET approval_rules", "let people review before they write promote: nothing makes them; or use Premium",
				"this GitLab has no approval rules: nobody has to review what the bot wrote")
		} else {
			f.approvals(g.Approvals, s, "GET approval_rules", "make an approval rule for "+s.Branch+" in the settings of the project, at Merge requests")
		}
		g.bypass(&f, s)
		g.mergers(&f, s)
	}
	g.own(&f, s)
	g.merging(&f, s)
	f.hooks(g.Hooks, s, "/hooks/gitlab", []string{"note", "merge_requests", "pipeline", "push"}, "GET hooks", "in the settings of the project, at Webhooks")
	return f.list
}

func (g GitLab) credentials(f *findings) {
	const check, looked = "credentials", "GET user"
	me := g.Me.Value
	switch {
	case !g.Me.Seen:
		f.stranger(check, looked, g.Me.Why, g.Skew.Seen)
	case me.Admin:
		f.warn(check, looked, "use a project access token", "the bot is %s, an administrator of all of GitLab", me.Name)
	case !me.Bot:
		f.warn(check, looked, "use a project access token, whose user is a bot of this project alone", "the bot is %s, which looks like a person's own account", me.Name)
	default:
		f.ok(check, looked, "the bot is %s", me.Name)
	}
}

// oldestGitLab is the oldest whose interface has all that is used.
const oldestGitLab = "15.6"

func (g GitLab) version(f *findings) {
	const check, looked = "version", "GET metadata"
	_, readable := numbers(g.Version.Value)
	switch {
	case !g.Version.Seen:
		f.unknown(check, looked, g.Version.Right, "which GitLab this is is not known", g.Version.Why)
	case !readable:
		f.unknown(check, looked, "", "which GitLab this is is not known", "its version is no number")
	case older(g.Version.Value, oldestGitLab):
		f.fail(check, looked, "bring it up to date", "GitLab %s is too old: %s is the oldest that has all that is used", g.Version.Value, oldestGitLab)
	default:
		f.ok(check, looked, "GitLab %s is new enough", g.Version.Value)
	}
}

// inAPI are scopes that "api" has in it, and that of rotating oneself.
var inAPI = []string{"api", "read_api", "read_repository", "write_repository", "read_user", "self_rotate"}

func (g GitLab) scopes(f *findings) {
	const check, looked = "permissions/scopes", "GET personal_access_tokens/self"
	if !g.Token.Seen {
		f.unknown(check, looked, g.Token.Right, "which scopes the token has is not known", g.Token.Why)
		return
	}
	t := g.Token.Value
	wide := without(t.Scopes, inAPI)
	if t.Dead {
		f.fail("token/revoked", looked, "make a new one", "the token is revoked")
	}
	switch has := slices.Contains(t.Scopes, "api"); {
	case !has:
		f.fail(check, looked, "make a token with the scope api", "the token lacks the scope api: it has %s", and(t.Scopes))
	case len(wide) > 0:
		f.warn(check, looked, "make a token with the scope api alone", "the token may do more than it needs: %s", and(wide))
	default:
		f.ok(check, looked, "the token has the scope api, which it needs, and no more")
	}
}

// level judges the role. More than Developer can change the very rules that hold the bot.
func (g GitLab) level(f *findings, s Settings) {
	const check, looked = "permissions/role", "GET members/all"
	switch {
	case !g.Level.Seen:
		f.unknown(check, looked, g.Level.Right, "which role the bot has in "+s.Project+" is not known", g.Level.Why)
	case g.Level.Value < Developer:
		f.fail(check, looked, "give it the role Developer", "the bot is %s in %s, and needs Developer", role(g.Level.Value), s.Project)
	case g.Level.Value >= Maintainer:
		f.warn(check, looked, "give it the role Developer", "the bot is %s in %s, and Developer is enough: it could change the rules that hold it", role(g.Level.Value), s.Project)
	default:
		f.ok(check, looked, "the bot is Developer in %s, which is enough", s.Project)
	}
}

func role(level int) string {
	for _, r := range []struct {
		level int
		word  string
	}{{50, "Owner"}, {Maintainer, "Maintainer"}, {Developer, "Developer"}, {20, "Reporter"}, {10, "Guest"}} {
		if level >= r.level {
			return r.word
		}
	}
	return "no member"
}

// required judges the setting that makes the gate count for people, too.
func (g GitLab) required(f *findings, s Settings) {
	const check, looked = "protection/required", "GET project"
	switch p := g.Project; {
	case !p.Seen:
		f.unknown(check, looked, p.Right, "whether pipelines must succeed is not known", p.Why)
	case !p.Value.Pipelines:
		f.fail(check, looked, "switch it on in the settings of the project, at Merge requests", "\"Pipelines must succeed\" is off: people can merge while %s is not green", s.Check)
	case p.Value.Skipped:
		f.warn(check, looked, "switch it off in the settings of the project, at Merge requests", "\"Skipped pipelines are considered successful\" is on: a pipeline that nobody ran lets people merge")
	default:
		f.ok(check, looked, "\"Pipelines must succeed\" is on, so %s holds merges of people back", s.Check)
	}
}

// bypass judges whether the bot could write to the branch without a merge request.
func (g GitLab) bypass(f *findings, s Settings) {
	const check = "protection/bypass"
	looked := "GET repository/branches/" + s.Branch
	const where = "in the settings of the project, at Repository, Protected branches"
	switch b := g.Branch; {
	case !b.Seen:
		f.unknown(check, looked, b.Right, "whether the bot can push to "+s.Branch+" is not known", b.Why)
	case !b.Value.Protected:
		f.fail(check, looked, "protect it "+where, "%s is not protected: whoever may push, the bot included, can write to it without a merge request", s.Branch)
	case b.Value.Push:
		f.fail(check, looked, "let No one, or people alone, push to it "+where, "the bot may push to %s, past merge requests and approvals", s.Branch)
	default:
		f.ok(check, looked, "%s is protected, and the bot cannot push to it", s.Branch)
	}
}

// mergers judges whether the bot can do what it is told to.
func (g GitLab) mergers(f *findings, s Settings) {
	const check, looked = "merging/allowed", "GET protected_branches"
	if !s.Merges || g.Branch.Seen && !g.Branch.Value.Protected {
		return
	}
	may := func(a Access) bool {
		return a.User != 0 && a.User == g.Me.Value.ID || a.User == 0 && !a.Group && a.Level > 0 && g.Level.Value >= a.Level
	}
	switch {
	case g.Mergers.Seen && slices.ContainsFunc(g.Mergers.Value, may):
		f.ok(check, looked, "the bot may merge into %s", s.Branch)
	case !g.Mergers.Seen:
		f.unknown(check, looked, g.Mergers.Right, "whether the bot may merge into "+s.Branch+" is not known", g.Mergers.Why)
	case !g.Level.Seen || slices.ContainsFunc(g.Mergers.Value, func(a Access) bool { return a.Group }):
		f.unknown(check, looked, "", "whether the bot may merge into "+s.Branch+" is not known", "a group may, and whether the bot is in it is not looked at")
	default:
		f.fail(check, looked, "add the bot or Developers to Allowed to merge of "+s.Branch+", or write policy.merge: manual", "the bot is to merge, but may not merge into %s", s.Branch)
	}
}

// own judges whether the bot's own branches are free.
func (g GitLab) own(f *findings, s Settings) {
	const check, looked = "branch/own", "GET protected_branches"
	if !g.Protected.Seen {
		f.unknown(check, looked, g.Protected.Right, "whether the bot's own branches are protected is not known", g.Protected.Why)
		return
	}
	for _, pattern := range g.Protected.Value {
		if strings.Contains(pattern, "*") && Covers(pattern, s.Own+"dev/3.20.0/1-01-crds") {
			f.fail(check, looked, "leave "+s.Own+"* out of it", "the protected branches %s are also the bot's own, which it could not push to", pattern)
			return
		}
	}
	f.ok(check, looked, "the bot's own branches %s* are not protected", s.Own)
}

func (g GitLab) merging(f *findings, s Settings) {
	const check, looked = "merging", "GET project"
	switch p := g.Project; {
	case !p.Seen:
		f.unknown(check, looked, p.Right, "whether the project's merge method is "+s.Method+" is not known", p.Why)
	case p.Value.Refuses != "":
		f.fail(check, looked, "change the one or the other", "%s", p.Value.Refuses)
	case p.Value.Trains:
		f.ok(check, looked, "the project merges by %s, through merge trains", s.Method)
	default:
		f.ok(check, looked, "the project merges by %s", s.Method)
	}
}
