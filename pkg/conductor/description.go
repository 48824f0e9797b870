package conductor

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
	"github.com/linnet-bot/linnet/pkg/planner"
)

// The trailers of the bot's commits. targetTrailer names the target's tip that a commit was planned for.
const (
	upgradeTrailer = "Linnet-Upgrade"
	phaseTrailer   = "Linnet-Phase"
	targetTrailer  = "Linnet-Target"
)

// title is the heading of the next phase's merge request.
func (s State) title(phase planner.Phase) (string, error) {
	if s.said.title != "" && s.said.wording == s.wording(phase, s.step().Branch, s.Head.SHA) {
		return s.said.title, nil
	}
	title := phase.Title
	if s.Turn.Heading == Back {
		title = fmt.Sprintf("back %s: %s", s.backCount(phase), title)
	}
	return s.Requests.MakeTitle(forge.TitleFields{
		Environment: s.Environment, From: s.Plan.From.Release, To: s.Plan.To.Release, Phase: phase.Name, Title: title,
	})
}

// description is the bot's section of the description.
func (s State) description(phase planner.Phase, branch, head string) string {
	if s.said.wording == s.wording(phase, branch, head) {
		return s.said.text
	}
	return s.writeDescription(phase, branch, head)
}

func (s State) writeDescription(phase planner.Phase, branch, head string) string {
	var out strings.Builder
	out.Grow(usualText)
	which := fmt.Sprintf("Phase %d of %d", phase.Number, len(s.Plan.Phases))
	if s.Turn.Heading == Back {
		which = fmt.Sprintf("Step %s of the way back, which takes back phase %d of %d,", s.backCount(phase), phase.Number, len(s.Plan.Phases))
	}
	fmt.Fprintf(&out, "%s of the upgrade `%s`: Big Bang %s to %s, Istio %s to %s.\n\n",
		which, s.Plan.ID, s.Plan.From.Release, s.Plan.To.Release, s.Plan.From.Istio, s.Plan.To.Istio)
	if passed := s.passed(phase); passed != "" {
		fmt.Fprintf(&out, "%s\n\n", quiet(passed))
	}
	out.WriteString(cut(quiet(phase.Markdown()), mostText))
	out.WriteString("\n**Files**\n\n")
	for _, f := range tree.Stat(phase.Before, phase.After) {
		fmt.Fprintf(&out, "- `%s` (+%d, -%d)\n", f.Path, f.Added, f.Removed)
	}
	if s.Marker == nil {
		return out.String()
	}
	payload, err := json.Marshal(map[string]string{
		"upgrade": s.Plan.ID, "phase": phase.Name, "plan": fmt.Sprintf("%x", sha256.Sum256([]byte(phase.Diff))), "head": head,
	})
	if err != nil {
		return out.String() // a map of texts always encodes
	}
	return s.Marker.Put(out.String(), branch+" description", payload)
}

// passed says when the environment that goes first passed the phase.
func (s State) passed(phase planner.Phase) string {
	if s.Proof == nil || s.Turn.Heading == Back {
		return ""
	}
	return s.Proof.passed(phase, s.Words)
}

// wording is all that a description follows from. A plan follows from the target's tip and the release that it leads to.
type wording struct{ tip, upgrade, phase, step, branch, head, passed string }

func (s State) wording(phase planner.Phase, branch, head string) wording {
	w := wording{tip: s.Tip, upgrade: s.Plan.ID, phase: phase.Name, branch: branch, head: head, passed: s.passed(phase)}
	if s.Turn.Heading == Back {
		w.step = s.backCount(phase)
	}
	return w
}

// described is title and description of a merge request, written once for many looks.
type described struct {
	wording
	title string // "" = it could not be made
	text  string
}

// describeNext writes the description of the next phase, unless it is the one that was written last.
func (c *Conductor) describeNext(s State) described {
	phase, ok := s.next()
	if !ok {
		return described{}
	}
	branch, head := s.step().Branch, s.Head.SHA
	if w := s.wording(phase, branch, head); c.described.wording != w {
		title, err := s.title(phase)
		if err != nil {
			title = ""
		}
		c.described = described{w, title, s.writeDescription(phase, branch, head)}
	}
	return c.described
}

// commitMessage is that of a commit on the phase's branch.
func (s State) commitMessage(phase planner.Phase, subject string) string {
	return forge.Message(subject, phase.Why, append([]forge.Trailer{
		{Key: upgradeTrailer, Value: s.Plan.ID}, {Key: phaseTrailer, Value: phase.Name}, {Key: targetTrailer, Value: s.Tip},
	}, s.Requests.TrailerList()...)...)
}

// mergeMessage is that of the merge.
func (s State) mergeMessage(phase planner.Phase) string {
	return forge.Message(s.Current.Title, s.request(s.Current.Number)+"\n\n"+phase.Why, append([]forge.Trailer{
		{Key: upgradeTrailer, Value: s.Plan.ID}, {Key: phaseTrailer, Value: phase.Name},
	}, s.Requests.TrailerList()...)...)
}
