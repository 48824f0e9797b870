package fakegithub

import (
	"fmt"
	"slices"
	"strings"
)

// waiting is a place in the merge queue, and the trial merge that GitHub made for it.
type waiting struct {
	pull   *pull
	by     *user
	base   string // what the trial stands on: the tip, or the trial ahead
	sha    string
	branch string
}

// enqueue puts a pull request at the end of the queue and tries it out.
func (s *Server) enqueue(p *pull, by *user) {
	p.auto, p.place = nil, &waiting{pull: p, by: by}
	s.queue = append(s.queue, p.place)
	s.rebuild()
}

// dequeue takes one out.
func (s *Server) dequeue(p *pull) {
	if p.place == nil {
		return
	}
	s.queue = slices.DeleteFunc(s.queue, func(w *waiting) bool { return w == p.place })
	s.forget(p.place)
	p.place = nil
	s.rebuild()
}

func (s *Server) forget(w *waiting) {
	if w.branch != "" {
		_, _ = s.git("update-ref", "-d", "refs/heads/"+w.branch)
	}
	w.base, w.sha, w.branch = "", "", ""
}

// rebuild makes the trials that do not stand where they should: each on the one ahead, the first on the tip. What conflicts drops out.
func (s *Server) rebuild() {
	on := s.head("main")
	for _, w := range slices.Clone(s.queue) {
		if w.base == on {
			on = w.sha
			continue
		}
		s.forget(w)
		root, clean := s.mergedTree(on, w.pull.head)
		now := s.clock()
		var err error
		if clean {
			w.sha, err = s.commitTree(root, []string{on, w.pull.head}, signature(w.by, now), fmt.Sprintf("Merge pull request #%d from %s/%s", w.pull.number, s.owner, w.pull.source), now)
		}
		if !clean || err != nil {
			s.queue = slices.DeleteFunc(s.queue, func(o *waiting) bool { return o == w })
			w.pull.place = nil
			continue
		}
		w.base, w.branch = on, fmt.Sprintf("gh-readonly-queue/main/pr-%d-%s", w.pull.number, on)
		_, _ = s.git("update-ref", "refs/heads/"+w.branch, w.sha)
		on = w.sha
	}
}

// RunQueue is GitHub getting round to it: pull requests whose rules are met by now are merged where somebody enabled auto-merge, or queued where main has a
// queue; and of those in the queue the foremost is merged once the required checks of its trial are green, and dropped when one of them failed.
func (s *Server) RunQueue() {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.notice(nil)
	for _, p := range s.pulls {
		switch {
		case !p.open || p.auto == nil || p.draft || s.wanting(p) != "":
		case s.rules.Queue:
			s.enqueue(p, p.auto)
		default:
			s.merge(p, "merge", "", "", p.auto)
		}
	}
	s.rebuild()
	for len(s.queue) > 0 {
		first := s.queue[0]
		green := true
		for _, want := range s.rules.Checks {
			if s.hasFailed(first.sha, want) {
				s.dequeue(first.pull)
				green = false
				break
			}
			green = green && s.isGreen(first.sha, want)
		}
		if len(s.queue) == 0 || s.queue[0] != first {
			continue
		}
		if !green {
			return
		}
		s.queue = s.queue[1:]
		_, err := s.git("update-ref", "refs/heads/main", first.sha, first.base)
		if err != nil { // somebody pushed
			s.queue = slices.Insert(s.queue, 0, first)
			s.rebuild()
			continue
		}
		sha := first.sha
		s.forget(first)
		first.pull.place = nil
		s.recordMerge(first.pull, sha, first.by)
		s.settle(first.by)
	}
}

// hasFailed is whether a required check has ended and is not green.
func (s *Server) hasFailed(sha string, want RequiredCheck) bool {
	for _, r := range s.latestRuns(sha) {
		if r.name == want.Name && (want.App == 0 || r.app.id == want.App) && r.status == "completed" {
			return !s.isGreen(sha, want)
		}
	}
	for _, st := range slices.Backward(s.statuses) {
		if want.App == 0 && st.sha == sha && strings.EqualFold(st.context, want.Name) {
			return st.state == "failure" || st.state == "error"
		}
	}
	return false
}

// EnableAutoMerge is somebody who lets GitHub merge a pull request as soon as the rules let it.
func (s *Server) EnableAutoMerge(number int, login string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.notice(nil)
	i := slices.IndexFunc(s.users, func(u *user) bool { return u.login == login })
	s.pulls[number-1].auto = s.users[i]
}

// Queue lists the numbers of the pull requests in the merge queue, the foremost first, and the trial commits.
func (s *Server) Queue() (numbers []int, trials []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range s.queue {
		numbers, trials = append(numbers, w.pull.number), append(trials, w.sha)
	}
	return numbers, trials
}

// TakeQueues takes the permission to read merge queues from an App, before it gets any token.
func (s *Server) TakeQueues(of App) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.apps {
		a.withoutQueues = a.withoutQueues || a.id == of.ID
	}
}
