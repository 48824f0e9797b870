package conductor

import (
	"errors"
	"fmt"
	"strings"

	"github.com/linnet-bot/linnet/pkg/chatops"
	"github.com/linnet-bot/linnet/pkg/forge"
)

// elsewhere answers commands that somebody wrote below a merge request which is not the newest any more: nothing is carried out there, and that is said once, with
// the place where it would be. That the bot has reacted says that it was said.
func (s State) elsewhere(r Request) []Action {
	if s.Newest == nil || s.newest(r) {
		return nil
	}
	var actions []Action
	given := s.answered(r)
	for _, m := range r.reading(s.Me).remarks {
		c := m.Comment
		if !m.addressed || Answer(c, s.Me) != "" {
			continue
		}
		cmd, err := m.unedited()
		late := r.State == forge.Merged && binds[cmd.Verb] && !c.Created.After(r.Done) // it came to pass by another's hand
		if late {
			continue
		}
		kind := forge.ThumbsDown
		var misunderstood *chatops.Misunderstood
		if errors.As(err, &misunderstood) {
			kind = forge.Confused
		}
		if _, said := r.note(s.Me, answerNote(c.ID)); !said && given < mostAnswers {
			given++
			text := fmt.Sprintf("%s is not carried out: %s is %s. Commands are read below the %s that was opened last; write it below %s.\n",
				strings.Replace(from(c), "Comment", "The command of comment", 1), s.Words.Number(r.Number), r.State, s.Words.Request(), s.Words.Number(s.Newest.Number))
			actions = append(actions, WriteNote{Number: r.Number, Name: answerNote(c.ID), Body: text})
		}
		actions = append(actions, React{Number: r.Number, Comment: c.ID, Kind: kind})
	}
	return actions
}

// rest takes a merge request of which nothing is left to say out of the next looks, until it changes; and wake brings the one back that has rested longest, since
// not every forge counts it as a change that somebody wrote a command below it. So the price of a look does not grow with the upgrade.
func (c *Conductor) rest(r forge.MergeRequest) {
	if _, rested := c.settled[r.Number]; !rested {
		c.resting = append(c.resting, r.Number)
	}
	c.settled[r.Number] = r.Updated
}

func (c *Conductor) rests(r forge.MergeRequest) bool {
	changed, rests := c.settled[r.Number]
	return rests && changed.Equal(r.Updated)
}

func (c *Conductor) wake() {
	if len(c.resting) > 0 {
		delete(c.settled, c.resting[0])
		c.resting = c.resting[1:]
	}
}
