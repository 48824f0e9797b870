package doctor

import (
	"maps"
	"slices"
	"strings"
)

// Findings judges a repository on GitHub.
func (g GitHub) Findings(s Settings) []Finding {
	var f findings
	g.credentials(&f, s)
	f.clock(g.Skew, "GitHub takes nothing that the App signs")
	if !g.Me.Seen {
		f.unknown("forge", "GitHub", "correct the credentials first", "nothing else of "+s.Project+" could be looked at", "")
		return f.list
	}
	g.version(&f)
	if g.Hidden {
		f.fail("credentials/project", "GET repository", "let them reach it, or correct forge.project", "the credentials work, but do not show %s", s.Project)
		f.unknown("forge", "GitHub", "let them reach it first", "nothing else of "+s.Project+" could be looked at", "")
		return f.list
	}
	if g.App != nil {
		g.App.permissions(&f, g.Web)
	}
	if g.Token != nil {
		g.token(&f, s)
	}
	f.branch(g.Branch, s, "GET branches/"+s.Branch)
	if !g.Branch.Seen || g.Branch.Value {
		g.required(&f, s)
		g.approvals(&f, s)
		g.bypass(&f, s)
	}
	g.merging(&f, s)
	needed := []string{"issue_comment", "pull_request", "pull_request_review", "push"}
	if g.Rules.Value.Queue {
		needed = append(needed, "merge_group")
	}
	where := "in the settings of the repository, at Webhooks"
	if g.App != nil {
		needed = append(needed, "check_run")
		where = "in the settings of the App"
	}
	f.hooks(g.Hooks, s, "/hooks/github", needed, g.HooksLooked, where)
	return f.list
}

func (g GitHub) credentials(f *findings, s Settings) {
	const check = "credentials"
	if g.App == nil {
		if !g.Me.Seen {
			f.stranger(check, "GraphQL viewer", g.Me.Why, g.Skew.Seen)
			return
		}
		kind := "a fine-grained token"
		if g.Token != nil && g.Token.Classic {
			kind = "a classic token"
		}
		f.ok(check, "GraphQL viewer", "the bot is %s, by %s", g.Me.Value, kind)
		return
	}
	a := g.App
	switch {
	case !a.Slug.Seen:
		f.fail(check, "GET app", "check forge.app.id, forge.app.privateKeyFile and the clock; where GitHub was not reached, forge.url and the network", "the App's key does not work: %s", a.Slug.Why)
	case a.Missing:
		f.fail(check, "GET installation", "install it there: "+g.Web+"/apps/"+a.Slug.Value, "the App %s is not installed on %s", a.Slug.Value, s.Project)
	case a.Installation.Seen && a.Configured != 0 && a.Configured != a.Installation.Value.ID:
		f.fail(check, "GET installation", "correct forge.app.installation, or leave it out", "the App %s is installed on %s by number %d, not %d as configured",
			a.Slug.Value, s.Project, a.Installation.Value.ID, a.Configured)
	case a.Installation.Value.Suspended:
		f.fail(check, "GET installation", "let an owner take the suspension back", "the installation of the App %s on %s is suspended", a.Slug.Value, s.Project)
	case !g.Me.Seen:
		f.fail(check, "GraphQL viewer", "see below for what the App lacks", "the App %s gets no token for %s: %s", a.Slug.Value, s.Project, g.Me.Why)
	default:
		f.ok(check, "GET app", "the bot is %s, the App %s, and installed on %s", g.Me.Value, a.Slug.Value, s.Project)
		return
	}
	if !g.Me.Seen && a.Slug.Seen && a.Installation.Seen { // what is missing is why there is no token
		a.permissions(f, g.Web)
	}
}

// oldestServer is the oldest GitHub Enterprise Server whose interface has all that is used.
const oldestServer = "3.17"

func (g GitHub) version(f *findings) {
	const check, looked = "version", "X-GitHub-Enterprise-Version of an answer"
	_, readable := numbers(g.Server.Value)
	switch {
	case !g.Server.Seen:
		f.unknown(check, looked, g.Server.Right, "which GitHub Enterprise Server this is is not known", g.Server.Why)
	case g.Server.Value == "": // always the newest
	case !readable:
		f.unknown(check, looked, "", "which GitHub Enterprise Server this is is not known", "its version is no number")
	case older(g.Server.Value, oldestServer):
		f.warn(check, looked, "bring it up to date", "GitHub Enterprise Server %s is older than %s, before which nobody has tried", g.Server.Value, oldestServer)
	default:
		f.ok(check, looked, "GitHub Enterprise Server %s is new enough", g.Server.Value)
	}
}

// harmless are permissions that the bot can make use of without asking for them: reading rules and protection, teams, webhooks and queues.
var harmless = map[string]string{"administration": "read", "members": "read", "merge_queues": "read", "repository_hooks": "read", "statuses": "write"}

var ranks = map[string]int{"read": 1, "write": 2, "admin": 3}

func (a App) permissions(f *findings, web string) {
	const check, looked = "permissions", "GET installation"
	if !a.Installation.Seen || len(a.Needed) == 0 {
		f.unknown(check, looked, a.Installation.Right, "which permissions the App has is not known", a.Installation.Why)
		return
	}
	in := a.Installation.Value
	var missing, granting, wide []string
	for _, name := range slices.Sorted(maps.Keys(a.Needed)) {
		want := a.Needed[name]
		if ranks[in.Permissions[name]] >= ranks[want] {
			continue
		}
		if text := words(name) + ": " + want; ranks[a.Registered[name]] >= ranks[want] {
			granting = append(granting, text)
		} else {
			missing = append(missing, text)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(in.Permissions)) {
		if has := in.Permissions[name]; ranks[has] > max(ranks[a.Needed[name]], ranks[harmless[name]]) {
			wide = append(wide, words(name)+": "+has)
		}
	}
	if len(missing) > 0 {
		f.fail(check+"/missing", looked, "give it these permissions in the settings of the App, and accept them where it is installed", "the App lacks %s", and(missing))
	}
	if len(granting) > 0 {
		f.fail(check+"/accept", looked, "let an owner accept them: "+web+"/settings/installations/"+number(in.ID), "the App asks for %s, and nobody has accepted that yet", and(granting))
	}
	if len(wide) > 0 {
		f.warn(check+"/wide", looked, "take them away in the settings of the App: whoever gets its key could use them", "the App may do more than it needs: %s", and(wide))
	}
	if in.Everywhere {
		f.warn(check+"/everywhere", looked, "choose only the repositories that it looks after, where it is installed", "the App is installed on all repositories of its owner")
	}
	if len(missing)+len(granting)+len(wide) == 0 && !in.Everywhere {
		f.ok(check, looked, "the App has what it needs and no more")
	}
}

// words is a permission as GitHub's pages call it.
func words(name string) string { return strings.ReplaceAll(name, "_", " ") }
