package demo

import (
	"context"
	"time"

	"github.com/linnet-bot/linnet/pkg/forge"
)

// storyTime shows the forge to the bot in the story's time. People who review beside an interactive demo live in real time, which is long after the story's:
// a comment was written, for the story, when it was first seen, since the head that it speaks of may be as new; a merge was done when the bot had looked before,
// since the cluster may have followed it meanwhile.
type storyTime struct {
	forge.Forge
	now  func() time.Time // of the story
	last func() time.Time // when the bot looked before
	seen map[time.Time]time.Time
}

func (f storyTime) at(t time.Time, when func() time.Time) time.Time {
	if !t.After(f.now()) {
		return t
	}
	if was, ok := f.seen[t]; ok {
		return was
	}
	f.seen[t] = when()
	return f.seen[t]
}

func (f storyTime) request(r forge.MergeRequest) forge.MergeRequest {
	r.Opened, r.Updated, r.Done = f.at(r.Opened, f.last), f.at(r.Updated, f.last), f.at(r.Done, f.last)
	return r
}

// Get is forge.MergeRequests.
func (f storyTime) Get(ctx context.Context, number int) (forge.MergeRequest, error) {
	r, err := f.Forge.Get(ctx, number)
	return f.request(r), err
}

// Find is forge.MergeRequests.
func (f storyTime) Find(ctx context.Context, q forge.Query) ([]forge.MergeRequest, error) {
	all, err := f.Forge.Find(ctx, q)
	for i := range all {
		all[i] = f.request(all[i])
	}
	return all, err
}

// ReadCommit is forge.Repository.
func (f storyTime) ReadCommit(ctx context.Context, sha string) (forge.Commit, error) {
	c, err := f.Forge.ReadCommit(ctx, sha)
	c.Time = f.at(c.Time, f.last)
	return c, err
}

// Comments is forge.Comments.
func (f storyTime) Comments(ctx context.Context, number int) ([]forge.Comment, error) {
	all, err := f.Forge.Comments(ctx, number)
	for i := range all {
		all[i] = f.comment(all[i])
	}
	return all, err
}

// GetComment is forge.Comments.
func (f storyTime) GetComment(ctx context.Context, number int, id int64) (forge.Comment, error) {
	c, err := f.Forge.GetComment(ctx, number, id)
	return f.comment(c), err
}

func (f storyTime) comment(c forge.Comment) forge.Comment {
	c.Created, c.Edited = f.at(c.Created, f.now), f.at(c.Edited, f.now)
	return c
}
