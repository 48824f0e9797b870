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
	var out strings.Builder
	out.Grow(usualText)
	which := fmt.Sprintf("Phase %d of %d", phase.Number, len(s.Plan.Phases))
	if s.Turn.Heading == Back {
		which = fmt.Sprintf("Step %s of the way back, which takes back phase %d of %d,", s.backCount(phase), phase.Number, len(s.Plan.Phases))
	}
	fmt.Fprintf(&out, "%s of the upgrade `%s`: Big Bang %s to %s, Istio %s to %s.\n\n",
		which, s.Plan.ID, s.Plan.From.Release, s.Plan.To.Release, s.Plan.From.Istio, s.Plan.To.Istio)
	if s.Proof != nil && s.Turn.Heading != Back {
		if passed := s.Proof.passed(phase); passed != "" {
			fmt.Fprintf(&out, "%s\n\n", quiet(passed))
		}
	}
	said := s.said
	if said.phase != phase.Name {
		said = put(phase)
	}
	out.WriteString(said.text)
	if s.Marker == nil {
		return out.String()
	}
	payload, err := json.Marshal(map[string]string{
		"upgrade": s.Plan.ID, "phase": phase.Name, "plan": said.digest, "head": head,
	})
	if err != nil {
		return out.String() // a map of texts always encodes
	}
	return s.Marker.Put(out.String(), branch+" description", payload)
}

// wording is what a description says that follows from the plan alone.
type wording struct {
	phase  string
	text   string
	digest string // of what the phase changes
}

func put(phase planner.Phase) wording {
	var out strings.Builder
	out.WriteString(cut(quiet(phase.Markdown()), mostText))
	out.WriteString("\n**Files**\n\n")
	for _, f := range tree.Stat(phase.Before, phase.After) {
		fmt.Fprintf(&out, "- `%s` (+%d, -%d)\n", f.Path, f.Added, f.Removed)
	}
	return wording{phase.Name, out.String(), fmt.Sprintf("%x", sha256.Sum256([]byte(phase.Diff)))}
}

// wording is that of the next phase, remembered for as long as the target stays where it is: a plan follows from its commit and its release.
func (c *Conductor) wording(s State) wording {
	phase, ok := s.next()
	if !ok {
		return wording{}
	}
	if of := s.Tip + " " + s.Plan.ID; c.worded.of != of || c.worded.phase != phase.Name {
		c.worded.of, c.worded.wording = of, put(phase)
	}
	return c.worded.wording
}

// commitMessage is that of a commit on the phase's branch.
func (s State) commitMessage(phase planner.Phase, subject string) string {
	return forge.Message(subject, phase.Why, append([]forge.Trailer{
		{Key: upgradeTrailer, Value: s.Plan.ID}, {Key: phaseTrailer, Value: phase.Name}, {Key: targetTrailer, Value: s.Tip},
	}, s.Requests.TrailerList()...)...)
}

// mergeMessage is that of the merge.
func (s State) mergeMessage(phase planner.Phase) string {
	return forge.Message(s.Current.Title, fmt.Sprintf("Merge request !%d\n\n%s", s.Current.Number, phase.Why), append([]forge.Trailer{
		{Key: upgradeTrailer, Value: s.Plan.ID}, {Key: phaseTrailer, Value: phase.Name},
	}, s.Requests.TrailerList()...)...)
}
