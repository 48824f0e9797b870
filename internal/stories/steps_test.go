package stories

import (
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/linnet-bot/linnet/internal/sim"
	"github.com/linnet-bot/linnet/pkg/conductor"
	"github.com/linnet-bot/linnet/pkg/forge"
)

// step is one kind of transition.
type step struct {
	name   string
	weight int
	do     func(s *story)
}

// steps are what may happen next. The plainest come first, since stories are made shorter and plainer when they break a promise.
var steps = []step{
	{"watch", 12, (*story).watch},
	{"cooperate", 10, (*story).cooperate},
	{"promote", 6, (*story).promote},
	{"race", 4, (*story).race},
	{"go along dimly", 10, (*story).dimly},
	{"turn round", 2, (*story).turnRound},
	{"remark", 4, (*story).remark},
	{"faulty look", 8, (*story).faultyLook},
	{"time passes", 4, (*story).wait},
	{"the observer", 5, (*story).changeMood},
	{"misbehave", 4, (*story).misbehave},
	{"heal", 4, (*story).heal},
	{"rewrite", 2, (*story).rewrite},
	{"push", 3, (*story).push},
	{"merge by hand", 2, (*story).mergeByHand},
	{"close", 1, (*story).closeIt},
	{"reopen", 2, (*story).reopen},
	{"delete a branch", 1, (*story).deleteBranch},
	{"a branch of one's own", 1, (*story).ownBranch},
	{"edit main", 2, (*story).editMain},
	{"edit the canary", 1, (*story).editCanary},
	{"put right", 3, func(s *story) { s.putRight("") }},
	{"revert", 1, (*story).revert},
	{"push a phase", 1, (*story).pushPhase},
	{"role", 1, (*story).role},
	{"clock", 1, (*story).jump},
}

var dice = func() (all []int) {
	for i, s := range steps {
		for range s.weight {
			all = append(all, i)
		}
	}
	return all
}()

// next is one transition, drawn.
func (s *story) next() {
	if s.finished {
		return
	}
	was, _ := s.forge.as(bot).Find(ctx, forge.Query{})
	steps[rapid.SampledFrom(dice).Draw(s.T, "step")].do(s)
	for _, p := range s.bots {
		p.before.requests = was
	}
	s.count()
	s.check(false)
}

// count counts a transition.
func (s *story) count() {
	*s.counted++
}

// bot is the one that looks now; the second one looks now and then.
func (s *story) looker() *process {
	return s.bots[rapid.SampledFrom([]int{0, 0, 0, 1}).Draw(s.T, "bot")]
}

// watch lets the bot look every half minute for some minutes. Each look is a transition.
func (s *story) watch() {
	p := s.looker()
	for range rapid.IntRange(1, 12).Draw(s.T, "looks") {
		s.watchOnce(p)
	}
}

func (s *story) watchOnce(p *process) (conductor.Status, bool) { return s.watchWith(p, fault{}) }

func (s *story) watchWith(p *process, f fault) (conductor.Status, bool) {
	s.pass(tick)
	status, ok := p.look(f)
	s.said(p, status)
	s.finished = status.Situation == conductor.Finished
	s.count()
	s.check(ok)
	return status, ok
}

// said tells where the bot says that it stands, where that is new.
func (s *story) said(p *process, status conductor.Status) {
	text := fmt.Sprintf("%s looks: %s, %d in", p.name, status.Situation, status.Done)
	if status.Request > 0 {
		text += fmt.Sprintf(", !%d, gate %s", status.Request, status.Health)
	}
	if p.told != text {
		p.told = text
		s.say("  %s", text)
	}
}

// cooperate is a reviewer who goes along until something is merged, or patience ends.
func (s *story) cooperate() {
	s.say("ana goes along for a while")
	s.along(fault{})
}

// dimly is the same, while the observer does not see everything.
func (s *story) dimly() {
	s.eyes.mood = rapid.SampledFrom(moods[1:]).Draw(s.T, "mood")
	s.say("the observer %s, and ana goes along for a while", s.eyes.mood)
	s.along(fault{})
	s.eyes.mood = clear
}

// race is the same, and just before the bot merges somebody is faster.
func (s *story) race() {
	other := rapid.SampledFrom([]func(*story){(*story).push, (*story).push, (*story).editMain, (*story).closeIt, (*story).rewrite, (*story).mergeByHand, (*story).otherLook}).Draw(s.T, "faster")
	s.say("ana goes along, and somebody is about to be faster than the bot")
	s.along(fault{kind: race, meanwhile: func() { other(s) }})
}

// along goes along until something is merged, or patience ends.
func (s *story) along(f fault) {
	p := s.bots[0]
	for range 30 {
		status, _ := s.watchWith(p, f)
		if p.raced {
			return
		}
		s.goAlong()
		if r := s.newest(); r != nil && r.State == forge.Merged && s.cluster.Now().Sub(r.Done) < tick {
			return
		}
		if status.Failed() || status.Situation == conductor.Paused || status.Situation == conductor.Around || status.Situation == conductor.Abandoned {
			return
		}
	}
}

// goAlong approves and promotes what is open, once for each head.
func (s *story) goAlong() {
	r := s.open()
	if r == nil || s.merge == conductor.Auto && s.forge.approved == 0 {
		return
	}
	if s.forge.approved > 0 && !slices.ContainsFunc(r.Approvals.Given, func(a forge.Approval) bool { return a.Head == r.Head }) {
		s.say("ana approves !%d", r.Number)
		s.must(s.forge.as("ana").Approve(ctx, r.Number, r.Head))
	}
	stands := slices.ContainsFunc(s.forge.comments[r.Number], func(c forge.Comment) bool {
		return c.By.Name == "ana" && c.Body == "/canary promote" && c.Edited.IsZero() && s.forge.headAt[c.ID] == r.Head &&
			!slices.ContainsFunc(c.Reactions, func(r forge.Reaction) bool { return r.Kind == forge.ThumbsDown })
	})
	if !stands && s.merge == conductor.OnPromote && r == s.newest() {
		s.write("ana", "/canary promote")
	}
}

// turnRound asks to go back, and goes along at once.
func (s *story) turnRound() {
	s.write("ana", "/canary rollback")
	s.watchOnce(s.bots[0])
	s.goAlong()
	s.watchOnce(s.bots[0])
}

// faultyLook is a look in which something goes wrong.
func (s *story) faultyLook() {
	p := s.looker()
	f := fault{kind: rapid.SampledFrom(faults).Draw(s.T, "fault"), at: rapid.IntRange(1, 8).Draw(s.T, "at")}
	switch f.kind {
	case readFails:
		f.at *= 3
	case meantime:
		f.at = (f.at + 1) / 2
		other := rapid.SampledFrom([]func(*story){(*story).push, (*story).promote, (*story).editMain, (*story).mergeByHand, (*story).closeIt, (*story).otherLook, (*story).remark}).Draw(s.T, "meanwhile")
		f.meanwhile = func() { other(s) }
	}
	s.pass(rapid.SampledFrom([]time.Duration{10 * time.Second, tick, tick}).Draw(s.T, "after"))
	s.say("  %s looks, and %s %d", p.name, f.kind, f.at)
	_, ok := p.look(f)
	s.check(ok)
}

// otherLook is a look of the bot that is not at it, for the middle of a look of the one that is.
func (s *story) otherLook() {
	p := s.bots[1]
	if s.bots[1].fault.kind != "" {
		p = s.bots[0]
	}
	p.look(fault{})
}

func (s *story) wait() {
	d := rapid.SampledFrom([]time.Duration{10 * time.Second, time.Minute, 5 * time.Minute, 20 * time.Minute, 3 * time.Hour}).Draw(s.T, "time")
	s.say("%s pass", d)
	s.pass(d)
}

func (s *story) changeMood() {
	if s.eyes.mood != clear {
		s.eyes.mood = clear
	} else {
		s.eyes.mood = rapid.SampledFrom(moods).Draw(s.T, "mood")
	}
	s.say("the observer %s", s.eyes.mood)
}

// misbehaviours are those that begin in a cluster and not in its repository.
var misbehaviours = func() (names []string) {
	for _, m := range sim.Misbehaviours() {
		if m.Edit == nil {
			names = append(names, m.Name)
		}
	}
	return names
}()

func (s *story) misbehave() {
	name := rapid.SampledFrom(misbehaviours).Draw(s.T, "misbehaviour")
	if slices.Contains(s.troubles, name) || len(s.troubles) > 1 {
		return
	}
	if err := s.cluster.Misbehave(name); err != nil {
		return // there is no victim now
	}
	s.say("the cluster misbehaves: %s", name)
	s.eyes.last = sim.Truth{}
	s.troubles = append(s.troubles, name)
	s.blame()
}

func (s *story) heal() {
	for _, name := range s.troubles {
		s.say("the cluster is healed of %s", name)
		s.must(s.cluster.Heal(name))
		s.eyes.last = sim.Truth{}
	}
	if len(s.troubles) > 0 {
		s.blame()
	}
	s.troubles = nil
}

func (s *story) jump() {
	s.skew = rapid.SampledFrom([]time.Duration{0, 2 * time.Hour, -30 * time.Minute, 7 * time.Second, -3 * time.Second}).Draw(s.T, "clock")
	s.say("the bots' clock is %s off", s.skew)
}
