package stories

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/linnet-bot/linnet/internal/demo"
	"github.com/linnet-bot/linnet/internal/sim"
	"github.com/linnet-bot/linnet/pkg/chatops"
	"github.com/linnet-bot/linnet/pkg/conductor"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
	"github.com/linnet-bot/linnet/pkg/planner"
)

// judgeMerge holds a merge of the bot against promises 4, 5 and 6.
func (p *process) judgeMerge(number int, o forge.MergeOptions) {
	s := p.story
	r, err := s.forge.request(number)
	if err != nil || r.State != forge.Open || r.Head != o.Head {
		return // the forge refuses it
	}
	p.judgePaused(fmt.Sprintf("merges !%d", number))
	tip := s.forge.branches["main"]
	merged, conflicts := s.forge.merged(tip, r.Head)
	if len(conflicts) > 0 {
		return
	}
	phase, plan, back := p.phaseOf(r)
	if phase == nil {
		s.broken(5, "!%d is merged from %s, which is not a phase that may come now", number, r.Source)
	}
	if !merged.Equal(phase.After) {
		s.broken(5, "!%d is merged at %.8s, and that is not what is planned for main at %.8s:\n%s", number, r.Head, tip, tree.Patch(phase.After, merged))
	}
	if s.merge == conductor.OnPromote && !p.promoted(number, r.Head) {
		s.broken(5, "!%d is merged at %.8s, and nobody who may has promoted that commit", number, r.Head)
	}
	if alone := p.fault.kind != race && p.fault.kind != meantime; alone && s.forge.gate(r.Head) != forge.Success { // two bots may each say what they see
		s.broken(5, "!%d is merged at %.8s although the bot's own check of it is %q", number, r.Head, s.forge.gate(r.Head))
	}
	seen := p.seen
	if seen.hidden != "" {
		s.broken(4, "!%d (%s) is merged although the observer did not show %s: unknown is never green", number, phase.Name, seen.hidden)
	}
	skipped := p.said(number, r.Head, chatops.SkipSoak, "ana")
	need := phase.EntryGate.Soak
	if skipped {
		need = 0
	}
	if denied := s.denied(plan, back, seen.truth, need); len(denied) > 0 {
		s.broken(4, "!%d (%s) is merged, and in truth: %s", number, phase.Name, strings.Join(denied, "; "))
	}
	if why := s.unsoaked(plan, back, need); why != "" {
		s.broken(4, "!%d (%s) takes a soak of %s, and %s", number, phase.Name, need, why)
	}
}

// phaseOf is the phase that a branch stands for, of those that may come now.
func (p *process) phaseOf(r *request) (phase *planner.Phase, plan planner.Plan, back bool) {
	plan, err := planOf(p.story.files())
	place, ok := conductor.ParseBranch(environment, r.Source)
	if err != nil || !ok {
		return nil, plan, false
	}
	if plan.Back != nil && plan.Back.Name == place.Phase {
		return plan.Back, plan, true
	}
	if plan.Done < len(plan.Phases) && plan.Phases[plan.Done].Name == place.Phase {
		return &plan.Phases[plan.Done], plan, false
	}
	return nil, plan, false
}

// denied is why the truth speaks against a merge, in words.
func (s *story) denied(plan planner.Plan, back bool, truth sim.Truth, soak time.Duration) []string {
	if back {
		return deniedBack(plan, truth)
	}
	plan.Phases = slices.Clone(plan.Phases)
	for i := range plan.Phases {
		plan.Phases[i].ExitGate.Soak, plan.Phases[i].EntryGate.Soak = min(soak, plan.Phases[i].ExitGate.Soak), min(soak, plan.Phases[i].EntryGate.Soak)
	}
	applied := truth.Applied[strings.LastIndex(truth.Applied, ":")+1:]
	denied := demo.Denied(plan, plan.Done, applied, truth)
	// The gateways' shared label goes back with the first gateway that is taken back, and forward again with the same one.
	wasBack := slices.ContainsFunc(s.forge.requests, func(r *request) bool { return r.State == forge.Merged && strings.Contains(r.Source, "-back-") })
	gateway := plan.Done < len(plan.Phases) && (plan.Phases[plan.Done].Kind == planner.Gateway || plan.Phases[plan.Done].Kind == planner.HomeGateway)
	return slices.DeleteFunc(denied, func(why string) bool {
		if wasBack && gateway && strings.HasPrefix(why, "namespace ") {
			return true
		}
		// A person who merges by force leaves things behind that are none of the next gate's.
		return !s.blamed.IsZero() && (strings.HasSuffix(why, "has no proxy") || strings.HasSuffix(why, "has not deployed what it was told to"))
	})
}

// deniedBack is the same for a step back: what it takes away is used by nobody, and what it needs is there.
func deniedBack(plan planner.Plan, t sim.Truth) []string {
	var denied []string
	unused := func(revision string) {
		for _, p := range t.Proxies {
			if p.Injected == revision || p.Connected == revision {
				denied = append(denied, fmt.Sprintf("%s/%s still uses %s", p.Namespace, p.Pod, revision))
			}
		}
		for _, l := range t.Leading {
			if strings.HasSuffix(l, " to "+revision) {
				denied = append(denied, "namespace "+l)
			}
		}
	}
	needs := func(name string) {
		if !slices.Contains(t.Objects, name) {
			denied = append(denied, name+" is not there to take the proxies back")
		}
	}
	u := plan.Upgrade
	switch plan.Back.Kind {
	case planner.Canary:
		unused(u.Canary.Revision)
	case planner.Bump:
		unused(u.Home.Revision)
	case planner.Wave, planner.Gateway:
		needs("istiod")
	case planner.Home, planner.HomeGateway:
		needs("istiod-" + u.Canary.Revision)
	}
	return denied
}

// unsoaked recounts the soak from what the observer handed out: an unbroken row of whole sights that nothing speaks against, close together and long enough.
func (s *story) unsoaked(plan planner.Plan, back bool, need time.Duration) string {
	if need == 0 {
		return ""
	}
	var last, first time.Time
	for _, seen := range slices.Backward(s.eyes.handed) {
		why := seen.hidden
		if why == "" && len(s.denied(plan, back, seen.truth, 0)) > 0 {
			why = "that all was well, for it was not"
		}
		if last.IsZero() {
			last, first = seen.at, seen.at
		}
		gap := first.Sub(seen.at)
		if why != "" || gap > maxGap {
			if why == "" {
				why = fmt.Sprintf("anything for %s", gap)
			}
			return fmt.Sprintf("the row of green looks is only %s long: before it the observer did not show %s", last.Sub(first), why)
		}
		if first = seen.at; last.Sub(first) >= need {
			return ""
		}
	}
	return fmt.Sprintf("the bot has looked for %s only", last.Sub(first))
}

// promoted tells whether somebody who may has promoted a head, when the look began or now.
func (p *process) promoted(number int, head string) bool {
	return p.said(number, head, chatops.Promote, "ana", "ben", "eve")
}

func (p *process) said(number int, head, verb string, who ...string) bool {
	s := p.story
	told := func(all []forge.Comment, roles map[string]chatops.Role) bool {
		return slices.ContainsFunc(all, func(c forge.Comment) bool {
			words := strings.Fields(c.Body)
			if len(words) < 2 || words[0] != chatops.Prefix || words[1] != verb || !c.Edited.IsZero() || !slices.Contains(who, c.By.Name) || s.forge.headAt[c.ID] != head {
				return false
			}
			if verb == chatops.Promote && len(words) == 3 && !strings.HasPrefix(head, words[2]) {
				return false
			}
			return verb != chatops.Promote || roles[c.By.Name] >= chatops.Maintainer
		})
	}
	return told(p.before.comments[number], p.before.roles) || told(s.forge.comments[number], s.roles)
}

// judgePaused: a pause that stood when the look began holds.
func (p *process) judgePaused(what string) {
	s := p.story
	newest := s.newest()
	if newest == nil {
		return
	}
	paused := int64(0)
	for _, c := range p.before.comments[newest.Number] {
		words := strings.Fields(c.Body)
		if len(words) < 2 || words[0] != chatops.Prefix || !c.Edited.IsZero() {
			continue
		}
		switch words[1] {
		case chatops.Pause:
			if s.roles[c.By.Name] >= chatops.Developer && p.before.roles[c.By.Name] >= chatops.Developer {
				paused = c.ID
			}
		case chatops.Resume, chatops.Rollback, chatops.Abort:
			if c.By.Name == "ana" {
				paused = 0 // and be it that it was refused
			}
		}
	}
	if paused != 0 && slices.ContainsFunc(s.forge.comments[newest.Number], func(c forge.Comment) bool { return c.ID == paused }) {
		s.broken(6, "%s %s although comment %d below !%d paused it", p.name, what, paused, newest.Number)
	}
}

// judgeCommit: a branch that somebody else has written to is never written to again, and main never.
func (p *process) judgeCommit(c forge.NewCommit) {
	s := p.story
	p.judgePaused("commits to " + c.Branch)
	if _, ok := conductor.ParseBranch(environment, c.Branch); !ok {
		s.broken(6, "%s commits to %s, which is not a branch of its own", p.name, c.Branch)
	}
	if head, there := s.forge.branches[c.Branch]; there && !c.Create && head == c.Parent {
		if by := s.forge.commits[head].Author; by != bot && !s.forge.isAncestor(head, s.forge.branches["main"]) {
			s.broken(6, "%s writes to %s on top of a commit by %s", p.name, c.Branch, by)
		}
	}
}

// judgeOpen: one open merge request, and none twice for the same phase but in place of one that the bot itself closed.
func (p *process) judgeOpen(o forge.OpenRequest) {
	s := p.story
	p.judgePaused("opens a merge request from " + o.Source)
	for _, r := range s.forge.requests {
		s.forge.look(r)
		switch {
		case r.State == forge.Open && r.Source != o.Source && !s.reopened[r.Number]:
			s.broken(6, "%s opens a merge request from %s while !%d is open", p.name, o.Source, r.Number)
		case r.Source != o.Source:
		case r.State == forge.Merged && conductor.WhyClosed(s.forge.comments[r.Number], named(bot)) == "":
			s.broken(6, "%s opens a merge request from %s again: !%d was merged from it", p.name, o.Source, r.Number)
		case r.State == forge.Closed && conductor.WhyClosed(s.forge.comments[r.Number], named(bot)) == "":
			s.broken(6, "%s opens a merge request from %s again: a person closed !%d", p.name, o.Source, r.Number)
		}
	}
}

// check holds the story against promises 3, 4 and 6 as it stands. whole tells that the last thing that happened was a look that came to its end.
func (s *story) check(whole bool) {
	truth := s.eyes.truth()
	offended := map[string]int{}
	leads := map[string]int{}
	for _, l := range truth.Leading {
		ns, _, _ := strings.Cut(l, " to ")
		leads[ns]++
	}
	for _, ns := range s.meshed {
		if leads[ns] != 1 {
			offended[fmt.Sprintf("namespace %s leads to %d control planes", ns, leads[ns])] = 3
		}
	}
	for _, pod := range truth.Bare {
		offended["pod "+pod+" has no proxy"] = 3
	}
	for _, p := range truth.Proxies {
		name := "istiod"
		if p.Injected != "default" {
			name += "-" + p.Injected
		}
		if !slices.Contains(truth.Objects, name) {
			offended[fmt.Sprintf("proxy %s/%s is without its control plane %s", p.Namespace, p.Pod, name)] = 4
		}
	}
	innocent := s.cluster.Now().Before(s.blamed) || len(s.troubles) > 0
	for _, what := range slices.Sorted(maps.Keys(offended)) {
		if !innocent && !s.excused[what] {
			s.broken(offended[what], "%s, and neither a person nor a misbehaviour did it", what)
		}
	}
	s.excused = map[string]bool{}
	for what := range offended {
		s.excused[what] = true
	}
	open := 0
	for _, r := range s.forge.requests {
		s.forge.look(r)
		if r.State == forge.Open && !s.reopened[r.Number] {
			open++
		}
		notes := map[string]int{}
		for _, c := range s.forge.comments[r.Number] {
			if name, ok := forge.NoteName(c.Body); ok && c.By.Name == bot {
				if notes[name]++; whole && notes[name] > 1 {
					s.broken(6, "the note %s stands twice below !%d", name, r.Number)
				}
			}
		}
	}
	if open > 1 {
		s.broken(6, "%d merge requests are open", open)
	}
}
