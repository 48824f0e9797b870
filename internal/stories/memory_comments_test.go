package stories

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/linnet-bot/linnet/pkg/forge"
)

// titleLimit is how many bytes of a check's title are kept.
const titleLimit = 255

func (u user) SetCheck(_ context.Context, sha string, c forge.Check) error {
	if err := oneLine(c.Name); err != nil {
		return err
	}
	if !slices.Contains([]forge.CheckState{forge.Pending, forge.InProgress, forge.ActionRequired, forge.Failure, forge.Success}, c.State) {
		return fmt.Errorf("%q is no state of a check", c.State)
	}
	if _, err := u.commit(sha); err != nil {
		return err
	}
	if len(c.Title) > titleLimit {
		c.Title = strings.ToValidUTF8(c.Title[:titleLimit-len("…")], "") + "…"
	}
	c.By, c.Updated = named(u.who), u.now().UTC()
	at, there := slices.BinarySearchFunc(u.checks[sha], c, func(a, b forge.Check) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.By.Name, b.By.Name))
	})
	if !there {
		u.checks[sha] = slices.Insert(u.checks[sha], at, c)
		return nil
	}
	same := c
	if same.Updated = u.checks[sha][at].Updated; same != u.checks[sha][at] {
		u.checks[sha][at] = c
	}
	return nil
}

func (u user) Checks(_ context.Context, sha string) ([]forge.Check, error) {
	return slices.Clone(u.checks[sha]), nil
}

func (u user) Comments(_ context.Context, number int) ([]forge.Comment, error) {
	if _, err := u.request(number); err != nil {
		return nil, err
	}
	all := slices.Clone(u.comments[number])
	for i := range all {
		all[i].Reactions = slices.Clone(all[i].Reactions)
	}
	return all, nil
}

// comment finds one, to be changed in place.
func (m *memory) comment(number int, id int64) (*forge.Comment, error) {
	for i := range m.comments[number] {
		if c := &m.comments[number][i]; c.ID == id {
			return c, nil
		}
	}
	return nil, fmt.Errorf("comment %d of merge request !%d: %w", id, number, forge.ErrNotFound)
}

func (u user) GetComment(_ context.Context, number int, id int64) (forge.Comment, error) {
	c, err := u.comment(number, id)
	if err != nil {
		return forge.Comment{}, err
	}
	return *c, nil
}

func notEmpty(body string) error {
	if strings.TrimSpace(body) == "" {
		return errors.New("the comment is empty")
	}
	return nil
}

func (u user) AddComment(_ context.Context, number int, body string) (forge.Comment, error) {
	if err := notEmpty(body); err != nil {
		return forge.Comment{}, err
	}
	r, err := u.request(number)
	if err != nil {
		return forge.Comment{}, err
	}
	u.memory.last++
	c := forge.Comment{ID: u.last, By: named(u.who), Body: body, Created: u.now().UTC()}
	u.headAt[c.ID] = r.Head
	u.comments[number] = append(u.comments[number], c)
	return c, nil
}

func (u user) EditComment(_ context.Context, number int, id int64, body string) (forge.Comment, error) {
	if err := notEmpty(body); err != nil {
		return forge.Comment{}, err
	}
	c, err := u.comment(number, id)
	switch {
	case err != nil:
		return forge.Comment{}, err
	case c.By.Name != u.who:
		return forge.Comment{}, fmt.Errorf("edit comment %d: %w", id, forge.ErrForbidden)
	case c.Body != body:
		c.Body, c.Edited = body, u.now().UTC()
	}
	return *c, nil
}

func (u user) DeleteComment(_ context.Context, number int, id int64) error {
	c, err := u.comment(number, id)
	switch {
	case errors.Is(err, forge.ErrNotFound):
		return nil
	case c.By.Name != u.who:
		return fmt.Errorf("delete comment %d: %w", id, forge.ErrForbidden)
	}
	u.comments[number] = slices.DeleteFunc(u.comments[number], func(c forge.Comment) bool { return c.ID == id })
	return nil
}

func (u user) React(_ context.Context, number int, id int64, kind forge.ReactionKind) error {
	if !slices.Contains([]forge.ReactionKind{forge.Eyes, forge.Rocket, forge.ThumbsUp, forge.ThumbsDown, forge.Confused}, kind) {
		return fmt.Errorf("%q is no reaction", kind)
	}
	c, err := u.comment(number, id)
	if err != nil {
		return err
	}
	if given := (forge.Reaction{Kind: kind, By: named(u.who)}); !slices.Contains(c.Reactions, given) {
		c.Reactions = append(c.Reactions, given)
	}
	return nil
}

func (u user) Unreact(_ context.Context, number int, id int64, kind forge.ReactionKind) error {
	c, err := u.comment(number, id)
	if err != nil {
		return nil //nolint:nilerr // it is gone, and the reaction with it
	}
	c.Reactions = slices.DeleteFunc(c.Reactions, func(r forge.Reaction) bool { return r.Kind == kind && r.By.Name == u.who })
	return nil
}
