package main

import (
	"context"
	"strings"
	"sync"

	"github.com/linnet-bot/linnet/pkg/chatops"
	"github.com/linnet-bot/linnet/pkg/conductor"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/forge/github"
	"github.com/linnet-bot/linnet/pkg/server/hook"
)

// mostPresses bounds how many presses wait for the next look; whoever presses more often than that has pressed already.
const mostPresses = 64

// presses are the buttons that were pressed since the last look: they come from many goroutines, and conductors are not safe for that.
type presses struct {
	project string // whose are taken

	mu   sync.Mutex
	list []hook.Press
}

// add is hook.Options.Press.
func (p *presses) add(one hook.Press) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if strings.EqualFold(one.Project, p.project) && len(p.list) < mostPresses {
		p.list = append(p.list, one)
	}
}

// give hands them to the conductors. Each takes what is about its own merge request.
func (p *presses) give(ctx context.Context, all []*conductor.Conductor) {
	p.mu.Lock()
	list := p.list
	p.list = nil
	p.mu.Unlock()
	for _, one := range list {
		for _, c := range all {
			if err := press(ctx, c, one); err != nil && ctx.Err() == nil {
				c.Log.ErrorContext(ctx, err.Error(), "environment", c.Environment)
			}
		}
	}
}

// press is Press of the Conductor, of which a panic is an error, too.
func press(ctx context.Context, c *conductor.Conductor, one hook.Press) error {
	verb := map[string]string{github.ActionPromote: chatops.Promote, github.ActionRecheck: chatops.Retry, "": chatops.Retry}[one.Button]
	return conducted(ctx, c, "take in a press of a button", func() error {
		return c.Press(ctx, conductor.Press{
			By: forge.User{ID: one.SenderID, Name: one.Sender, Bot: one.SenderIsBot}, Verb: verb, SHA: one.SHA, Delivery: one.Delivery,
		})
	})
}
