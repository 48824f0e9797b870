package gitlab

import (
	"context"
	"crypto/sha256"
	"errors"
	"slices"
	"time"

	gl "github.com/xanzy/go-gitlab"

	"github.com/linnet-bot/linnet/pkg/forge"
)

// noted is what is known of a note beside what GitLab's answers about notes hold. It holds as long as the time of the note's last change stays: GitLab
// moves that for each edit, and for each reaction that is given or taken back.
type noted struct {
	number    int
	mine      bool
	sum       [sha256.Size]byte // of the body
	whole     bool              // what follows is known, too
	changed   time.Time
	edited    time.Time
	reactions []forge.Reaction
}

// remember keeps what a note is as it was just read or written, and gives what was known of it.
func (f *Forge) remember(number int, n *gl.Note) noted {
	f.mu.Lock()
	defer f.mu.Unlock()
	was := f.notes[n.ID]
	is := was
	is.number, is.sum, is.mine = number, sha256.Sum256([]byte(unpack(n.Body))), f.me != nil && f.me.ID == n.Author.ID
	f.notes[n.ID] = is
	return was
}

// differs is whether a comment is known to be this user's and to say something else, so that it need not be read before it is edited.
func (f *Forge) differs(number int, id int64, body string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	known, ok := f.notes[int(id)]
	return ok && known.mine && known.number == number && known.sum != sha256.Sum256([]byte(body))
}

func comment(n *gl.Note) forge.Comment {
	return forge.Comment{ID: int64(n.ID), By: user(n.Author.ID, n.Author.Username), Body: unpack(n.Body), Created: at(n.CreatedAt)}
}

func (f *Forge) single(ctx context.Context, number int, n *gl.Note) (forge.Comment, error) {
	list, err := f.complete(ctx, number, []*gl.Note{n})
	if err == nil && len(list) == 0 {
		err = forge.ErrNotFound
	}
	if err != nil {
		return forge.Comment{}, err
	}
	return list[0], nil
}

// complete adds to notes who has reacted to them and when they were edited, and leaves out those that were deleted meanwhile. A note that has not changed since
// it was made has neither. GitLab gives reactions only note by note, and edits only by GraphQL; where it does not tell those, every change is one.
func (f *Forge) complete(ctx context.Context, number int, notes []*gl.Note) ([]forge.Comment, error) {
	me, err := f.self(ctx)
	if err != nil {
		return nil, err
	}
	var list []forge.Comment
	unsure := map[int]*gl.Note{} // by their place in the list
	for _, n := range notes {
		c, changed := comment(n), at(n.UpdatedAt)
		known := f.remember(number, n)
		switch {
		case !changed.After(c.Created):
			f.keep(n, c)
		case known.whole && known.changed.Equal(changed):
			c.Edited, c.Reactions = known.edited, slices.Clone(known.reactions)
		default:
			c.Edited = changed
			if c.Reactions, err = f.reactions(ctx, number, n.ID); errors.Is(err, forge.ErrNotFound) {
				continue
			} else if err != nil {
				return nil, err
			}
			switch {
			case n.Author.ID == me.ID && len(c.Reactions) == 0: // this user has edited what it wrote
				f.keep(n, c)
			case known.whole && known.edited.IsZero() && known.sum == sha256.Sum256([]byte(c.Body)) && !slices.Equal(known.reactions, c.Reactions):
				c.Edited = time.Time{} // it says what it always said, and the reactions are what has changed
				f.keep(n, c)
			default:
				unsure[len(list)] = n
			}
		}
		list = append(list, c)
	}
	if len(unsure) == 0 {
		return list, nil
	}
	edits, tells, err := f.edits(ctx, number)
	if err != nil {
		return nil, err
	}
	for i, n := range unsure {
		c := &list[i]
		e, ok := edits[n.ID]
		switch {
		case !tells:
			f.keep(n, *c)
		case ok && e.of(n):
			if e.edited.IsZero() || e.edited.Before(c.Edited.Truncate(time.Second)) { // the last change was no edit
				c.Edited = e.edited
			}
			f.keep(n, *c)
		}
	}
	return list, nil
}

// keep knows all of a note from now on, until it changes.
func (f *Forge) keep(n *gl.Note, c forge.Comment) {
	f.mu.Lock()
	defer f.mu.Unlock()
	known := f.notes[n.ID]
	known.whole, known.changed, known.edited, known.reactions = true, at(n.UpdatedAt), c.Edited, slices.Clone(c.Reactions)
	f.notes[n.ID] = known
}

// reactions lists them, the oldest first.
func (f *Forge) reactions(ctx context.Context, number, note int) ([]forge.Reaction, error) {
	awards, err := f.awards(ctx, number, note)
	if err != nil {
		return nil, err
	}
	var list []forge.Reaction
	for _, a := range awards {
		for kind, name := range emoji {
			if a.Name == name {
				list = append(list, forge.Reaction{Kind: kind, By: user(a.User.ID, a.User.Username)})
			}
		}
	}
	return list, nil
}
