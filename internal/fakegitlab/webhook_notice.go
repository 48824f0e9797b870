package fakegitlab

import (
	"maps"
	"net/http"
	"slices"
)

// sight is what webhooks tell of, as it was when they told last. What happened is what differs from it, whoever did it and by which interface.
type sight struct {
	refs      map[string]string
	requests  map[*mergeRequest]mergeRequest
	notes     map[*note]note
	pipelines map[*pipeline]string // status
}

func (s *Server) look() sight {
	v := sight{refs: maps.Clone(s.refs), requests: map[*mergeRequest]mergeRequest{}, notes: map[*note]note{}, pipelines: map[*pipeline]string{}}
	for _, m := range s.requests {
		held := *m
		held.labels, held.reviewers, held.approvals = slices.Clone(m.labels), slices.Clone(m.reviewers), slices.Clone(m.approvals)
		v.requests[m] = held
	}
	for _, n := range s.notes {
		v.notes[n] = *n
	}
	for _, p := range s.pipelines {
		v.pipelines[p] = p.status()
	}
	return v
}

// noticed is for a call, once it is done. What only reads changes nothing.
func (s *Server) noticed(c *call) {
	if c.Method != http.MethodGet {
		s.notice(c.user)
	}
}

// notice tells of everything that has happened since it was called last. Its caller holds s.mu.
func (s *Server) notice(by *User) {
	if len(s.listeners) == 0 {
		return
	}
	was := s.seen
	s.seen = s.look()
	s.noticePushes(was, by)
	for _, m := range s.requests {
		old, known := was.requests[m]
		if !known {
			s.tellRequest(m, "open", by, nil)
			continue
		}
		s.noticeRequest(old, m, by)
	}
	for _, n := range s.notes {
		old, known := was.notes[n]
		switch {
		case n.system: // GitLab's own remarks are not told
		case !known:
			s.tellNote(n, "create", n.by)
		case old.body != n.body:
			s.tellNote(n, "update", n.by)
		}
	}
	for _, p := range s.pipelines {
		if old, known := was.pipelines[p]; !known || old != s.seen.pipelines[p] {
			s.tell("Pipeline Hook", "", by, s.pipelineHook(p))
		}
	}
}

// mostRefs is how many branches one push may move so that it is told.
const mostRefs = 3

func (s *Server) noticePushes(was sight, by *User) {
	branches := slices.Collect(maps.Keys(was.refs))
	for branch := range s.seen.refs {
		if _, old := was.refs[branch]; !old {
			branches = append(branches, branch)
		}
	}
	branches = slices.DeleteFunc(branches, func(branch string) bool { return was.refs[branch] == s.seen.refs[branch] })
	if len(branches) > mostRefs {
		return
	}
	slices.Sort(branches)
	for _, branch := range branches {
		s.tell("Push Hook", "", by, s.pushHook(branch, was.refs[branch], s.seen.refs[branch], s.anybody(by)))
	}
}

func (s *Server) noticeRequest(old mergeRequest, m *mergeRequest, by *User) {
	if m.sha != old.sha {
		s.tellRequest(m, "update", by, map[string]any{"oldrev": old.sha})
	}
	if changes := s.changes(old, m); len(changes) > 0 {
		s.tellRequest(m, "update", by, map[string]any{"changes": changes})
	}
	s.noticeApprovals(old, m, by)
	if m.state == old.state {
		return
	}
	switch m.state {
	case "opened":
		s.tellRequest(m, "reopen", by, nil)
	case "closed":
		s.tellRequest(m, "close", by, nil)
	case "merged":
		s.tellRequest(m, "merge", m.mergedBy, nil)
	}
}

// noticeApprovals has other words for an approval that makes, or unmakes, what the rule asks for than for one that does not. GitLab itself takes
// them away all at once after a push, and says so.
func (s *Server) noticeApprovals(old mergeRequest, m *mergeRequest, by *User) {
	enough := func(n int) bool { return n > 0 && n >= s.settings.RequiredApprovals }
	switch had, has := len(old.approvals), len(m.approvals); {
	case has > had && enough(has):
		s.tellRequest(m, "approved", by, nil)
	case has > had:
		s.tellRequest(m, "approval", by, nil)
	case has < had:
		action, more := "unapproval", map[string]any(nil)
		if enough(had) && !enough(has) {
			action = "unapproved"
		}
		if m.sha != old.sha {
			more = map[string]any{"system": true, "system_action": "approvals_reset_on_push"}
		}
		s.tellRequest(m, action, by, more)
	}
}

func (s *Server) changes(old mergeRequest, m *mergeRequest) map[string]any {
	changes := map[string]any{}
	differ := func(name string, previous, current any, are bool) {
		if are {
			changes[name] = map[string]any{"previous": previous, "current": current}
		}
	}
	differ("title", old.title, m.title, old.title != m.title)
	differ("description", old.description, m.description, old.description != m.description)
	differ("draft", old.draft(), m.draft(), old.draft() != m.draft())
	differ("labels", s.labelsHook(&old), s.labelsHook(m), !slices.Equal(old.labels, m.labels))
	differ("reviewers", s.usersHook(old.reviewers), s.usersHook(m.reviewers), !slices.Equal(old.reviewers, m.reviewers))
	return changes
}
