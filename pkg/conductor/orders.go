package conductor

import (
	"errors"
	"fmt"
	"strings"

	"github.com/linnet-bot/linnet/pkg/chatops"
	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/forge"
)

// order is what a person asked for in a comment, and what became of it. The bot's reactions are the record: eyes, it is claimed; a rocket, it is done;
// thumbs down, it is void for good; confused, it was not understood. Nobody else can make them, and they survive the process.
type order struct {
	comment  forge.Comment
	command  chatops.Command
	standing bool // it holds for the head as it is
	refused  bool
	asks     bool               // it wants an answer in words
	signs    *checks.Acceptance // it is to be recorded
	want     forge.ReactionKind // still to be given; "" = it has been
	line     string             // the answer, for the note
}

// orders reads what people ask for below a merge request. The bot does not listen to itself.
func (s State) orders(r Request) []order {
	_, all := s.hear(r)
	return all
}

// unread is the answer to a comment that is addressed to the bot and cannot be obeyed; and the command that it holds, if any.
func (s State) unread(m remark, err error) (order, chatops.Command) {
	c, command := m.Comment, m.command
	if !errors.Is(err, chatops.ErrEdited) {
		return order{comment: c, want: s.owed(c, forge.Confused), line: sentence(fmt.Sprintf("%s: %v", from(c), err))}, chatops.Command{}
	}
	o := order{comment: c, command: command, line: fmt.Sprintf("%s: void, since the comment was edited after it was written; write a new one.", from(c))}
	if command.Verb != "" {
		o.line = fmt.Sprintf("%s, %s: void, since the comment was edited after it was written; write a new one.", from(c), command.Verb)
	}
	if !s.gave(c, forge.Rocket) {
		o.want = s.owed(c, forge.ThumbsDown)
	}
	return o, command
}

// refuse is for good: a command that was refused is not carried out when things change.
func (s State) refuse(o order, why string) order {
	o.refused = true
	o.want, o.line = s.owed(o.comment, forge.ThumbsDown), fmt.Sprintf("%s, %s: refused, since %s.", from(o.comment), o.command.Verb, why)
	return o
}

var defaultRights = chatops.DefaultRights()

// may asks whether the author of a comment may give the command, now.
func (s State) may(r Request, c forge.Comment, cmd chatops.Command) chatops.Decision {
	actor := chatops.Actor{Name: c.By.Name, Role: chatops.Maintainer, Groups: s.InGroups[c.By.ID], Bot: c.By.Bot, Self: c.By.ID == s.Me.ID}
	if s.Roles != nil {
		actor.Role = s.Roles[c.By.ID]
	}
	rights := s.Rights
	if rights == nil {
		rights = defaultRights
	}
	return chatops.Authorize(actor, cmd.Verb, chatops.Target{Environment: s.Environment, Fork: r.Fork}, rights)
}

// binds are the verbs that hold for one commit: the one that was the head when they were written.
var binds = map[string]bool{chatops.Promote: true, chatops.SkipSoak: true}

// promotion judges a standing intent: a promotion, or a soak that is to be skipped.
func (s State) promotion(t Turn, r Request, o order) order {
	c, cmd := o.comment, o.command
	void := func(format string, args ...any) order {
		o.want, o.line = s.owed(c, forge.ThumbsDown), fmt.Sprintf("%s, %s: void, %s.", from(c), cmd.Verb, fmt.Sprintf(format, args...))
		return o
	}
	switch {
	case r.State == forge.Merged:
		if s.gave(c, forge.Eyes) && !s.gave(c, forge.ThumbsDown) {
			o.want = s.owed(c, forge.Rocket)
		}
		o.line = fmt.Sprintf("%s, %s: %s is merged.", from(c), cmd.Verb, s.Words.Number(r.Number))
		return o
	case r.State == forge.Closed || s.leaves(t, r):
		return void("since %s is closed", s.Words.Number(r.Number))
	case s.byPeople(r) != "" && cmd.Verb == chatops.Promote:
		return void("since people merge here (%s)", s.byPeople(r))
	case cmd.Commit != "" && !strings.HasPrefix(s.Head.SHA, cmd.Commit):
		return void("since it names commit %s, and the head is %.8s", cmd.Commit, s.Head.SHA)
	case s.gave(c, forge.ThumbsDown) || c.Created.Before(s.Head.Made):
		return void("since it was for an earlier commit than %.8s; look at that one and write it again", s.Head.SHA)
	}
	o.standing, o.want = true, s.owed(c, forge.Eyes)
	if cmd.Verb == chatops.SkipSoak {
		o.line = fmt.Sprintf("%s, skip-soak: the soak of this gate counts as done for %.8s: %s", from(c), s.Head.SHA, sentence(cmd.Reason))
		return o
	}
	o.line = fmt.Sprintf("%s, promote: %.8s is merged as soon as the gate is green and the forge lets it.", from(c), s.Head.SHA)
	if _, why := s.Calendar.Next(s.Now); why != "" {
		o.line = fmt.Sprintf("%s, promote: %.8s is merged as soon as the gate is green, and the forge and the calendar let it: %s.", from(c), s.Head.SHA, why)
	}
	return o
}

// outcomes are the reactions that claimed commands still want below a request that is no longer the newest.
func (s State) outcomes(r Request) []order {
	var all []order
	for _, m := range r.reading(s.Me).remarks {
		c := m.Comment
		if !s.gave(c, forge.Eyes) || s.gave(c, forge.ThumbsDown) || s.gave(c, forge.Rocket) {
			continue
		}
		o := order{comment: c, want: forge.Rocket}
		_, recorded := s.record(r, c)
		if r.State == forge.Closed && (m.err != nil || binds[m.command.Verb]) || m.command.Verb == chatops.Accept && !recorded {
			o.want = forge.ThumbsDown
		}
		all = append(all, o)
	}
	return all
}

// promotes tells whether somebody may who asked for the merge.
func promotes(orders []order) bool {
	for _, o := range orders {
		if o.standing && o.command.Verb == chatops.Promote {
			return true
		}
	}
	return false
}

// skipped is who asked to count the soak below a merge request as done, and why; "" where nobody did.
func (s State) skipped(r Request) string {
	for _, o := range s.orders(r) {
		if o.standing && o.command.Verb == chatops.SkipSoak && !s.gave(o.comment, forge.ThumbsDown) {
			return fmt.Sprintf("%s at %s (comment %d): %s", name(o.comment.By), clock(o.comment.Created), o.comment.ID, quiet(o.command.Reason))
		}
	}
	return ""
}

// skips are the soaks that were skipped for the merge of a request.
func (s State) skips(r Request) string {
	var all []string
	for _, m := range r.reading(s.Me).remarks {
		c := m.Comment
		if cmd, err := m.unedited(); err == nil && cmd.Verb == chatops.SkipSoak && s.gave(c, forge.Eyes) && !s.gave(c, forge.ThumbsDown) {
			all = append(all, fmt.Sprintf("**Soak** skipped on the word of %s at %s (comment %d): %s\n\n", name(c.By), clock(c.Created), c.ID, quiet(sentence(cmd.Reason))))
		}
	}
	return strings.Join(all, "")
}

// promoters are those on whose word a request was merged.
func (s State) promoters(r Request) string {
	var names []string
	for _, m := range r.reading(s.Me).remarks {
		c := m.Comment
		if m.err == nil && m.command.Verb == chatops.Promote && s.gave(c, forge.Eyes) && !s.gave(c, forge.ThumbsDown) {
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
