package fakegithub

import (
	"fmt"
	"slices"
)

// RerequestAll is somebody pressing Re-run all checks of a commit. Each App that has a run on it hears of it; GitHub does not touch the runs.
func (s *Server) RerequestAll(sha, as string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	runs := s.latestRuns(sha)
	if len(runs) == 0 {
		return fmt.Errorf("there is no check run on %s", sha)
	}
	var told []*app
	for _, r := range runs {
		_, u, err := s.atRun(r.id, as)
		if err != nil {
			return err
		}
		if !slices.Contains(told, r.app) {
			told = append(told, r.app)
			s.tellSuite(r.app, "rerequested", sha, nil, u)
		}
	}
	return nil
}

// noticeSuites begins the suites of Apps on a pushed commit, as GitHub does for each that may write checks.
func (s *Server) noticeSuites(before, after string, by *user) {
	if after == "" {
		return
	}
	for _, a := range s.apps {
		s.tellSuite(a, "requested", after, or(before), by)
	}
}

func (s *Server) tellSuite(a *app, action, sha string, before any, by *user) {
	s.tell("check_suite", action, by, obj{"check_suite": s.elsewhere().suite(a, sha, before)}, func(h *hook) bool { return h.app == a })
}

// suite is that of an App on a commit, with what its newest run says.
func (c *call) suite(a *app, sha string, before any) obj {
	o := obj{"id": a.id, "node_id": fmt.Sprintf("CS_%d", a.id), "head_branch": nil, "head_sha": sha, "status": "requested", "conclusion": nil, "url": c.at("check-suites/%d", a.id),
		"before": before, "after": sha, "pull_requests": c.requestsAt(sha), "app": c.integration(a), "created_at": stamp(c.clock()), "updated_at": stamp(c.clock()),
		"check_runs_url": c.at("check-suites/%d/check-runs", a.id), "head_commit": c.inside(sha).short()}
	for _, p := range c.pulls {
		if p.open && p.head == sha {
			o["head_branch"] = p.source
		}
	}
	n := 0
	for _, r := range c.latestRuns(sha) {
		if r.app != a {
			continue
		}
		if n++; n == 1 {
			o["status"], o["conclusion"] = r.status, or(r.conclusion)
		}
	}
	o["latest_check_runs_count"] = n
	return o
}
