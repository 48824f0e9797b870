package github

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	gh "github.com/google/go-github/v60/github"
)

// rules are what a branch wants of a merge, by rulesets and by the older branch protection together.
type rules struct {
	approvals int
	checks    []requiredCheck
	queue     bool // merges go through a merge queue
}

// requiredCheck is one name that must be green.
type requiredCheck struct {
	name string
	app  int64 // who must say so; 0 is anybody
}

// rulesOf reads them. Rules of kinds not named here are left to GitHub, whose mergeable_state tells of them.
func (f *Forge) rulesOf(ctx context.Context, branch string) (rules, error) {
	var r rules
	type rule struct {
		Type       string          `json:"type"`
		Parameters json.RawMessage `json:"parameters"`
	}
	at := fmt.Sprintf("repos/%s/%s/rules/branches/%s", f.owner, f.repo, url.PathEscape(branch))
	list, err := all(func(o gh.ListOptions) (part []rule, answer *gh.Response, err error) {
		answer, err = f.read(ctx, fmt.Sprintf("%s?per_page=%d&page=%d", at, o.PerPage, max(1, o.Page)), &part)
		return part, answer, err
	})
	if noRules(err) {
		list, err = nil, nil
	}
	if err != nil {
		return r, f.explain("read the rules of the branch "+branch, err)
	}
	for _, one := range list {
		switch one.Type {
		case "merge_queue":
			r.queue = true
		case "pull_request":
			var p struct {
				Approvals int `json:"required_approving_review_count"`
			}
			if err := json.Unmarshal(one.Parameters, &p); err != nil {
				return r, f.explain("read the rules of the branch "+branch, err)
			}
			r.approvals = max(r.approvals, p.Approvals)
		case "required_status_checks":
			var p struct {
				Checks []struct {
					Context string `json:"context"`
					App     *int64 `json:"integration_id"`
				} `json:"required_status_checks"`
			}
			if err := json.Unmarshal(one.Parameters, &p); err != nil {
				return r, f.explain("read the rules of the branch "+branch, err)
			}
			for _, c := range p.Checks {
				r.require(c.Context, c.App)
			}
		}
	}
	return r, f.addProtection(ctx, branch, &r)
}

// noRules is whether there can be none: an older server does not know them, and the plan of a private repository may not have them.
func noRules(err error) bool {
	if _, unknown := answered(err, http.StatusNotFound); unknown {
		return true
	}
	e, refused := answered(err, http.StatusForbidden)
	return refused && strings.Contains(e.Message, "Upgrade to")
}

func (r *rules) require(name string, app *int64) {
	c := requiredCheck{name: name}
	if app != nil && *app > 0 { // -1 is any, too
		c.app = *app
	}
	r.checks = append(r.checks, c)
}

// addProtection reads the older kind. Its checks are shown to everybody, its approvals only to administrators; GitHub's mergeable_state
// makes up for what is not shown.
func (f *Forge) addProtection(ctx context.Context, branch string, r *rules) error {
	at := fmt.Sprintf("repos/%s/%s/branches/%s", f.owner, f.repo, url.PathEscape(branch))
	var b struct {
		Protection struct {
			Enabled bool `json:"enabled"`
			Status  struct {
				Checks []struct {
					Context string `json:"context"`
					App     *int64 `json:"app_id"`
				} `json:"checks"`
			} `json:"required_status_checks"`
		} `json:"protection"`
	}
	if _, err := f.read(ctx, at, &b); err != nil {
		if _, gone := answered(err, http.StatusNotFound); gone {
			return nil
		}
		return f.explain("read the branch "+branch, err)
	}
	for _, c := range b.Protection.Status.Checks {
		r.require(c.Context, c.App)
	}
	if !b.Protection.Enabled {
		return nil
	}
	var p struct {
		Reviews struct {
			Approvals int `json:"required_approving_review_count"`
		} `json:"required_pull_request_reviews"`
	}
	if _, err := f.read(ctx, at+"/protection", &p); err != nil {
		for _, status := range []int{http.StatusForbidden, http.StatusNotFound} {
			if _, hidden := answered(err, status); hidden {
				return nil
			}
		}
		return f.explain("read the protection of the branch "+branch, err)
	}
	r.approvals = max(r.approvals, p.Reviews.Approvals)
	return nil
}

// read gets an answer that the client library would decode wrongly.
func (f *Forge) read(ctx context.Context, at string, into any) (*gh.Response, error) {
	request, err := f.rest.NewRequest(http.MethodGet, at, nil)
	if err != nil {
		return nil, err
	}
	return f.rest.Do(ctx, request, into)
}
