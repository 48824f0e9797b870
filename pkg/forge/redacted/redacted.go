// Package redacted keeps secrets out of what the bot writes on a forge.
//
// What the bot says there quotes others: an error of a registry, a value of a chart, a message of a cluster. Any of it may hold a token that this
// program knows, and whatever stands on a forge is read by many and mailed to more. New wraps a forge so that each of three kinds of things that are
// written is treated as it can bear:
//
//   - Text for people (titles, descriptions, comments, titles and summaries of checks, commit messages) is written with every secret replaced.
//   - Files are written byte for byte or not at all: a commit with a known secret in it is refused with a *forge.ChangeRefusedError. A file may hold what only
//     looks like a token, such as an encrypted value that was there before.
//   - Names (branches, labels, reviewers, checks) are what things are found by, and so refused too.
//
// The bot compares what stands on the forge with what it wants to say, and writes until the two are equal. So what is read is given back as it was
// meant, as long as this value remembers it: otherwise a text with a secret in it would be written anew at each look, for ever.
//
// What is wrapped cannot approve: forge.Reviewer does not come through, whatever the forge can do.
package redacted

import (
	"context"
	"fmt"
	"strings"

	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/forge/transport"
)

// longestCheckTitle is how many bytes of a check's title every forge keeps.
const longestCheckTitle = 255

// Forge writes no secret. What it does not redefine passes through.
type Forge struct {
	forge.Forge
	secrets *transport.Redactor
	meant   *meant
}

// New wraps a forge. Of the optional interfaces of package forge the result has those that f has, but for Reviewer.
func New(f forge.Forge, secrets *transport.Redactor) forge.Forge {
	wrapped := &Forge{Forge: f, secrets: secrets, meant: &meant{}}
	return through(wrapped, f)
}

// say is the text as it is written.
func (f *Forge) say(text string) string {
	said := f.secrets.String(text)
	if said != text {
		f.meant.remember(said, text)
	}
	return said
}

// name refuses names with a secret in them, and does not repeat those.
func (f *Forge) name(what string, names ...string) error {
	for _, name := range names {
		if said := f.secrets.String(name); said != name {
			return fmt.Errorf("cannot write %s %q: it holds a secret: %w", what, said, forge.ErrForbidden)
		}
	}
	return nil
}

// Commit is that of the forge, without secrets in its message. One with a known secret in a file is refused.
func (f *Forge) Commit(ctx context.Context, c forge.NewCommit) (string, error) {
	if err := f.name("the branch", c.Branch); err != nil {
		return "", err
	}
	for _, change := range c.Changes {
		if f.secrets.Holds(change.Path) {
			return "", &forge.ChangeRefusedError{Path: f.secrets.String(change.Path), Reason: "its name holds a secret of this program"}
		}
		if f.secrets.Holds(string(change.Content)) {
			return "", &forge.ChangeRefusedError{Path: f.secrets.String(change.Path), Reason: "it holds a secret of this program, such as its token for the forge; " +
				"take the secret out of the repository and give the program a new one"}
		}
	}
	c.Message = f.say(c.Message)
	return f.Forge.Commit(ctx, c)
}

// Open is that of the forge.
func (f *Forge) Open(ctx context.Context, r forge.OpenRequest) (forge.MergeRequest, error) {
	for what, names := range map[string][]string{"the branch": {r.Source, r.Target}, "the label": r.Labels, "the reviewer": r.Reviewers} {
		if err := f.name(what, names...); err != nil {
			return forge.MergeRequest{}, err
		}
	}
	r.Title, r.Description = f.say(r.Title), f.say(r.Description)
	m, err := f.Forge.Open(ctx, r)
	return f.request(m), err
}

// Update is that of the forge.
func (f *Forge) Update(ctx context.Context, number int, u forge.Update) (forge.MergeRequest, error) {
	for _, text := range []**string{&u.Title, &u.Description} {
		if *text != nil {
			said := f.say(**text)
			*text = &said
		}
	}
	m, err := f.Forge.Update(ctx, number, u)
	return f.request(m), err
}

// Merge is that of the forge, without secrets in the message.
func (f *Forge) Merge(ctx context.Context, number int, m forge.MergeOptions) (forge.MergeResult, error) {
	m.Message = f.say(m.Message)
	return f.Forge.Merge(ctx, number, m)
}

// SetCheck is that of the forge.
func (f *Forge) SetCheck(ctx context.Context, sha string, c forge.Check) error {
	if err := f.name("the check", c.Name); err != nil {
		return err
	}
	if said := f.secrets.String(c.Title); said != c.Title {
		said = strings.ToValidUTF8(said[:min(len(said), longestCheckTitle)], "") // the forge would cut it, and then it is not known any more
		f.meant.remember(said, c.Title)
		c.Title = said
	}
	c.Summary, c.URL = f.say(c.Summary), f.say(c.URL)
	return f.Forge.SetCheck(ctx, sha, c)
}

// AddComment is that of the forge.
func (f *Forge) AddComment(ctx context.Context, number int, body string) (forge.Comment, error) {
	c, err := f.Forge.AddComment(ctx, number, f.say(body))
	return f.comment(c), err
}

// EditComment is that of the forge.
func (f *Forge) EditComment(ctx context.Context, number int, id int64, body string) (forge.Comment, error) {
	c, err := f.Forge.EditComment(ctx, number, id, f.say(body))
	return f.comment(c), err
}
