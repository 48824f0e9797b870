package gitlab

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	gl "github.com/xanzy/go-gitlab"

	"github.com/linnet-bot/linnet/pkg/forge"
)

// emoji are GitLab's names of the reactions.
var emoji = map[forge.ReactionKind]string{forge.Eyes: "eyes", forge.Rocket: "rocket", forge.ThumbsUp: "thumbsup", forge.ThumbsDown: "thumbsdown", forge.Confused: "confused"}

// Comments implements forge.Comments.
func (f *Forge) Comments(ctx context.Context, number int) ([]forge.Comment, error) {
	notes, r, err := pages(func(o gl.ListOptions) ([]*gl.Note, *gl.Response, error) {
		return f.api.Notes.ListMergeRequestNotes(f.o.Project, number,
			&gl.ListMergeRequestNotesOptions{ListOptions: o, OrderBy: gl.Ptr("created_at"), Sort: gl.Ptr("asc")}, gl.WithContext(ctx))
	})
	if err != nil {
		return nil, f.failed(ctx, fmt.Sprintf("list the comments of merge request !%d", number), r, err)
	}
	slices.SortFunc(notes, func(a, b *gl.Note) int { return a.ID - b.ID })
	notes = slices.CompactFunc(notes, func(a, b *gl.Note) bool { return a.ID == b.ID })
	return f.complete(ctx, number, slices.DeleteFunc(notes, func(n *gl.Note) bool { return !isComment(n) }))
}

// isComment leaves out GitLab's own messages and remarks on lines.
func isComment(n *gl.Note) bool { return !n.System && n.Type != gl.DiffNote && n.Position == nil }

func (f *Forge) awards(ctx context.Context, number, note int) ([]*gl.AwardEmoji, error) {
	awards, r, err := pages(func(o gl.ListOptions) ([]*gl.AwardEmoji, *gl.Response, error) {
		return f.api.AwardEmoji.ListMergeRequestAwardEmojiOnNote(f.o.Project, number, note, (*gl.ListAwardEmojiOptions)(&o), gl.WithContext(ctx))
	})
	if err != nil {
		return nil, f.failed(ctx, fmt.Sprintf("list the reactions to comment %d of merge request !%d", note, number), r, err)
	}
	slices.SortFunc(awards, func(a, b *gl.AwardEmoji) int { return a.ID - b.ID })
	return awards, nil
}

func (f *Forge) note(ctx context.Context, number int, id int64) (*gl.Note, error) {
	n, r, err := f.api.Notes.GetMergeRequestNote(f.o.Project, number, int(id), gl.WithContext(ctx))
	if err != nil {
		return nil, f.failed(ctx, fmt.Sprintf("read comment %d of merge request !%d", id, number), r, err)
	}
	if !isComment(n) {
		return nil, fmt.Errorf("read comment %d of merge request !%d: %w", id, number, forge.ErrNotFound)
	}
	return n, nil
}

// GetComment implements forge.Comments.
func (f *Forge) GetComment(ctx context.Context, number int, id int64) (forge.Comment, error) {
	n, err := f.note(ctx, number, id)
	if err != nil {
		return forge.Comment{}, err
	}
	return f.single(ctx, number, n)
}

// AddComment implements forge.Comments.
func (f *Forge) AddComment(ctx context.Context, number int, body string) (forge.Comment, error) {
	what := fmt.Sprintf("a comment on merge request !%d", number)
	if err := writable(what, body); err != nil {
		return forge.Comment{}, err
	}
	n, r, err := f.api.Notes.CreateMergeRequestNote(f.o.Project, number, &gl.CreateMergeRequestNoteOptions{Body: gl.Ptr(pack(body))}, gl.WithContext(ctx))
	if err != nil {
		return forge.Comment{}, f.failed(ctx, "write "+what, r, err)
	}
	if code(r) == http.StatusAccepted {
		return forge.Comment{}, fmt.Errorf("write %s: GitLab took all of it for quick actions and made no comment: put what begins with / into a code block", what)
	}
	f.remember(number, n)
	return comment(n), nil
}

func writable(what, body string) error {
	if strings.TrimSpace(body) == "" {
		return fmt.Errorf("write %s: it is empty: give it a text", what)
	}
	return sendable(what, body)
}

// EditComment implements forge.Comments.
func (f *Forge) EditComment(ctx context.Context, number int, id int64, body string) (forge.Comment, error) {
	what := fmt.Sprintf("comment %d of merge request !%d", id, number)
	if err := writable(what, body); err != nil {
		return forge.Comment{}, err
	}
	if !f.differs(number, id, body) {
		n, err := f.own(ctx, number, id)
		if err != nil {
			return forge.Comment{}, err
		}
		if unpack(n.Body) == body {
			return f.single(ctx, number, n)
		}
	}
	n, r, err := f.api.Notes.UpdateMergeRequestNote(f.o.Project, number, int(id), &gl.UpdateMergeRequestNoteOptions{Body: gl.Ptr(pack(body))}, gl.WithContext(ctx))
	if err != nil {
		return forge.Comment{}, f.failed(ctx, "edit "+what, r, err)
	}
	return f.single(ctx, number, n)
}

// own reads a comment of this user: GitLab lets a maintainer change those of others.
func (f *Forge) own(ctx context.Context, number int, id int64) (*gl.Note, error) {
	me, err := f.Me(ctx)
	if err != nil {
		return nil, err
	}
	n, err := f.note(ctx, number, id)
	if err != nil {
		return nil, err
	}
	if strconv.Itoa(n.Author.ID) != me.ID {
		return nil, fmt.Errorf("change comment %d of merge request !%d: %w: it is %s's", id, number, forge.ErrForbidden, n.Author.Username)
	}
	return n, nil
}

// DeleteComment implements forge.Comments.
func (f *Forge) DeleteComment(ctx context.Context, number int, id int64) error {
	_, err := f.own(ctx, number, id)
	if err == nil {
		var r *gl.Response
		if r, err = f.api.Notes.DeleteMergeRequestNote(f.o.Project, number, int(id), gl.WithContext(ctx)); err != nil {
			err = f.failed(ctx, fmt.Sprintf("delete comment %d of merge request !%d", id, number), r, err)
		}
	}
	if errors.Is(err, forge.ErrNotFound) {
		return nil
	}
	return err
}

// React implements forge.Comments. GitLab answers 404 both to a reaction that is there already and to a comment that is gone.
func (f *Forge) React(ctx context.Context, number int, id int64, kind forge.ReactionKind) error {
	name, ok := emoji[kind]
	if !ok {
		return fmt.Errorf("react to comment %d: there is no reaction %q", id, kind)
	}
	_, r, err := f.api.AwardEmoji.CreateMergeRequestAwardEmojiOnNote(f.o.Project, number, int(id), &gl.CreateAwardEmojiOptions{Name: name}, gl.WithContext(ctx))
	if err == nil {
		return nil
	}
	failed := f.failed(ctx, fmt.Sprintf("react to comment %d of merge request !%d", id, number), r, err)
	if errors.Is(failed, forge.ErrNotFound) {
		mine, err := f.mine(ctx, number, id, name)
		if err != nil {
			return err
		}
		if len(mine) > 0 {
			return nil
		}
	}
	return failed
}

func (f *Forge) mine(ctx context.Context, number int, id int64, name string) ([]*gl.AwardEmoji, error) {
	me, err := f.Me(ctx)
	if err != nil {
		return nil, err
	}
	awards, err := f.awards(ctx, number, int(id))
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(awards, func(a *gl.AwardEmoji) bool { return a.Name != name || strconv.Itoa(a.User.ID) != me.ID }), nil
}

// Unreact implements forge.Comments.
func (f *Forge) Unreact(ctx context.Context, number int, id int64, kind forge.ReactionKind) error {
	mine, err := f.mine(ctx, number, id, emoji[kind])
	for _, a := range mine {
		var r *gl.Response
		if r, err = f.api.AwardEmoji.DeleteMergeRequestAwardEmojiOnNote(f.o.Project, number, int(id), a.ID, gl.WithContext(ctx)); err != nil {
			err = f.failed(ctx, fmt.Sprintf("take back a reaction to comment %d of merge request !%d", id, number), r, err)
		}
	}
	if errors.Is(err, forge.ErrNotFound) {
		return nil
	}
	return err
}
