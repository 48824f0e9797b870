package fakegithub

import (
	"fmt"
	"strings"
)

// settle makes the pull requests follow the branches after somebody moved some: those whose commits the target has are merged, those that lost a
// branch or have no commit left are closed, and a new head takes the approvals that a rule lets lapse.
func (s *Server) settle(by *user) {
	for _, p := range s.pulls {
		if !p.open {
			continue
		}
		head, base := s.head(p.source), s.head(p.target)
		switch {
		case base != "" && base != p.base && s.isAncestor(p.head, base):
			s.recordMerge(p, s.bringing(p.head, base), by)
		case head == "" || base == "":
			s.shut(p)
		default:
			s.follow(p, head, base)
		}
	}
}

func (s *Server) follow(p *pull, head, base string) {
	p.base = base
	if head == p.head {
		return
	}
	p.head, p.updated = head, s.clock()
	s.dequeue(p) // and auto-merge stays enabled, for whatever was pushed
	_, _ = s.git("update-ref", fmt.Sprintf("refs/pull/%d/head", p.number), head)
	if s.isAncestor(head, base) {
		s.shut(p)
		return
	}
	for _, r := range p.reviews {
		if r.state == "APPROVED" && s.rules.Approvals > 0 && !s.rules.KeepApprovals {
			r.state = "DISMISSED"
		}
	}
}

// bringing is the commit of the target's own line with which a commit came in.
func (s *Server) bringing(sha, base string) string {
	line, _ := s.git("rev-list", "--first-parent", base)
	found := base
	for c := range strings.FieldsSeq(line) {
		if !s.isAncestor(sha, c) {
			break
		}
		found = c
	}
	return found
}

func (s *Server) recordMerge(p *pull, sha string, by *user) {
	now := s.clock()
	p.open, p.auto, p.closed, p.merged, p.updated, p.mergeSHA, p.mergedBy = false, nil, now, now, now, sha, by
	s.dequeue(p)
}
