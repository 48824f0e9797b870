package forgetest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

var branchCases = []testCase{
	{"Of two bots that create a branch one wins", func(t *testing.T, p *project) {
		const racers = 8
		errs := race(racers, func(i int) error {
			bot := []forge.Forge{p.Bot, p.SecondBot}[i%2]
			_, err := bot.Commit(p.ctx, forge.NewCommit{Branch: "linnet/dev/1-01-crds", Create: true, Parent: p.start, Message: "m",
				Changes: []tree.Change{{Path: "who", Content: fmt.Appendf(nil, "%d", i)}}})
			return err
		})
		wantOneWinner(t, errs, forge.ErrBranchExists)
	}},
	{"Of two bots that advance a branch one wins", func(t *testing.T, p *project) {
		head := p.branch(t, "topic", "a", "a")
		errs := race(8, func(i int) error {
			bot := []forge.Forge{p.Bot, p.SecondBot}[i%2]
			_, err := bot.Commit(p.ctx, forge.NewCommit{Branch: "topic", Parent: head, Message: "m",
				Changes: []tree.Change{{Path: "who", Content: fmt.Appendf(nil, "%d", i)}}})
			return err
		})
		wantOneWinner(t, errs, forge.ErrHeadMoved)
	}},
	{"A branch that exists is not created, whatever it holds", func(t *testing.T, p *project) {
		sha := p.branch(t, "topic", "a", "a")
		_, err := p.SecondBot.Commit(p.ctx, forge.NewCommit{Branch: "topic", Create: true, Parent: p.start, Message: "m",
			Changes: []tree.Change{{Path: "a", Content: []byte("a")}}})
		wantErr(t, err, forge.ErrBranchExists)
		if got := p.head(t, "topic"); got != sha {
			t.Errorf("the branch moved to %s", got)
		}
	}},
	{"A person's commit is never overwritten", func(t *testing.T, p *project) {
		was := p.branch(t, "topic", "a", "a")
		is := p.push(t, "topic", "b", "by hand")
		_, err := p.Bot.Commit(p.ctx, forge.NewCommit{Branch: "topic", Parent: was, Message: "m",
			Changes: []tree.Change{{Path: "a", Content: []byte("again")}}})
		wantErr(t, err, forge.ErrHeadMoved)
		var moved *forge.HeadMovedError
		if !errors.As(err, &moved) || moved.Got != is || moved.Want != was || moved.Branch != "topic" {
			t.Errorf("got %+v", moved)
		}
		if got := p.head(t, "topic"); got != is {
			t.Errorf("the branch moved to %s", got)
		}
	}},
	{"The bot builds on a person's commit when told to", func(t *testing.T, p *project) {
		p.branch(t, "topic", "a", "a")
		hand := p.push(t, "topic", "b", "by hand")
		sha, err := p.Bot.Commit(p.ctx, forge.NewCommit{Branch: "topic", Parent: hand, Message: "m",
			Changes: []tree.Change{{Path: "a", Content: []byte("again")}}})
		must(t, err)
		p.git(t, "fetch", "-q", "origin", "topic")
		if got := p.git(t, "rev-parse", "FETCH_HEAD"); got != sha {
			t.Errorf("git sees %s, want %s", got, sha)
		}
	}},
	{"Branches are listed by prefix in order", func(t *testing.T, p *project) {
		for _, name := range []string{"linnet/dev/b", "linnet/dev/a", "linnet/prod/a", "other"} {
			p.branch(t, name, "f", name)
		}
		list, err := p.Bot.Branches(p.ctx, "linnet/dev/")
		must(t, err)
		var names []string
		for _, b := range list {
			names = append(names, b.Name)
			if b.Head != p.head(t, b.Name) {
				t.Errorf("%s: got head %s", b.Name, b.Head)
			}
		}
		if want := []string{"linnet/dev/a", "linnet/dev/b"}; !slices.Equal(names, want) {
			t.Errorf("got %v, want %v", names, want)
		}
		all, err := p.Bot.Branches(p.ctx, "")
		must(t, err)
		if len(all) != 5 {
			t.Errorf("got %d branches, want 5", len(all))
		}
	}},
	{"Deleting a branch is bound to its head and idempotent", func(t *testing.T, p *project) {
		sha := p.branch(t, "topic", "a", "a")
		wantErr(t, p.Bot.DeleteBranch(p.ctx, "topic", p.start), forge.ErrHeadMoved)
		must(t, p.Bot.DeleteBranch(p.ctx, "topic", sha))
		must(t, p.Bot.DeleteBranch(p.ctx, "topic", sha))
		_, err := p.Bot.Head(p.ctx, "topic")
		wantErr(t, err, forge.ErrNotFound)
		if out := p.git(t, "ls-remote", "origin", "refs/heads/topic"); out != "" {
			t.Errorf("git still sees %s", out)
		}
		p.branch(t, "topic/below", "a", "a") // the name is free again, as a folder too
	}},
	{"A branch that an open merge request needs is not deleted", func(t *testing.T, p *project) {
		first := p.request(t, "first", "a", "a")
		_, err := p.Bot.Commit(p.ctx, forge.NewCommit{Branch: "second", Create: true, Parent: first.Head, Message: "m",
			Changes: []tree.Change{{Path: "b", Content: []byte("b")}}})
		must(t, err)
		second, err := p.Bot.Open(p.ctx, forge.OpenRequest{Source: "second", Target: "first", Title: "Onto the first"})
		must(t, err)
		wantErr(t, p.Bot.DeleteBranch(p.ctx, "first", first.Head), forge.ErrBranchInUse)
		must(t, p.Bot.Close(p.ctx, first.Number))
		wantErr(t, p.Bot.DeleteBranch(p.ctx, "first", first.Head), forge.ErrBranchInUse)
		must(t, p.Bot.Close(p.ctx, second.Number))
		must(t, p.Bot.DeleteBranch(p.ctx, "first", first.Head))
	}},
	{"The default branch is not deleted", func(t *testing.T, p *project) {
		name, err := p.Bot.DefaultBranch(p.ctx)
		must(t, err)
		if name != "main" {
			t.Errorf("got %q, want main", name)
		}
		wantErr(t, p.Bot.DeleteBranch(p.ctx, name, p.start), forge.ErrBranchInUse)
	}},
}

// race starts n at once.
func race(n int, do func(i int) error) []error {
	errs := make([]error, n)
	var ready, done sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		ready.Add(1)
		done.Go(func() {
			ready.Done()
			<-start
			errs[i] = do(i)
		})
	}
	ready.Wait()
	close(start)
	done.Wait()
	return errs
}

func wantOneWinner(t *testing.T, errs []error, losers error) {
	t.Helper()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
			continue
		}
		wantErr(t, err, losers)
	}
	if won != 1 {
		t.Errorf("%d won, want 1", won)
	}
}
