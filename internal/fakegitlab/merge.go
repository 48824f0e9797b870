package fakegitlab

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// status is the detailed_merge_status: the first thing in the way, in GitLab's order.
func (s *Server) status(m *mergeRequest) (string, error) {
	if m.state != "opened" {
		return "not_open", nil
	}
	if forced := s.overrides[m.iid]; forced != "" {
		return forced, nil
	}
	target, source := s.refs[m.target], s.refs[m.source]
	if m.draft() {
		return "draft_status", nil
	}
	if target == "" || source == "" {
		return "commits_status", nil
	}
	ahead, err := s.git("rev-list", "--count", target+".."+source)
	if err != nil {
		return "", err
	}
	if ahead == "0" {
		return "commits_status", nil
	}
	if len(m.approvals) < s.settings.RequiredApprovals {
		return "not_approved", nil
	}
	if s.settings.PipelineMustSucceed {
		p := s.headPipeline(m)
		switch {
		case p == nil:
			return "ci_must_pass", nil
		case p.status() == "success":
		case p.status() == "failed" || p.status() == "canceled":
			return "ci_must_pass", nil
		default:
			return "ci_still_running", nil
		}
	}
	if s.settings.StatusCheck != 0 && s.statusCheck(m) != "passed" {
		return "status_checks_must_pass", nil
	}
	if _, err := s.mergedTree(target, source); err != nil {
		return "conflict", nil
	}
	if s.settings.MergeMethod != "merge" {
		if _, err := s.git("merge-base", "--is-ancestor", target, source); err != nil {
			return "need_rebase", nil
		}
	}
	return "mergeable", nil
}

func (s *Server) mergedTree(target, source string) (string, error) {
	tree, err := s.git("merge-tree", "--write-tree", target, source)
	tree, _, _ = strings.Cut(tree, "\n")
	return tree, err
}

// merge checks in the order of GitLab's API: state, what is in the way, then the SHA.
func (s *Server) merge(c *call) (int, any, error) {
	m, err := s.request(c)
	if err != nil {
		return 0, nil, err
	}
	status, err := s.status(m)
	if err != nil {
		return 0, nil, err
	}
	wait := c.text("merge_when_pipeline_succeeds") == "true"
	switch {
	case status == "mergeable", status == "ci_still_running" && wait:
	case status == "conflict", status == "need_rebase":
		return 0, nil, refuse(http.StatusUnprocessableEntity, "Branch cannot be merged")
	default:
		return 0, nil, refuse(http.StatusMethodNotAllowed, "405 Method Not Allowed")
	}
	if sha := c.text("sha"); sha != "" && sha != m.sha || s.refs[m.source] != m.sha {
		return 0, nil, refuse(http.StatusConflict, "SHA does not match HEAD of source branch: %s", m.sha)
	}
	m.message = c.text("merge_commit_message")
	if wait && (s.settings.MergeTrains || status == "ci_still_running") {
		m.auto = true
		return s.answer(200, m)
	}
	if err := s.carryOut(m, c.user, c.text("squash") == "true", c.text("squash_commit_message")); err != nil {
		return 0, nil, err
	}
	return s.answer(200, m)
}

// RunTrain merges what waits to be merged.
func (s *Server) RunTrain() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.notice(nil)
	for _, m := range s.requests {
		if m.auto {
			if err := s.carryOut(m, m.author, false, ""); err != nil {
				return err
			}
		}
	}
	return nil
}

// carryOut writes the target as the project's merge method says: a squash is a commit on the target of its own, which a merge commit then merges.
func (s *Server) carryOut(m *mergeRequest, who *User, squash bool, squashMessage string) error {
	target, source := s.refs[m.target], m.sha
	tree, err := s.mergedTree(target, source)
	if err != nil {
		return err
	}
	head, squashed, merged := source, "", ""
	if squash {
		if squashMessage == "" {
			squashMessage = m.title
		}
		if squashed, err = s.writeCommit(who, tree, squashMessage, target); err != nil {
			return err
		}
		head = squashed
	}
	if s.settings.MergeMethod != "ff" {
		message := m.message
		if message == "" {
			message = fmt.Sprintf("Merge branch '%s' into '%s'\n\n%s\n\nSee merge request %s!%s", m.source, m.target, m.title, s.o.Path, strconv.Itoa(m.iid))
		}
		if merged, err = s.writeCommit(who, tree, message, target, head); err != nil {
			return err
		}
		head = merged
	}
	if _, err := s.git("update-ref", "refs/heads/"+m.target, head, target); err != nil {
		return err
	}
	m.merged(s.now(), who, merged, squashed)
	return s.refresh(who)
}
