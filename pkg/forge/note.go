package forge

import (
	"context"
	"fmt"
	"strings"
)

// NoteKeeper is what a sticky note needs of a Forge.
type NoteKeeper interface {
	Me(ctx context.Context) (User, error)
	Comments(ctx context.Context, number int) ([]Comment, error)
	AddComment(ctx context.Context, number int, body string) (Comment, error)
	EditComment(ctx context.Context, number int, id int64, body string) (Comment, error)
	DeleteComment(ctx context.Context, number int, id int64) error
}

// SetNote makes the note of this user with this name say body: it is created once and edited from then on, never repeated. It is
// idempotent. When two processes created one at the same moment, the older stays and the other is deleted. The name is a plain word such as
// "progress".
func SetNote(ctx context.Context, f NoteKeeper, number int, name, body string) (Comment, error) {
	body = noteHead(name) + body
	notes, err := notesOf(ctx, f, number, name)
	if err != nil {
		return Comment{}, err
	}
	if len(notes) == 0 {
		added, err := f.AddComment(ctx, number, body)
		if err != nil {
			return Comment{}, fmt.Errorf("add the note %q to merge request !%d: %w", name, number, err)
		}
		if notes, err = notesOf(ctx, f, number, name); err != nil {
			return Comment{}, err
		}
		if len(notes) == 0 {
			return added, nil // deleted again, or not listed yet
		}
	}
	for _, extra := range notes[1:] {
		if err := f.DeleteComment(ctx, number, extra.ID); err != nil {
			return Comment{}, fmt.Errorf("delete the second note %q of merge request !%d: %w", name, number, err)
		}
	}
	if notes[0].Body == body {
		return notes[0], nil
	}
	edited, err := f.EditComment(ctx, number, notes[0].ID, body)
	if err != nil {
		return Comment{}, fmt.Errorf("edit the note %q of merge request !%d: %w", name, number, err)
	}
	return edited, nil
}

// Note returns what the named note says, and whether there is one; by is the user whose note it must be.
func Note(comments []Comment, by User, name string) (string, bool) {
	head := noteHead(name)
	for i := range comments {
		if comments[i].By.ID != by.ID {
			continue
		}
		if body, ok := strings.CutPrefix(comments[i].Body, head); ok {
			return body, true
		}
	}
	return "", false
}

// NoteName tells which note a comment is, and whether it is one at all.
func NoteName(body string) (string, bool) {
	rest, ok := strings.CutPrefix(body, "<!-- linnet:note ")
	if !ok {
		return "", false
	}
	line, _, _ := strings.Cut(rest, "\n")
	return strings.CutSuffix(strings.TrimSuffix(line, "\r"), " -->")
}

func noteHead(name string) string { return "<!-- linnet:note " + name + " -->\n" }

func notesOf(ctx context.Context, f NoteKeeper, number int, name string) ([]Comment, error) {
	me, err := f.Me(ctx)
	if err != nil {
		return nil, err
	}
	all, err := f.Comments(ctx, number)
	if err != nil {
		return nil, fmt.Errorf("look for the note %q of merge request !%d: %w", name, number, err)
	}
	var notes []Comment
	for _, c := range all {
		if got, ok := NoteName(c.Body); ok && got == name && c.By.ID == me.ID {
			notes = append(notes, c)
		}
	}
	return notes, nil
}
