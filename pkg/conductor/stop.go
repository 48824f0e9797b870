package conductor

import (
	"fmt"
	"strings"

	"github.com/linnet-bot/linnet/pkg/chatops"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/planner"
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
			fmt.Sprintf("Take that commit off the branch again, or merge %s by hand if you mean it.", s.Words.Number(s.Current.Number)),
		}
	case s.Current != nil && step.Head == "":
		return stop{s.branchGone(*s.Current), fmt.Sprintf("Bring the branch back at %.8s, or close %s and comment %s.", s.Current.Head, s.Words.Number(s.Current.Number), s.anew())}
	case s.Current != nil:
		return stop{}
	case step.Request != nil && step.Request.State == forge.Merged:
		return s.undone(*step.Request, phase)
	case s.Left != nil && !s.closedByUs(*s.Left) && step.Head == "":
		return stop{
			s.branchGone(*s.Left) + " It is closed.",
			fmt.Sprintf("Bring the branch back at %.8s and reopen %s, or comment %s.", s.Left.Head, s.Words.Number(s.Left.Number), s.anew()),
		}
	case s.Left != nil && !s.closedByUs(*s.Left):
		return stop{
			fmt.Sprintf("%s was closed by a person, so it stays closed.", s.Words.Number(s.Left.Number)),
			fmt.Sprintf("Reopen %s to go on, or comment %s.", s.Words.Number(s.Left.Number), s.otherwise()),
		}
	case foreign:
		return stop{
			fmt.Sprintf("Branch %s holds commit %.8s, which is not what was planned, so somebody else wrote to it; it is left as it is.", step.Branch, s.Head.SHA),
			"Delete the branch, so that it can be made anew.",
		}
	}
	return stop{}
}

// undone says that what was merged is not in any more: somebody reverted it in Git.
func (s State) undone(r forge.MergeRequest, phase planner.Phase) stop {
	if s.Turn.Heading == Back {
		return stop{
			fmt.Sprintf("%s took phase %s back, but %s holds it again, so somebody brought it back.", s.Words.Number(r.Number), strings.TrimPrefix(phase.Name, backPrefix), s.Branch),
			fmt.Sprintf("Take it back once more (revert the revert), or comment `%s %s`%s to go forward from there.", chatops.Prefix, chatops.Resume, s.where()),
		}
	}
	return stop{
		fmt.Sprintf("%s merged phase %s, but %s does not hold it any more, so somebody took it back.", s.Words.Number(r.Number), phase.Name, s.Branch),
		fmt.Sprintf("Bring the merge back (revert its revert) to go on from there, or comment %s, or finish the upgrade of %s by hand.", s.anew(), s.Environment),
	}
}

func (s State) branchGone(r Request) string {
	return fmt.Sprintf("The branch %s of %s is gone, so somebody deleted it.", r.Source, s.Words.Number(r.Number))
}

// otherwise names the commands that help whoever does not want the merge request that is next.
func (s State) otherwise() string {
	verbs := []string{chatops.Rollback, chatops.Abort}
	switch {
	case s.Turn.Heading == Back:
		verbs[0] = chatops.Resume
	case s.Done == 0:
		verbs = verbs[1:] // there is nothing to take back
	}
	for i, verb := range verbs {
		verbs[i] = fmt.Sprintf("`%s %s`", chatops.Prefix, verb)
	}
	return strings.Join(verbs, " or ") + s.where()
}

// anew names the commands after which the same phase gets another branch and another merge request.
func (s State) anew() string {
	way := chatops.Resume
	if s.Turn.Heading == Back {
		way = chatops.Rollback
	}
	return fmt.Sprintf("`%[1]s %[2]s` and then `%[1]s %[3]s`%[4]s, which begins the step anew", chatops.Prefix, chatops.Abort, way, s.where())
}

// where is " below !4", where commands are read.
func (s State) where() string {
	if s.Newest == nil {
		return ""
	}
	return fmt.Sprintf(" below %s", s.Words.Number(s.Newest.Number))
}

// closedMark in the bot's own note says that it was the bot that closed a merge request.
const closedMark = "<!-- linnet:closed -->"

func (s State) closedByUs(r Request) bool {
	note, _ := r.note(s.Me, closedNote)
	return ends(note, closedMark)
}
