package github

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	gh "github.com/google/go-github/v60/github"

	"github.com/linnet-bot/linnet/pkg/doctor"
)

const ofAdministrators = "the permission administration: read shows it"

// rules reads what the branch asks for, and whom it lets past.
func (e *examination) rules(ctx context.Context) {
	f := e.forge
	var b struct {
		Protection struct {
			Enabled bool `json:"enabled"`
		} `json:"protection"`
	}
	_, err := e.get(ctx, f.rest, e.project("/branches/%s", url.PathEscape(e.branch)), &b)
	_, gone := answered(err, http.StatusNotFound)
	switch {
	case gone:
		e.facts.Branch = doctor.Seen(false)
		return
	case err != nil:
		e.facts.Branch = doctor.Unseen[bool](e.why(err), "contents: read")
		e.facts.Protection = doctor.Unseen[doctor.Protection](e.why(err), "contents: read")
	default:
		e.facts.Branch = doctor.Seen(true)
		e.facts.Protection = doctor.Seen(doctor.Protection{Enabled: b.Protection.Enabled})
	}
	asked, err := f.rulesOf(ctx, e.branch)
	if err != nil {
		e.facts.Rules = doctor.Unseen[doctor.Rules](e.why(err), "metadata: read")
	} else {
		r := doctor.Rules{Approvals: doctor.Seen(asked.approvals), Queue: asked.queue}
		for _, c := range asked.checks {
			r.Checks = append(r.Checks, doctor.RequiredCheck{Name: c.name, App: c.app})
		}
		e.facts.Rules = doctor.Seen(r)
	}
	e.rulesets(ctx)
	if b.Protection.Enabled {
		e.protection(ctx)
	}
}

// rulesets reads which rulesets the rules come from, and whether they let the bot past.
func (e *examination) rulesets(ctx context.Context) {
	type rule struct {
		Type       string `json:"type"`
		Ruleset    int64  `json:"ruleset_id"`
		Parameters struct {
			Methods []string `json:"allowed_merge_methods"`
		} `json:"parameters"`
	}
	list, err := all(func(o gh.ListOptions) (part []rule, answer *gh.Response, err error) {
		answer, err = e.get(ctx, e.forge.rest, e.project("/rules/branches/%s?per_page=%d&page=%d", url.PathEscape(e.branch), o.PerPage, max(1, o.Page)), &part)
		return part, answer, err
	})
	if noRules(err) {
		return
	}
	if err != nil {
		e.facts.Rulesets = append(e.facts.Rulesets, doctor.Unseen[doctor.Ruleset](e.why(err), "metadata: read"))
		return
	}
	var ids []int64
	for _, r := range list {
		if r.Type == "required_linear_history" {
			e.facts.Rules.Value.Linear = true
		}
		if r.Type == "pull_request" && r.Parameters.Methods != nil {
			e.facts.Rules.Value.Methods = meet(e.facts.Rules.Value.Methods, r.Parameters.Methods)
		}
		if !slices.Contains(ids, r.Ruleset) {
			ids = append(ids, r.Ruleset)
		}
	}
	for _, id := range ids {
		e.facts.Rulesets = append(e.facts.Rulesets, e.ruleset(ctx, id))
	}
}

// meet is what both allow; nil allows all.
func meet(a, b []string) []string {
	if a == nil {
		return b
	}
	both := []string{}
	for _, one := range a {
		if slices.Contains(b, one) {
			both = append(both, one)
		}
	}
	return both
}

// ruleset reads one. What the bot itself may, GitHub tells whoever asks; the list of who may, only those who may change it.
func (e *examination) ruleset(ctx context.Context, id int64) doctor.Known[doctor.Ruleset] {
	const right = "the settings of the repository, at Rules, show who is on its bypass list"
	var r struct {
		Name   string  `json:"name"`
		Can    string  `json:"current_user_can_bypass"`
		Actors []actor `json:"bypass_actors"`
	}
	if _, err := e.get(ctx, e.forge.rest, e.project("/rulesets/%d", id), &r); err != nil {
		return doctor.Unseen[doctor.Ruleset](fmt.Sprintf("ruleset %d: %s", id, e.why(err)), right)
	}
	found := doctor.Ruleset{ID: id, Name: r.Name, Bypass: doctor.Seen(r.Can)}
	if r.Can == "" {
		found.Bypass = e.bypass(r.Actors, right)
	}
	return doctor.Seen(found)
}

// actor is one of those who may pass a ruleset by.
type actor struct {
	ID   int64  `json:"actor_id"`
	Type string `json:"actor_type"`
	Mode string `json:"bypass_mode"`
}

// bypass is what an older server's list says of an App. An App is on it by its number or not at all; nothing is known of a token's owner.
func (e *examination) bypass(actors []actor, right string) doctor.Known[string] {
	if actors == nil || e.forge.app == 0 && len(actors) > 0 {
		return doctor.Unseen[string]("GitHub does not tell", right)
	}
	for _, a := range actors {
		if a.Type == "Integration" && a.ID == e.forge.app {
			return doctor.Seen(a.Mode)
		}
	}
	return doctor.Seen("never")
}

// protection reads the older kind, which only administrators see.
func (e *examination) protection(ctx context.Context) {
	var p struct {
		Admins struct {
			Enabled bool `json:"enabled"`
		} `json:"enforce_admins"`
		Linear struct {
			Enabled bool `json:"enabled"`
		} `json:"required_linear_history"`
		Reviews *struct {
			Approvals int `json:"required_approving_review_count"`
			Bypass    struct {
				Users []struct {
					Login string `json:"login"`
				} `json:"users"`
				Teams []json.RawMessage `json:"teams"`
				Apps  []struct {
					ID int64 `json:"id"`
				} `json:"apps"`
			} `json:"bypass_pull_request_allowances"`
		} `json:"required_pull_request_reviews"`
	}
	ctx, cancel := context.WithTimeout(ctx, signedTimeout)
	defer cancel()
	if _, err := e.get(ctx, e.reader, e.project("/branches/%s/protection", url.PathEscape(e.branch)), &p); err != nil {
		e.facts.Protection.Value.Bypass = doctor.Unseen[doctor.Bypass](e.why(err), ofAdministrators)
		if e.facts.Rules.Value.Approvals.Value == 0 { // a ruleset asks for none, and what the protection asks for is hidden
			e.facts.Rules.Value.Approvals = doctor.Unseen[int](e.why(err), ofAdministrators)
		}
		return
	}
	e.facts.Rules.Value.Linear = e.facts.Rules.Value.Linear || p.Linear.Enabled
	found := doctor.Bypass{Admins: !p.Admins.Enabled}
	if p.Reviews != nil {
		if n := &e.facts.Rules.Value.Approvals; n.Seen {
			n.Value = max(n.Value, p.Reviews.Approvals)
		}
		for _, a := range p.Reviews.Bypass.Apps {
			found.Named = found.Named || e.forge.app != 0 && a.ID == e.forge.app
		}
		for _, u := range p.Reviews.Bypass.Users {
			found.Named = found.Named || e.forge.app == 0 && strings.EqualFold(u.Login, e.facts.Me.Value)
		}
		if len(p.Reviews.Bypass.Teams) > 0 && e.forge.app == 0 && !found.Named {
			e.facts.Protection.Value.Bypass = doctor.Unseen[doctor.Bypass]("teams may, and whether the bot is in one is not looked at", "the settings of the repository, at Branches, show it")
			return
		}
	}
	e.facts.Protection.Value.Bypass = doctor.Seen(found)
}
