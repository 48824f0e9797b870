package stories

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/linnet-bot/linnet/pkg/chatops"
	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/conductor"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// process is a bot, and the line between it and the forge: here calls fail, and here its writes are judged.
type process struct {
	user
	story     *story
	name      string
	conductor *conductor.Conductor
	fault     fault
	reads     int // of this look
	writes    int
	looks     int // of this process's life
	before    moment
	seen      sight  // by this look
	raced     bool   // somebody was faster in this look
	told      string // where it said that it stands
}

// fault is what goes wrong in one look.
type fault struct {
	kind      string // "" = nothing
	at        int    // the read or write of this number, counted from one
	meanwhile func() // happens before it
}

// The faults.
const (
	readFails  = "cannot read"
	writeFails = "cannot write"
	writeLost  = "does not learn that it has written"
	dies       = "dies after writing"
	meantime   = "is slow, and before its write"
	stale      = "is told what was so before"
	race       = "is about to merge" // at is not asked
)

var faults = []string{dies, writeLost, writeFails, readFails, meantime, stale}

var errServer = errors.New("502 Bad Gateway")

// moment is what people had agreed to, and how the forge stood, when a look began.
type moment struct {
	at       time.Time
	last     int64 // comment
	comments map[int][]forge.Comment
	roles    map[string]chatops.Role
	requests []forge.MergeRequest
}

// restart begins a new life that knows nothing.
func (p *process) restart() {
	s := p.story
	rights := chatops.DefaultRights()
	rights[chatops.SkipSoak] = chatops.Right{Users: []string{"ana"}}
	c, err := conductor.New(conductor.Settings{
		Environment: environment, Forge: p, Observer: p, Material: material(), Policy: policy, Merge: s.merge, Marker: s.sealed, Rights: rights,
		Plan: makePlan, Log: slog.New(slog.Handler(p)),
		Now:  func() time.Time { return s.cluster.Now().Add(s.skew) },
		Role: func(_ context.Context, who forge.User) (chatops.Role, error) { return s.roles[who.Name], nil },
		Choose: func(_ context.Context, current string) (string, string, error) {
			if current == from {
				return to, "the newest", nil
			}
			return "", "there is nothing newer than " + current, nil
		},
	})
	if err != nil {
		s.Fatal(err)
	}
	p.conductor, p.looks = c, 0
}

// look is one look with at most one fault. ok tells that it came to its end.
func (p *process) look(f fault) (status conductor.Status, ok bool) {
	s := p.story
	p.fault, p.reads, p.writes, p.raced = f, 0, 0, false
	p.before.at, p.before.last, p.before.roles = s.cluster.Now(), s.forge.last, map[string]chatops.Role{}
	p.before.comments = map[int][]forge.Comment{}
	for number, all := range s.forge.comments {
		p.before.comments[number] = slices.Clone(all)
	}
	for who, role := range s.roles {
		p.before.roles[who] = role
	}
	status, err := p.conductor.Look(ctx)
	met := f.kind != "" && (f.kind == stale || f.kind == race || f.kind == readFails && p.reads >= f.at || f.kind != readFails && p.writes >= f.at)
	p.fault, p.looks = fault{}, p.looks+1
	var refused *forge.NotMergeableError
	switch {
	case f.kind == dies && met:
		p.restart()
		return status, false
	case err == nil:
		return status, !met
	case met && (errors.Is(err, errServer) || f.kind == meantime || f.kind == race || f.kind == stale), errors.As(err, &refused):
		return status, false
	}
	s.broken(6, "%s gives up although nothing failed: %v", p.name, err)
	return status, false
}

// read lets a read through, or does not.
func read[T any](p *process, ask func() (T, error)) (T, error) {
	var none T
	if p.fault.kind == dies && p.writes >= p.fault.at {
		return none, errServer
	}
	if p.reads++; p.fault.kind == readFails && p.reads == p.fault.at {
		return none, errServer
	}
	return ask()
}

// write judges a write and lets it through, or does not.
func (p *process) write(what string, judge func(), do func() error) error {
	f := p.fault
	if f.kind == dies && p.writes >= f.at {
		return errServer
	}
	p.writes++
	now := p.writes == f.at
	if now && f.kind == writeFails {
		return errServer
	}
	if now && f.kind == meantime {
		p.fault = fault{kind: meantime}
		f.meanwhile()
		p.fault = f
	}
	judge()
	err := do()
	if err == nil && what != "" {
		p.story.say("    %s %s", p.name, what)
	}
	if now && (f.kind == dies || f.kind == writeLost) {
		return errServer
	}
	return err
}

// The bot says what it is about to do, before it does it. There others are faster.
func (p *process) Handle(_ context.Context, r slog.Record) error {
	if f := p.fault; f.kind == race && f.meanwhile != nil && strings.HasPrefix(r.Message, "merge !") {
		p.fault.meanwhile = nil
		f.meanwhile()
		p.raced = true
	}
	return nil
}

func (p *process) Enabled(context.Context, slog.Level) bool { return true }
func (p *process) WithAttrs([]slog.Attr) slog.Handler       { return p }
func (p *process) WithGroup(string) slog.Handler            { return p }

// unjudged is for writes that no promise speaks of by themselves.
func unjudged() {}

// Observe remembers what this process was shown.
func (p *process) Observe(context.Context) (*checks.Observation, error) {
	var err error
	p.seen, err = p.story.eyes.look(p.story.cluster.Now().Add(p.story.skew))
	return p.seen.shown, err
}

func (p *process) Me(ctx context.Context) (forge.User, error) { return p.user.Me(ctx) }

func (p *process) Head(ctx context.Context, branch string) (string, error) {
	return read(p, func() (string, error) { return p.user.Head(ctx, branch) })
}

func (p *process) Branches(ctx context.Context, prefix string) ([]forge.Branch, error) {
	return read(p, func() ([]forge.Branch, error) { return p.user.Branches(ctx, prefix) })
}

func (p *process) ReadCommit(ctx context.Context, sha string) (forge.Commit, error) {
	return read(p, func() (forge.Commit, error) { return p.user.ReadCommit(ctx, sha) })
}

func (p *process) Tree(ctx context.Context, sha string) (tree.Tree, error) {
	return read(p, func() (tree.Tree, error) { return p.user.Tree(ctx, sha) })
}

func (p *process) IsAncestor(ctx context.Context, a, b string) (bool, error) {
	return read(p, func() (bool, error) { return p.user.IsAncestor(ctx, a, b) })
}

// Find may lag behind what others wrote, until the bot writes itself.
func (p *process) Find(ctx context.Context, q forge.Query) ([]forge.MergeRequest, error) {
	return read(p, func() ([]forge.MergeRequest, error) {
		if p.fault.kind == stale && p.writes == 0 {
			return slices.Clone(p.before.requests), nil
		}
		return p.user.Find(ctx, q)
	})
}

func (p *process) Get(ctx context.Context, number int) (forge.MergeRequest, error) {
	return read(p, func() (forge.MergeRequest, error) { return p.user.Get(ctx, number) })
}

func (p *process) Preview(ctx context.Context, number int) (forge.Preview, error) {
	return read(p, func() (forge.Preview, error) { return p.user.Preview(ctx, number) })
}

func (p *process) Checks(ctx context.Context, sha string) ([]forge.Check, error) {
	return read(p, func() ([]forge.Check, error) { return p.user.Checks(ctx, sha) })
}

func (p *process) Comments(ctx context.Context, number int) ([]forge.Comment, error) {
	return read(p, func() ([]forge.Comment, error) { return p.user.Comments(ctx, number) })
}

func (p *process) Commit(ctx context.Context, c forge.NewCommit) (sha string, err error) {
	err = p.write("commits to "+c.Branch, func() { p.judgeCommit(c) }, func() error {
		sha, err = p.user.Commit(ctx, c)
		return err
	})
	return sha, err
}

func (p *process) DeleteBranch(ctx context.Context, branch, head string) error {
	return p.write("deletes branch "+branch, func() { p.judgePaused("deletes " + branch) }, func() error { return p.user.DeleteBranch(ctx, branch, head) })
}

func (p *process) Open(ctx context.Context, o forge.OpenRequest) (r forge.MergeRequest, err error) {
	err = p.write("opens a merge request from "+o.Source, func() { p.judgeOpen(o) }, func() error {
		r, err = p.user.Open(ctx, o)
		return err
	})
	return r, err
}

func (p *process) Update(ctx context.Context, number int, u forge.Update) (r forge.MergeRequest, err error) {
	err = p.write("", unjudged, func() error {
		r, err = p.user.Update(ctx, number, u)
		return err
	})
	return r, err
}

func (p *process) Merge(ctx context.Context, number int, o forge.MergeOptions) (r forge.MergeResult, err error) {
	err = p.write(fmt.Sprintf("merges !%d at %.8s", number, o.Head), func() { p.judgeMerge(number, o) }, func() error {
		r, err = p.user.Merge(ctx, number, o)
		return err
	})
	return r, err
}

func (p *process) Close(ctx context.Context, number int) error {
	return p.write(fmt.Sprintf("closes !%d", number), func() { p.judgePaused(fmt.Sprintf("closes !%d", number)) }, func() error { return p.user.Close(ctx, number) })
}

func (p *process) Reopen(ctx context.Context, number int) error {
	return p.write("", unjudged, func() error { return p.user.Reopen(ctx, number) })
}

func (p *process) SetCheck(ctx context.Context, sha string, c forge.Check) error {
	return p.write("", unjudged, func() error { return p.user.SetCheck(ctx, sha, c) })
}

func (p *process) AddComment(ctx context.Context, number int, body string) (c forge.Comment, err error) {
	err = p.write("", unjudged, func() error {
		c, err = p.user.AddComment(ctx, number, body)
		return err
	})
	return c, err
}

func (p *process) EditComment(ctx context.Context, number int, id int64, body string) (c forge.Comment, err error) {
	err = p.write("", unjudged, func() error {
		c, err = p.user.EditComment(ctx, number, id, body)
		return err
	})
	return c, err
}

func (p *process) DeleteComment(ctx context.Context, number int, id int64) error {
	return p.write("", unjudged, func() error { return p.user.DeleteComment(ctx, number, id) })
}

func (p *process) React(ctx context.Context, number int, id int64, kind forge.ReactionKind) error {
	return p.write("", unjudged, func() error { return p.user.React(ctx, number, id, kind) })
}
