package conductor

import (
	"strings"

	"github.com/linnet-bot/linnet/pkg/chatops"
	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/forge"
)

// reading is what stands below a merge request, each comment read once. It follows from the comments and from who the bot is, so it is no more than they are;
// a decision asks for it many times, and below a merge request stands much that nobody means for the bot.
type reading struct {
	remarks  []remark            // what matters of what others wrote, in the order of the comments
	notes    []ownNote           // the bot's own, in the order of the comments
	accepted []checks.Acceptance // what the bot recorded as signed off
}

// remark is a comment that is addressed to the bot, or that the bot has answered.
type remark struct {
	forge.Comment
	addressed bool
	command   chatops.Command // as if the comment had never been edited
	err       error           // why it was not understood
}

// ownNote is a note that the bot keeps.
type ownNote struct{ name, text string }

// unedited is the command, unless the comment was edited after it was written.
func (m remark) unedited() (chatops.Command, error) {
	if m.addressed && !m.Edited.IsZero() {
		return chatops.Command{}, chatops.ErrEdited
	}
	return m.command, m.err
}

func readComments(comments []forge.Comment, me forge.User) *reading {
	all := reading{accepted: Acceptances(comments, me)}
	for i := range comments {
		c := &comments[i]
		if c.By.ID == me.ID {
			name, _ := forge.NoteName(c.Body)
			if text, ok := forge.Note(comments[i:i+1], me, name); ok {
				all.notes = append(all.notes, ownNote{name, text})
			}
			continue
		}
		command, addressed, err := chatops.Read(chatops.Comment{Body: c.Body}, me.Name)
		if addressed || len(c.Reactions) > 0 && Answer(*c, me) != "" {
			all.remarks = append(all.remarks, remark{*c, addressed, command, err})
		}
	}
	return &all
}

// reading is what stands below a merge request.
func (r Request) reading(me forge.User) *reading {
	if r.read != nil {
		return r.read
	}
	return readComments(r.Comments, me)
}

// note is what the bot's note of this name says.
func (r Request) note(me forge.User, name string) (string, bool) {
	if r.read == nil {
		return forge.Note(r.Comments, me, name)
	}
	for _, n := range r.read.notes {
		if n.name == name {
			return n.text, true
		}
	}
	return "", false
}

// answered counts the answers in words below a merge request.
func (s State) answered(r Request) int {
	given := 0
	for _, n := range r.reading(s.Me).notes {
		if strings.HasPrefix(n.name, "answer-") {
			given++
		}
	}
	return given
}
