package fakegithub

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// sight is what webhooks tell of, as it was when they told last. What happened is what differs from it, whoever did it and by which interface.
type sight struct {
	refs     map[string]string // by branch
	pulls    map[*pull]pull
	comments map[*comment]comment
	reviews  map[*review]string // state
	runs     map[*run]string    // status and conclusion
	statuses int
	trials   map[string]trial // by SHA
}

// trial is a merge group.
type trial struct {
	pull         *pull
	base, branch string
}

func (s *Server) look() sight {
	v := sight{refs: map[string]string{}, pulls: map[*pull]pull{}, comments: map[*comment]comment{}, reviews: map[*review]string{}, runs: map[*run]string{},
		statuses: len(s.statuses), trials: map[string]trial{}}
	list, _ := s.git("for-each-ref", "--format=%(objectname) %(refname:lstrip=2)", "refs/heads/")
	for line := range strings.Lines(list) {
		sha, branch, _ := strings.Cut(strings.TrimSpace(line), " ")
		v.refs[branch] = sha
	}
	for _, p := range s.pulls {
		held := *p
		held.labels, held.comments = slices.Clone(p.labels), slices.Clone(p.comments)
		v.pulls[p] = held
		for _, m := range p.comments {
			v.comments[m] = *m
		}
		for _, r := range p.reviews {
			v.reviews[r] = r.state
		}
	}
	for _, r := range s.runs {
		v.runs[r] = r.status + r.conclusion
	}
	for _, w := range s.queue {
		v.trials[w.sha] = trial{w.pull, w.base, w.branch}
	}
	return v
}

// notice tells of everything that has happened since it was called last. Its caller holds s.mu.
func (s *Server) notice(by *user) {
	if len(s.hooks) == 0 {
		return
	}
	was := s.seen
	s.seen = s.look()
	s.noticePushes(was, by)
	for _, p := range s.pulls {
		s.noticePull(was, p, by)
		s.noticeComments(was, p, by)
		for _, r := range p.reviews {
			s.noticeReview(was, p, r, by)
		}
	}
	s.noticeChecks(was)
	s.noticeTrials(was, by)
}

// noticed is for a call, once it is done. What only reads changes nothing.
func (c *call) noticed() {
	if c.r.Method != http.MethodGet {
		c.notice(c.who.user)
	}
}

func (s *Server) noticePushes(was sight, by *user) {
	branches := slices.Sorted(maps.Keys(was.refs))
	for _, branch := range slices.Sorted(maps.Keys(s.seen.refs)) {
		if _, old := was.refs[branch]; !old {
			branches = append(branches, branch)
		}
	}
	for _, branch := range branches {
		if before, after := was.refs[branch], s.seen.refs[branch]; before != after {
			s.tell("push", "", by, s.pushed(branch, before, after, by), everybody)
			s.noticeSuites(before, after, by)
		}
	}
}

func (s *Server) noticePull(was sight, p *pull, by *user) {
	old, known := was.pulls[p]
	tell := func(action string, more obj) {
		who := by
		if action == "closed" && p.mergedBy != nil {
			who = p.mergedBy
		}
		parts := obj{"number": p.number, "pull_request": s.elsewhere().told(p)}
		for name, part := range more {
			parts[name] = part
		}
		s.tell("pull_request", action, who, parts, everybody)
	}
	if !known {
		tell("opened", nil)
		old = *p
		old.labels, old.open = nil, true
	}
	if changes := old.changes(p); len(changes) > 0 {
		tell("edited", obj{"changes": changes})
	}
	for _, l := range p.labels {
		if !slices.Contains(old.labels, l) {
			tell("labeled", obj{"label": s.elsewhere().label(l)})
		}
	}
	for _, step := range []struct {
		action   string
		happened bool
	}{
		{"reopened", p.open && !old.open},
		{"converted_to_draft", p.draft && !old.draft},
		{"ready_for_review", !p.draft && old.draft},
		{"auto_merge_enabled", p.auto != nil && old.auto == nil},
		{"enqueued", p.place != nil && old.place == nil},
	} {
		if step.happened {
			tell(step.action, nil)
		}
	}
	if p.head != old.head {
		tell("synchronize", obj{"before": old.head, "after": p.head})
	}
	if p.place == nil && old.place != nil {
		tell("dequeued", obj{"reason": p.dequeuedBy()})
	}
	if !p.open && old.open {
		tell("closed", nil)
	}
}

// changes are the old texts.
func (p *pull) changes(now *pull) obj {
	o := obj{}
	if p.title != now.title {
		o["title"] = obj{"from": p.title}
	}
	if p.body != now.body {
		o["body"] = obj{"from": p.body}
	}
	return o
}

// dequeuedBy is why one is no more in the queue, as far as it can be told.
func (p *pull) dequeuedBy() string {
	switch {
	case !p.merged.IsZero():
		return "MERGE"
	case !p.open:
		return "MANUAL"
	}
	return "UNKNOWN_REMOVAL_REASON"
}

func (s *Server) noticeComments(was sight, p *pull, by *user) {
	c := s.elsewhere()
	tell := func(action string, who *user, m *comment, more obj) {
		parts := obj{"issue": c.issue(p), "comment": c.commented(p, m)}
		for name, part := range more {
			parts[name] = part
		}
		s.tell("issue_comment", action, who, parts, everybody)
	}
	for _, m := range p.comments {
		switch old, known := was.comments[m]; {
		case !known:
			tell("created", m.by, m, nil)
		case old.body != m.body || !old.edited.Equal(m.edited):
			tell("edited", by, m, obj{"changes": obj{"body": obj{"from": old.body}}})
		}
	}
	// Those that are gone are known from before.
	for _, m := range was.pulls[p].comments {
		if _, there := s.seen.comments[m]; !there {
			old := was.comments[m]
			tell("deleted", by, &old, nil)
		}
	}
}

func (s *Server) noticeReview(was sight, p *pull, r *review, by *user) {
	switch old, known := was.reviews[r]; {
	case !known:
		s.tell("pull_request_review", "submitted", r.by, s.reviewed(p, r), everybody)
	case old != r.state && r.state == "DISMISSED":
		s.tell("pull_request_review", "dismissed", by, s.reviewed(p, r), everybody)
	}
}

func (s *Server) noticeChecks(was sight) {
	for _, r := range s.runs {
		old, known := was.runs[r]
		if !known {
			s.tell("check_run", "created", r.app.bot, obj{"check_run": s.elsewhere().checked(r)}, everybody)
		}
		if r.status == "completed" && old != r.status+r.conclusion {
			s.tell("check_run", "completed", r.app.bot, obj{"check_run": s.elsewhere().checked(r)}, everybody)
		}
	}
	for _, st := range s.statuses[was.statuses:] {
		s.tell("status", "", st.by, s.stated(st), everybody)
	}
}

// noticeTrials tells Apps of merge groups: those of a repository never hear that checks are wanted.
func (s *Server) noticeTrials(was sight, by *user) {
	for _, sha := range slices.Sorted(maps.Keys(was.trials)) {
		if _, there := s.seen.trials[sha]; there {
			continue
		}
		t, reason := was.trials[sha], "dequeued"
		switch {
		case !t.pull.merged.IsZero():
			reason = "merged"
		case t.pull.place != nil:
			reason = "invalidated"
		}
		s.tell("merge_group", "destroyed", by, obj{"reason": reason, "merge_group": s.group(sha, t)}, everybody)
	}
	for _, w := range s.queue {
		if _, old := was.trials[w.sha]; !old {
			s.tell("merge_group", "checks_requested", by, obj{"merge_group": s.group(w.sha, s.seen.trials[w.sha])}, everybody)
		}
	}
}
