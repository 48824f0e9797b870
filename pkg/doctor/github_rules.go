package doctor

import (
	"slices"
	"strings"
)

// required judges whether nobody can merge past the gate.
func (g GitHub) required(f *findings, s Settings) {
	const check = "protection/required"
	looked := "GET rules/branches/" + s.Branch
	if !g.Rules.Seen {
		f.unknown(check, looked, g.Rules.Right, "whether "+s.Check+" is required on "+s.Branch+" is not known", g.Rules.Why)
		return
	}
	var pins []int64
	for _, c := range g.Rules.Value.Checks {
		if c.Name == s.Check {
			pins = append(pins, c.App)
		}
	}
	where := "in the rules of " + s.Branch + " (settings of the repository, at Rules)"
	if len(pins) == 0 {
		f.fail(check, looked, "require the check "+s.Check+" "+where, "%s is not required on %s: people can merge while the gate is not green", s.Check, s.Branch)
		return
	}
	if g.App == nil {
		if slices.ContainsFunc(pins, func(app int64) bool { return app != 0 }) {
			f.fail("protection/pinned", looked, "let any source say it "+where+", or use that App", "%s must be said by an App, but the bot uses a token: it never gets green", s.Check)
			return
		}
		f.warn("protection/pinned", looked, "use a GitHub App, and pin the check to it", "%s is required on %s, but whoever may push can say it: a token's check cannot be pinned", s.Check, s.Branch)
		return
	}
	switch other := slices.IndexFunc(pins, func(app int64) bool { return app != 0 && app != g.App.ID }); {
	case other >= 0:
		f.fail("protection/pinned", looked, "choose "+g.App.Slug.Value+" as its source "+where, "%s must be said by another App (%d) than this one (%d): it never gets green", s.Check, pins[other], g.App.ID)
	case !slices.Contains(pins, g.App.ID):
		f.warn("protection/pinned", looked, "choose "+g.App.Slug.Value+" as its source "+where, "%s is required on %s, but not pinned to the App: whoever may push can say it", s.Check, s.Branch)
	default:
		f.ok(check, looked, "%s is required on %s and pinned to the App", s.Check, s.Branch)
	}
}

func (g GitHub) approvals(f *findings, s Settings) {
	if g.Rules.Seen {
		f.approvals(g.Rules.Value.Approvals, s, "GET rules/branches/"+s.Branch, "ask for one in the rules of "+s.Branch)
	}
}

// approvals judges whether a person must have looked.
func (f *findings) approvals(n Known[int], s Settings, looked, advice string) {
	const check = "protection/approvals"
	switch {
	case !n.Seen:
		f.unknown(check, looked, n.Right, "how many approvals "+s.Branch+" asks for is not known", n.Why)
	case n.Value > 0:
		f.ok(check, looked, "%s asks for %s", s.Branch, plural(n.Value, "approval"))
	default:
		f.warn(check, looked, advice, "%s asks for no approval: nobody has to review what the bot wrote", s.Branch)
	}
}

// bypass judges whether rules hold for the bot too.
func (g GitHub) bypass(f *findings, s Settings) {
	const check = "protection/bypass"
	var names []string
	free, hidden := false, false
	for _, r := range g.Rulesets {
		looked := "GET rulesets"
		switch {
		case !r.Seen || !r.Value.Bypass.Seen:
			hidden = true
			why, right := r.Why, r.Right
			if r.Seen {
				why, right = "ruleset "+r.Value.Name+": "+r.Value.Bypass.Why, r.Value.Bypass.Right
			}
			f.unknown(check, looked, right, "whether the bot can pass a ruleset by is not known", why)
		case r.Value.Bypass.Value != "never":
			free = true
			f.fail(check, looked, "take it off the bypass list of the ruleset", "the bot can pass the ruleset %s by (%s)", r.Value.Name, strings.ReplaceAll(r.Value.Bypass.Value, "_", " "))
		default:
			names = append(names, r.Value.Name)
		}
	}
	const protection = "GET protection"
	switch p := g.Protection; {
	case !p.Seen:
		hidden = true
		f.unknown(check, protection, p.Right, "whether there is a branch protection that the bot can pass by is not known", p.Why)
	case !p.Value.Enabled:
	case !p.Value.Bypass.Seen:
		hidden = true
		f.unknown(check, protection, p.Value.Bypass.Right, "whether the bot can pass the branch protection by is not known", p.Value.Bypass.Why)
	case p.Value.Bypass.Value.Named:
		free = true
		f.fail(check, protection, "take it off the list of those who may bypass required pull requests", "the bot can pass the branch protection of %s by", s.Branch)
	case p.Value.Bypass.Value.Admins && g.Token != nil && g.Repository.Value.Admin:
		free = true
		f.fail(check, protection, "switch on that the rules hold for administrators, too, and give the bot the role write", "the branch protection of %s does not hold for administrators, of whom the bot is one", s.Branch)
	default:
		names = append(names, "branch protection")
	}
	switch {
	case free || hidden:
	case len(names) == 0:
		f.ok(check, "GET rulesets", "%s has no rules that the bot could pass by", s.Branch)
	default:
		f.ok(check, "GET rulesets", "the bot cannot pass by the rules of %s (%s)", s.Branch, strings.Join(names, ", "))
	}
}

// merging judges whether the configured method is one that the repository takes.
func (g GitHub) merging(f *findings, s Settings) {
	const check, looked = "merging", "GET repository"
	if g.Rules.Seen && g.Rules.Value.Queue {
		f.ok(check, looked, "merges go through the merge queue, which has a method of its own")
		return
	}
	if g.Rules.Seen {
		r := g.Rules.Value
		if s.Method == "merge" && r.Linear || len(r.Methods) > 0 && !slices.Contains(r.Methods, s.Method) {
			f.fail(check, "GET rules/branches/"+s.Branch, "set mergeRequests.method of the configuration to one that they allow, or change the rules", "the rules of %s do not allow the method %s", s.Branch, s.Method)
			return
		}
	}
	r := g.Repository
	allowed := map[string]Known[bool]{"merge": r.Value.Merge, "squash": r.Value.Squash, "rebase": r.Value.Rebase}[s.Method]
	switch {
	case !r.Seen:
		f.unknown(check, looked, r.Right, "whether the method "+s.Method+" is switched on is not known", r.Why)
	case !allowed.Seen:
		f.unknown(check, looked, allowed.Right, "whether the method "+s.Method+" is switched on is not known", allowed.Why)
	case !allowed.Value:
		f.fail(check, looked, "switch it on in the settings of the repository, or change mergeRequests.method of the configuration", "the repository does not allow the method %s", s.Method)
	default:
		f.ok(check, looked, "the repository allows the method %s", s.Method)
	}
}
