package redacted

import (
	"context"
	"sync"

	"github.com/linnet-bot/linnet/pkg/forge"
)

// mostMeant bounds memory: so many texts with secrets in them are known by what was meant.
const mostMeant = 256

// meant knows what was meant by texts that were written with secrets replaced. Its zero value knows nothing.
type meant struct {
	mu    sync.Mutex
	texts map[string]string // by what was written
	order []string          // the oldest first
}

func (m *meant) remember(said, text string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.texts == nil {
		m.texts = map[string]string{}
	}
	if _, known := m.texts[said]; !known {
		m.order = append(m.order, said)
	}
	m.texts[said] = text
	if len(m.order) > mostMeant {
		delete(m.texts, m.order[0])
		m.order = m.order[1:]
	}
}

func (m *meant) by(said string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if text, known := m.texts[said]; known {
		return text
	}
	return said
}

func (f *Forge) request(m forge.MergeRequest) forge.MergeRequest {
	m.Title, m.Description = f.meant.by(m.Title), f.meant.by(m.Description)
	return m
}

func (f *Forge) comment(c forge.Comment) forge.Comment {
	c.Body = f.meant.by(c.Body)
	return c
}

// Find is that of the forge.
func (f *Forge) Find(ctx context.Context, q forge.Query) ([]forge.MergeRequest, error) {
	all, err := f.Forge.Find(ctx, q)
	return each(all, f.request), err
}

// Get is that of the forge.
func (f *Forge) Get(ctx context.Context, number int) (forge.MergeRequest, error) {
	m, err := f.Forge.Get(ctx, number)
	return f.request(m), err
}

// Checks is that of the forge.
func (f *Forge) Checks(ctx context.Context, sha string) ([]forge.Check, error) {
	all, err := f.Forge.Checks(ctx, sha)
	return each(all, func(c forge.Check) forge.Check {
		c.Title, c.Summary, c.URL = f.meant.by(c.Title), f.meant.by(c.Summary), f.meant.by(c.URL)
		return c
	}), err
}

// Comments is that of the forge.
func (f *Forge) Comments(ctx context.Context, number int) ([]forge.Comment, error) {
	all, err := f.Forge.Comments(ctx, number)
	return each(all, f.comment), err
}

// GetComment is that of the forge.
func (f *Forge) GetComment(ctx context.Context, number int, id int64) (forge.Comment, error) {
	c, err := f.Forge.GetComment(ctx, number, id)
	return f.comment(c), err
}

// each changes the items of a list that may be shared with others.
func each[T any](list []T, change func(T) T) []T {
	if list == nil {
		return nil
	}
	changed := make([]T, len(list))
	for i := range list {
		changed[i] = change(list[i])
	}
	return changed
}
