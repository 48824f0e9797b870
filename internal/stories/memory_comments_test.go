package stories

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/linnet-bot/linnet/pkg/forge"
)

func (u user) SetCheck(_ context.Context, sha string, c forge.Check) error {
	if _, err := u.commit(sha); err != nil {
		return err
	}
	c.By, c.Updated = named(u.who), u.now()
	all := u.checks[sha]
	for i, have := range all {
		if have.Name == c.Name && have.By == c.By {
			all[i] = c
			return nil
		}
	}
	u.checks[sha] = append(all, c)
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

func (u user) AddComment(_ context.Context, number int, body string) (forge.Comment, error) {
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
		return err
	}
	c.Reactions = slices.DeleteFunc(c.Reactions, func(r forge.Reaction) bool { return r.Kind == kind && r.By.Name == u.who })
	return nil
}
