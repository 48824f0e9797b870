package github

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	gh "github.com/google/go-github/v60/github"

	"github.com/linnet-bot/linnet/pkg/forge"
)

func commentOf(c *gh.IssueComment) forge.Comment {
	is := forge.Comment{ID: c.GetID(), By: userOf(c.User), Body: c.GetBody(), Created: c.GetCreatedAt().Time}
	if at := c.GetUpdatedAt().Time; !at.Equal(is.Created) {
		is.Edited = at
	}
	return is
}

// Comments implements forge.Comments.
func (f *Forge) Comments(ctx context.Context, number int) ([]forge.Comment, error) {
	tried := fmt.Sprintf("read the comments of pull request !%d", number)
	raw, err := all(func(o gh.ListOptions) ([]*gh.IssueComment, *gh.Response, error) {
		return f.rest.Issues.ListComments(ctx, f.owner, f.repo, number, &gh.IssueListCommentsOptions{ListOptions: o})
	})
	if err != nil {
		return nil, f.explain(tried, err)
	}
	list, err := f.complete(ctx, raw)
	if err != nil {
		return nil, f.explain(tried, err)
	}
	slices.SortFunc(list, func(a, b forge.Comment) int { return cmp.Compare(a.ID, b.ID) })
	me, err := f.Me(ctx)
	if err != nil {
		return nil, err
	}
	for i := range list {
		if list[i].By.ID == me.ID {
			f.remember(number, list[i])
		}
	}
	return list, nil
}

// GetComment implements forge.Comments.
func (f *Forge) GetComment(ctx context.Context, number int, id int64) (forge.Comment, error) {
	raw, err := f.comment(ctx, number, id)
	if err != nil {
		return forge.Comment{}, err
	}
	list, err := f.complete(ctx, []*gh.IssueComment{raw})
	if err != nil {
		return forge.Comment{}, f.explain(fmt.Sprintf("read comment %d of pull request !%d", id, number), err)
	}
	return list[0], nil
}

// comment reads one that must lie below this pull request: its number is unique in the whole repository.
func (f *Forge) comment(ctx context.Context, number int, id int64) (*gh.IssueComment, error) {
	tried := fmt.Sprintf("read comment %d of pull request !%d", id, number)
	raw, _, err := f.rest.Issues.GetComment(ctx, f.owner, f.repo, id)
	if err != nil {
		return nil, f.explain(tried, err)
	}
	if !strings.HasSuffix(raw.GetIssueURL(), fmt.Sprintf("/issues/%d", number)) {
		return nil, fmt.Errorf("%s: %s: %w: it belongs to another", f.name, tried, forge.ErrNotFound)
	}
	return raw, nil
}

// AddComment implements forge.Comments.
func (f *Forge) AddComment(ctx context.Context, number int, body string) (forge.Comment, error) {
	if err := checkComment(body); err != nil {
		return forge.Comment{}, err
	}
	raw, _, err := f.rest.Issues.CreateComment(ctx, f.owner, f.repo, number, &gh.IssueComment{Body: &body})
	if err != nil {
		return forge.Comment{}, f.explain(fmt.Sprintf("comment on pull request !%d", number), err)
	}
	c := commentOf(raw)
	f.remember(number, c)
	return c, nil
}

func checkComment(body string) error {
	if strings.TrimSpace(body) == "" {
		return errors.New("a comment must not be empty")
	}
	return checkBody("comment", body)
}

// own reads a comment that must be this user's: GitHub lets everybody with write access edit all of them.
func (f *Forge) own(ctx context.Context, number int, id int64, what string) (*gh.IssueComment, error) {
	raw, err := f.comment(ctx, number, id)
	if err != nil {
		return nil, err
	}
	me, err := f.Me(ctx)
	if err != nil {
		return nil, err
	}
	if by := userOf(raw.User); by.ID != me.ID {
		return nil, fmt.Errorf("%s: %s comment %d of pull request !%d: %w: it is %s's", f.name, what, id, number, forge.ErrForbidden, by.Name)
	}
	return raw, nil
}

// EditComment implements forge.Comments.
func (f *Forge) EditComment(ctx context.Context, number int, id int64, body string) (forge.Comment, error) {
	if err := checkComment(body); err != nil {
		return forge.Comment{}, err
	}
	tried := fmt.Sprintf("edit comment %d of pull request !%d", id, number)
	if !f.differs(number, id, body) {
		raw, err := f.own(ctx, number, id, "edit")
		if err != nil {
			return forge.Comment{}, err
		}
		if raw.GetBody() == body {
			list, err := f.complete(ctx, []*gh.IssueComment{raw})
			if err != nil {
				return forge.Comment{}, f.explain(tried, err)
			}
			return list[0], nil
		}
	}
	raw, _, err := f.rest.Issues.EditComment(ctx, f.owner, f.repo, id, &gh.IssueComment{Body: &body})
	if err != nil {
		return forge.Comment{}, f.explain(tried, err)
	}
	// What was found out about its first second is wrong now.
	f.mu.Lock()
	f.edited[id] = raw.GetUpdatedAt().Time
	f.mu.Unlock()
	list, err := f.complete(ctx, []*gh.IssueComment{raw})
	if err != nil {
		return forge.Comment{}, f.explain(tried, err)
	}
	f.remember(number, list[0])
	return list[0], nil
}

// DeleteComment implements forge.Comments.
func (f *Forge) DeleteComment(ctx context.Context, number int, id int64) error {
	_, err := f.own(ctx, number, id, "delete")
	if errors.Is(err, forge.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = f.rest.Issues.DeleteComment(ctx, f.owner, f.repo, id)
	if _, gone := answered(err, http.StatusNotFound); gone || err == nil {
		return nil
	}
	return f.explain(fmt.Sprintf("delete comment %d of pull request !%d", id, number), err)
}
