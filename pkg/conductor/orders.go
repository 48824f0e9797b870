package conductor

import (
	"fmt"
	"strings"

	"github.com/linnet-bot/linnet/pkg/chatops"
	"github.com/linnet-bot/linnet/pkg/forge"
)

// order is what a person asked for in a comment, and what became of it. The bot's reactions are the record: eyes, it is claimed; a rocket, it is done;
// thumbs down, it is void for good; confused, it was not understood. Nobody else can make them, and they survive the process.
type order struct {
	comment  forge.Comment
	standing bool               // a promotion that holds for the head as it is
	want     forge.ReactionKind // still to be given; "" = it has been
	line     string             // the answer, for the note
}

// orders reads what people ask for below an open merge request. The bot does not listen to itself.
func (s State) orders(r Request) []order {
	var all []order
	for _, c := range r.Comments {
		if c.By.ID == s.Me.ID {
			continue
		}
		_, addressed, err := chatops.Parse(c.Body, s.Me.Name)
		switch {
		case !addressed:
		case err != nil:
			all = append(all, order{comment: c, want: s.owed(c, forge.Confused), line: fmt.Sprintf("%s: %v.", from(c), err)})
		default:
			all = append(all, s.promotion(c))
		}
	}
	return all
}

// promotion judges a standing intent. It is for the commit that was the head when it was written.
func (s State) promotion(c forge.Comment) order {
	o := order{comment: c}
	void := func(format string, args ...any) order {
		o.want, o.line = s.owed(c, forge.ThumbsDown), fmt.Sprintf("%s, promote: void, %s.", from(c), fmt.Sprintf(format, args...))
		return o
	}
	switch {
	case s.Merge == Manual:
		return void("since people merge here (policy.merge is manual)")
	case !c.Edited.IsZero():
		return void("since the comment was edited after it was written; write a new one")
	case s.gave(c, forge.ThumbsDown) || c.Created.Before(s.Head.Made):
		return void("since it was for an earlier commit than %.8s; look at that one and write it again", s.Head.SHA)
	}
	o.standing, o.want = true, s.owed(c, forge.Eyes)
	o.line = fmt.Sprintf("%s, promote: %.8s is merged as soon as the gate is green and the forge lets it.", from(c), s.Head.SHA)
	return o
}

// outcomes are the reactions that claimed promotions of a merged request still want.
func (s State) outcomes(r Request) []order {
	var all []order
	for _, c := range r.Comments {
		if s.gave(c, forge.Eyes) && !s.gave(c, forge.ThumbsDown) && !s.gave(c, forge.Rocket) {
			all = append(all, order{comment: c, want: forge.Rocket})
		}
	}
	return all
}

// promoters are those on whose word a request was merged.
func (s State) promoters(r Request) string {
	var names []string
	for _, c := range r.Comments {
		if s.gave(c, forge.Eyes) && !s.gave(c, forge.ThumbsDown) {
			names = append(names, fmt.Sprintf("%s (comment %d)", name(c.By), c.ID))
		}
	}
	return strings.Join(names, ", ")
}

func from(c forge.Comment) string { return fmt.Sprintf("Comment %d by %s", c.ID, name(c.By)) }

// gave tells whether the bot has reacted so.
func (s State) gave(c forge.Comment, kind forge.ReactionKind) bool {
	for _, r := range c.Reactions {
		if r.Kind == kind && r.By.ID == s.Me.ID {
			return true
		}
	}
	return false
}

func (s State) owed(c forge.Comment, kind forge.ReactionKind) forge.ReactionKind {
	if s.gave(c, kind) {
		return ""
	}
	return kind
}
