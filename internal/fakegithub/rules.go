package fakegithub

import (
	"fmt"
	"net/http"
)

// Rules are what main wants of a merge.
type Rules struct {
	// Approvals are how many are required; a push dismisses those that were given unless KeepApprovals.
	Approvals     int
	KeepApprovals bool
	// Checks must be green.
	Checks []RequiredCheck
	// Queue makes every merge go through the merge queue.
	Queue bool
	// Classic says it as branch protection, which only administrators can read in full, and not as a ruleset.
	Classic bool
}

// RequiredCheck is one name and, unless 0, the App that must say it.
type RequiredCheck struct {
	Name string
	App  int64
}

// SetRules replaces the rules of main.
func (s *Server) SetRules(r Rules) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules = r
}

// Rules gives those that are in force.
func (s *Server) Rules() Rules {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rules
}

// branchRules answers with the rules of a branch, one of a kind among them that the client library does not know.
func (c *call) branchRules() (int, any) {
	list := []any{}
	if c.r.PathValue("branch") != "main" || c.rules.Classic {
		return http.StatusOK, list
	}
	rule := func(kind string, parameters obj) {
		o := obj{"type": kind, "ruleset_source_type": "Repository", "ruleset_source": c.owner + "/" + c.name, "ruleset_id": 7}
		if parameters != nil {
			o["parameters"] = parameters
		}
		list = append(list, o)
	}
	rule("max_file_size", obj{"max_file_size": 100})
	if c.rules.Approvals > 0 {
		rule("pull_request", obj{"dismiss_stale_reviews_on_push": !c.rules.KeepApprovals, "require_code_owner_review": false, "require_last_push_approval": false,
			"required_approving_review_count": c.rules.Approvals, "required_review_thread_resolution": false})
	}
	if len(c.rules.Checks) > 0 {
		var checks []any
		for _, want := range c.rules.Checks {
			o := obj{"context": want.Name}
			if want.App != 0 {
				o["integration_id"] = want.App
			}
			checks = append(checks, o)
		}
		rule("required_status_checks", obj{"required_status_checks": checks, "strict_required_status_checks_policy": false})
	}
	if c.rules.Queue {
		rule("merge_queue", obj{"check_response_timeout_minutes": 60, "grouping_strategy": "ALLGREEN", "max_entries_to_build": 5, "max_entries_to_merge": 5,
			"merge_method": "MERGE", "min_entries_to_merge": 1, "min_entries_to_merge_wait_minutes": 5})
	}
	return http.StatusOK, page(c, list)
}

func (c *call) requiredStatusChecks() obj {
	contexts, checks := []any{}, []any{}
	for _, want := range c.rules.Checks {
		contexts = append(contexts, want.Name)
		o := obj{"context": want.Name, "app_id": nil}
		if want.App != 0 {
			o["app_id"] = want.App
		}
		checks = append(checks, o)
	}
	return obj{"enforcement_level": "everyone", "contexts": contexts, "checks": checks}
}

func (c *call) protection() (int, any) {
	if c.who.user.role != "admin" {
		return fail(http.StatusForbidden, "Resource not accessible by integration")
	}
	if !c.rules.Classic || c.r.PathValue("branch") != "main" {
		return fail(http.StatusNotFound, "Branch not protected")
	}
	return http.StatusOK, obj{"url": c.at("branches/main/protection"), "required_status_checks": c.requiredStatusChecks(),
		"required_pull_request_reviews": obj{"dismiss_stale_reviews": !c.rules.KeepApprovals, "require_code_owner_reviews": false, "required_approving_review_count": c.rules.Approvals}}
}

// wanting says in GitHub's words what the rules miss.
func (s *Server) wanting(p *pull) string {
	if p.target != "main" {
		return ""
	}
	if n := s.rules.Approvals; p.approvals() < n {
		return fmt.Sprintf("At least %d approving review is required by reviewers with write access.", n)
	}
	for _, want := range s.rules.Checks {
		if !s.isGreen(p.head, want) {
			return fmt.Sprintf("Required status check %q is expected.", want.Name)
		}
	}
	return ""
}
