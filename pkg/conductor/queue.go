package conductor

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/forge"
)

// Trial is a trial merge of the forge's merge queue. The check on it is all that stands between the trial and the target, so it is judged anew at each look,
// as a merge by the bot would be.
type Trial struct {
	forge.MergeGroup
	Ours int // the last of the bot's merge requests in it; 0 = there is none
	// Disguised is a merge request in it that has the commit of one of the bot's and another name; 0 = there is none.
	Disguised int
	Ahead     bool          // others come in before that one, or the group stands on no present tip
	Holds     bool          // with that one in, the target holds exactly what is planned for its tip
	Checks    []forge.Check // of its head
}

// allPrefix is what the bot's branches of all environments begin with.
const allPrefix = "linnet/"

// readTrials reads the trial merges that this environment has to vouch for: those with its merge requests, and those in which there is nothing of the bot's,
// since a check that is required is required of everybody. One with merge requests of several environments is vouched for by that of the last.
func (c *Conductor) readTrials(ctx context.Context, s *State) error {
	queue, ok := c.Forge.(forge.MergeQueue)
	if !ok {
		return nil
	}
	groups, err := c.recall.groups(ctx, queue, s.Branch)
	if errors.Is(err, forge.ErrForbidden) {
		s.Hidden = err.Error()
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the merge queue of %s: %w", s.Branch, err)
	}
	if len(groups) == 0 {
		return nil
	}
	open, err := c.recall.Find(ctx, forge.Query{Target: s.Branch, States: []forge.State{forge.Open}})
	if err != nil {
		return fmt.Errorf("list the open merge requests into %s: %w", s.Branch, err)
	}
	sources, phases, disguised := map[int]string{}, map[string]bool{}, map[int]bool{}
	for i := range open {
		if r := &open[i]; strings.HasPrefix(r.Source, allPrefix) && !r.Fork {
			sources[r.Number], phases[r.Head] = r.Source, true
		}
	}
	for i := range open {
		disguised[open[i].Number] = phases[open[i].Head] && sources[open[i].Number] == ""
	}
	trial := map[int]forge.MergeGroup{} // by the merge request that it was made for
	for _, g := range groups {
		trial[g.Requests[len(g.Requests)-1]] = g
	}
	for _, g := range groups {
		group := Trial{MergeGroup: g}
		for _, number := range g.Requests {
			if sources[number] != "" {
				group.Ours = number
			}
			if disguised[number] {
				group.Disguised = number
			}
		}
		if _, here := parseBranch(s.Environment, sources[group.Ours]); group.Ours != 0 && !here {
			continue
		}
		if err := c.readTrial(ctx, s, &group, trial[group.Ours]); err != nil {
			return err
		}
		s.Trials = append(s.Trials, group)
	}
	return nil
}

// readTrial reads one; own is the trial that was made for our merge request in it.
func (c *Conductor) readTrial(ctx context.Context, s *State, g *Trial, own forge.MergeGroup) error {
	var err error
	if g.Checks, err = c.recall.Checks(ctx, g.Head); errors.Is(err, forge.ErrNotFound) {
		return errLookAgain // it is gone
	} else if err != nil {
		return fmt.Errorf("read the checks of the trial merge %.8s: %w", g.Head, err)
	}
	if g.Ours == 0 {
		return nil
	}
	if g.Ahead = own.Base != s.Tip || len(own.Requests) != 1; g.Ahead {
		return nil
	}
	files, err := c.recall.Tree(ctx, own.Head)
	if errors.Is(err, forge.ErrNotFound) {
		return errLookAgain
	}
	if err != nil {
		return fmt.Errorf("read the trial merge %.8s: %w", own.Head, err)
	}
	phase, ok := s.next()
	g.Holds = ok && files.Equal(phase.After)
	return nil
}

// TrialCheck states the verdict on a trial merge.
type TrialCheck struct{ SetCheck }

// vouch states a check on each trial merge that does not have it.
func (s State) vouch() []Action {
	var actions []Action
	for _, g := range s.Trials {
		want, shown := s.trialCheck(g), false
		for _, c := range g.Checks {
			shown = shown || c.By.ID == s.Me.ID && c.Name == want.Name && c.State == want.State
		}
		if want.Anew = s.Anew == g.Head; want.Anew || !shown {
			actions = append(actions, TrialCheck{SetCheck{SHA: g.Head, Check: want}})
		}
	}
	return actions
}

// trialCheck is green where the gate is open now and the trial is exactly what is planned. Red makes the queue drop the merge request, and lets those behind it
// pass; it can be put there again. Only what may be known at the next look is left to wait.
func (s State) trialCheck(g Trial) forge.Check {
	c := s.judge(g)
	if last := g.Requests[len(g.Requests)-1]; c.State == forge.Failure && last != g.Ours && last != g.Disguised {
		// Once ours has been dropped, the queue tries those behind it out anew.
		c.State, c.Title = forge.InProgress, cutLine(fmt.Sprintf("waits until %s is out of the queue: %s", s.Words.Number(max(g.Ours, g.Disguised)), c.Title), 200)
	}
	return c
}

func (s State) judge(g Trial) forge.Check {
	say := func(state forge.CheckState, title string) forge.Check {
		return forge.Check{Name: CheckName, State: state, Title: cutLine(title, 200)}
	}
	switch {
	case g.Disguised != 0:
		return say(forge.Failure, fmt.Sprintf("%s has the commit of a phase under another name", s.Words.Number(g.Disguised)))
	case g.Ours == 0:
		return say(forge.Success, "nothing of the bot's is merged here")
	case s.Current == nil || g.Ours != s.Current.Number:
		return say(forge.Failure, fmt.Sprintf("%s is not what comes next", s.Words.Number(g.Ours)))
	case g.Ahead:
		return say(forge.InProgress, fmt.Sprintf("waits until what is ahead of %s in the queue is in", s.Words.Number(g.Ours)))
	case !g.Holds:
		return say(forge.Failure, fmt.Sprintf("merging %s here would not give what is planned and was reviewed", s.Words.Number(g.Ours)))
	}
	s.Trials = nil // of which the description would tell
	head := s.check(describe(s))
	unknown := head.State == forge.InProgress && s.Gate.Result.Verdict == checks.Unknown || head.State == forge.Success && s.Now.Sub(s.Seen) > s.MaxGap
	switch {
	case unknown:
		return say(forge.InProgress, head.Title)
	case head.State != forge.Success:
		return say(forge.Failure, head.Title)
	}
	if why := s.withdrawn(); why != "" {
		return say(forge.Failure, why)
	}
	return say(forge.Success, head.Title)
}

// withdrawn is why what the bot put into the queue may not be merged by it any more. What a person put there a person merges.
func (s State) withdrawn() string {
	later := s.Current.Later
	if later == nil || later.By.ID != s.Me.ID {
		return ""
	}
	when := s.whenNext()
	switch _, why := s.shut(); {
	case when == Manual, when == OnPromote && !promotes(s.orders(*s.Current)):
		return "nobody promotes it any more"
	case why != "":
		return "the bot does not merge now: " + why
	}
	return ""
}

// queued tells that the forge holds the merge in its queue, or was told to in this look.
func (s State) queued() bool {
	return s.Current.Later != nil && s.Current.Later.Queue || s.Handed == s.Current.Number
}

// describeLater says that the forge was told to merge by itself. That is no merge yet.
func (t *Status) describeLater(s State) {
	if s.Hidden != "" {
		t.Blocks = append(t.Blocks, sentence(theQueue+"the bot cannot answer for what is in it, so that waits in vain: "+s.Hidden))
	}
	later := s.Current.Later
	if later == nil {
		return
	}
	by, begins := "somebody", "Somebody"
	if later.By.ID != "" {
		by = name(later.By)
		begins = by
	}
	if !later.Queue {
		if s.Gate.open() {
			t.Situation, t.GoesOn = Waiting, fmt.Sprintf("The forge merges it as soon as its rules let it: %s enabled auto-merge.", by)
			return
		}
		t.GoesOn += fmt.Sprintf(" %s enabled auto-merge, so the forge merges it as soon as its own rules let it.", begins)
		return
	}
	t.Situation, t.Wanted = Waiting, []string{"Nobody."}
	t.GoesOn = fmt.Sprintf("By itself: it is in the merge queue, put there by %s, and is merged once the check on its trial merge is green.", by)
	for _, g := range s.Trials {
		if g.Ours != s.Current.Number || g.Requests[len(g.Requests)-1] != g.Ours {
			continue
		}
		switch c := s.trialCheck(g); c.State {
		case forge.Success:
		case forge.Failure:
			t.Blocks = append(t.Blocks, sentence(fmt.Sprintf("The merge queue: the trial merge %.8s is refused, since %s", g.Head, c.Title)))
			t.GoesOn = "Not now: the merge queue drops it, and it is put there again when it may be merged."
			if later.By.ID != s.Me.ID {
				t.GoesOn = fmt.Sprintf("Not now: the merge queue drops it. %s may put it there again when it may be merged.", begins)
			}
		default:
			t.Blocks = append(t.Blocks, sentence(fmt.Sprintf("The merge queue: the trial merge %.8s waits, since %s", g.Head, c.Title)))
		}
	}
}
