package conductor

import (
	"fmt"
	"strings"

	"github.com/linnet-bot/linnet/pkg/forge"
)

// stop is why nothing goes on until a person has put something right, and how they can.
type stop struct{ why, remedy string }

// stopped judges what other hands have done. The zero stop means that all is well.
func (s State) stopped() stop {
	phase, ok := s.next()
	if !ok || s.Refusal != nil {
		return stop{}
	}
	step := s.step()
	foreign := s.Head.SHA != "" && s.Head.Merges != AsPlanned && !s.Head.Ours && !s.Head.Empty
	switch {
	case s.Current != nil && foreign:
		return stop{
			fmt.Sprintf("Branch %s holds commit %.8s, which is not what was planned, so somebody else wrote to it; it is left as it is.", step.Branch, s.Head.SHA),
			fmt.Sprintf("Take that commit off the branch again, or merge !%d by hand if you mean it.", s.Current.Number),
		}
	case s.Current != nil:
		return stop{}
	case step.Request != nil && step.Request.State == forge.Merged:
		return stop{
			fmt.Sprintf("!%d merged phase %s, but %s does not hold it any more, so somebody took it back.", step.Request.Number, phase.Name, s.Branch),
			fmt.Sprintf("Bring the merge back (revert its revert) to go on from there, or finish the upgrade of %s by hand.", s.Environment),
		}
	case s.Left != nil && !s.closedByUs(*s.Left):
		return stop{
			fmt.Sprintf("!%d was closed by a person, so it stays closed.", s.Left.Number),
			fmt.Sprintf("Reopen !%d to go on.", s.Left.Number),
		}
	case foreign:
		return stop{
			fmt.Sprintf("Branch %s holds commit %.8s, which is not what was planned, so somebody else wrote to it; it is left as it is.", step.Branch, s.Head.SHA),
			"Delete the branch, so that it can be made anew.",
		}
	}
	return stop{}
}

// closedMark in the bot's own note says that it was the bot that closed a merge request.
const closedMark = "<!-- linnet:closed -->"

func (s State) closedByUs(r Request) bool {
	note, _ := r.note(s.Me, closedNote)
	return strings.Contains(note, closedMark)
}
