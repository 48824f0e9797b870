package stories

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"github.com/linnet-bot/linnet/pkg/conductor"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// operations are all that is done with a forge; what there is most to get wrong with stands there more often.
var operations = []func(*pair){
	(*pair).commits, (*pair).commits, (*pair).commits, (*pair).commits, (*pair).creates, (*pair).creates, (*pair).creates, (*pair).opens, (*pair).opens, (*pair).opens,
	(*pair).merges, (*pair).merges, (*pair).merges, (*pair).approves, (*pair).approves, (*pair).checks, (*pair).checks, (*pair).updates, (*pair).closes, (*pair).reopens,
	(*pair).comments, (*pair).comments, (*pair).rewrites, (*pair).reacts, (*pair).pushes, (*pair).deletes, (*pair).reads, (*pair).reads, (*pair).finds,
}

func pick[T any](p *pair, name string, from ...T) T { return rapid.SampledFrom(from).Draw(p.T, name) }

func (p *pair) user() string { return pick(p, "user", users...) }

func (p *pair) branch() string {
	return pick(p, "branch", "main", "linnet/dev/1", "linnet/dev/2", "theirs")
}

// sha is a commit that there is, or was told wrong.
func (p *pair) sha() string {
	if rapid.IntRange(0, 19).Draw(p.T, "no commit") == 19 {
		return strings.Repeat("0123", 10)
	}
	return pick(p, "commit", p.shas...)
}

// head is that of a branch, or sometimes another.
func (p *pair) head(branch string) string {
	if sha, there := p.memory.branches[branch]; there && rapid.IntRange(0, 9).Draw(p.T, "another commit") < 8 {
		return sha
	}
	return p.sha()
}

// number is that of a merge request, or one too many.
func (p *pair) number() int {
	last := len(p.memory.requests)
	if last == 0 || rapid.IntRange(0, 19).Draw(p.T, "one too many") == 19 {
		return last + 1
	}
	return rapid.IntRange(1, last).Draw(p.T, "number")
}

// comment is one that there is, or the one that is to come, below its merge request or another.
func (p *pair) comment() (number int, id int64) {
	var all [][2]int64
	for _, number := range slices.Sorted(maps.Keys(p.memory.comments)) {
		for _, c := range p.memory.comments[number] {
			all = append(all, [2]int64{int64(number), c.ID})
		}
	}
	one := pick(p, "comment", append(all, [2]int64{int64(p.number()), rapid.Int64Range(0, p.memory.last+1).Draw(p.T, "no comment")})...)
	return int(one[0]), one[1]
}

func (p *pair) changes() []tree.Change {
	lines := strings.SplitAfter("1\n2\n3\n4\n5\n6\n7\n8\n", "\n")
	lines[rapid.IntRange(0, 7).Draw(p.T, "line")] = pick(p, "text", "x\n", "y\n", "1\n", "")
	one := tree.Change{Path: "a", Content: []byte(strings.Join(lines, ""))}
	two := tree.Change{Path: pick(p, "path", "a", "dev/b", "c", "dev/d"), Content: []byte(pick(p, "content", "b\n", "c\n", ""))}
	gone := tree.Change{Path: two.Path, Delete: true}
	odd := tree.Change{Path: pick(p, "odd path", "../x", "/x", ".git/config", "a/b", "dev", "")}
	switch pick(p, "changes", "one", "one", "one", "two", "gone", "more", "odd") {
	case "one":
		return []tree.Change{one}
	case "two":
		return []tree.Change{two}
	case "gone":
		return []tree.Change{gone}
	case "more":
		return []tree.Change{one, two}
	}
	return []tree.Change{odd}
}

func words(changes []tree.Change) string {
	var all []string
	for _, c := range changes {
		all = append(all, fmt.Sprintf("%q %q delete %t", c.Path, c.Content, c.Delete))
	}
	return strings.Join(all, ", ")
}

func (p *pair) commits() { p.commit(false) }
func (p *pair) creates() { p.commit(true) }

func (p *pair) commit(create bool) {
	branch := p.branch()
	c := forge.NewCommit{Branch: branch, Create: create, Message: "Change\n\nBy: somebody\n", Changes: p.changes()}
	parent := p.head(branch)
	if create {
		parent = p.head("main")
	}
	p.asks(p.user(), fmt.Sprintf("commits to %s on %.8s, create %t: %s", branch, p.translate(parent), create, words(c.Changes)), func(f both, sha func(string) string) (any, error) {
		c.Parent = sha(parent)
		return f.Commit(ctx, c)
	})
}

func (p *pair) deletes() {
	branch := p.branch()
	head := p.head(branch)
	p.asks(p.user(), "deletes "+branch, func(f both, sha func(string) string) (any, error) { return nil, f.DeleteBranch(ctx, branch, sha(head)) })
}

// pushes is git: a branch is removed, forced to another commit, or merged by fast-forward.
func (p *pair) pushes() {
	branch := p.branch()
	switch _, there := p.memory.branches[branch]; {
	case !there:
	case branch == "main":
		from := pick(p, "branch", slices.Sorted(maps.Keys(p.memory.branches))...)
		if head := p.memory.branches[from]; p.memory.isAncestor(p.memory.branches["main"], head) {
			p.git("main", head)
		}
	case rapid.Bool().Draw(p.T, "gone"):
		p.git(branch, "")
	default:
		p.git(branch, pick(p, "commit", p.shas...))
	}
}

func (p *pair) opens() {
	o := forge.OpenRequest{
		Source: pick(p, "source", "linnet/dev/1", "linnet/dev/2", "theirs"), Target: pick(p, "target", "main", "main", "main", "main", "theirs", "linnet/dev/2"),
		Title: pick(p, "title", "Title", "Title", "Title", "Two\nlines", " "), Description: "text\r\n", Draft: rapid.IntRange(0, 3).Draw(p.T, "draft") == 3,
		Labels: []string{"upgrade", "istio", "istio"}, Reviewers: []string{"sam", "ana", bot, "ana"},
	}
	p.asks(p.user(), "opens from "+o.Source+" to "+o.Target, func(f both, _ func(string) string) (any, error) { return f.Open(ctx, o) })
}

func (p *pair) finds() {
	q := pick(p, "query", forge.Query{SourcePrefix: "linnet/"}, forge.Query{Target: "main"}, forge.Query{States: []forge.State{forge.Open, forge.Merged}}, forge.Query{SourcePrefix: "t", Target: "x"})
	p.asks(p.user(), fmt.Sprintf("finds %+v", q), func(f both, _ func(string) string) (any, error) { return f.Find(ctx, q) })
}

func (p *pair) updates() {
	number, u := p.number(), forge.Update{}
	title, text, draft := pick(p, "title", "Title", "Other", "Two\nlines"), pick(p, "text", "text\r\n", "more"), rapid.Bool().Draw(p.T, "draft")
	if rapid.Bool().Draw(p.T, "with a title") {
		u.Title = &title
	}
	if rapid.Bool().Draw(p.T, "with a text") {
		u.Description = &text
	}
	if rapid.Bool().Draw(p.T, "with a draft") {
		u.Draft = &draft
	}
	p.asks(p.user(), fmt.Sprintf("updates !%d: %s", number, asJSON(u)), func(f both, _ func(string) string) (any, error) { return f.Update(ctx, number, u) })
}

func (p *pair) merges() {
	number, head := p.number(), p.sha()
	if number <= len(p.memory.requests) && rapid.IntRange(0, 9).Draw(p.T, "another head") < 8 {
		head = p.memory.requests[number-1].Head
	}
	message := pick(p, "message", "Merge\n", "Merge\n\nBy: somebody\n", "")
	p.asks(p.user(), fmt.Sprintf("merges !%d at %.8s", number, p.translate(head)), func(f both, sha func(string) string) (any, error) {
		return f.Merge(ctx, number, forge.MergeOptions{Head: sha(head), Message: message})
	})
}

func (p *pair) approves() {
	number, head := p.number(), p.sha()
	if number <= len(p.memory.requests) && rapid.IntRange(0, 9).Draw(p.T, "another head") < 8 {
		head = p.memory.requests[number-1].Head
	}
	if rapid.IntRange(0, 4).Draw(p.T, "takes it back") == 4 {
		p.asks(p.user(), fmt.Sprintf("unapproves !%d", number), func(f both, _ func(string) string) (any, error) { return nil, f.Unapprove(ctx, number) })
		return
	}
	p.asks(p.user(), fmt.Sprintf("approves !%d", number), func(f both, sha func(string) string) (any, error) { return nil, f.Approve(ctx, number, sha(head)) })
}

func (p *pair) closes() {
	number := p.number()
	p.asks(p.user(), fmt.Sprintf("closes !%d", number), func(f both, _ func(string) string) (any, error) { return nil, f.Close(ctx, number) })
}

func (p *pair) reopens() {
	number := p.number()
	p.asks(p.user(), fmt.Sprintf("reopens !%d", number), func(f both, _ func(string) string) (any, error) { return nil, f.Reopen(ctx, number) })
}

func (p *pair) checks() {
	sha := p.head(p.branch())
	c := forge.Check{
		Name: pick(p, "name", conductor.CheckName, conductor.CheckName, "a check", ""), State: pick(p, "state", forge.Success, forge.Success, forge.Pending, forge.Failure, "odd"),
		Title: pick(p, "title", "all is well", strings.Repeat("grün ", 60)), Summary: "text", By: forge.User{Name: "nobody"},
	}
	p.asks(pick(p, "user", bot, bot, "ana"), fmt.Sprintf("says that %q of %.8s is %s", c.Name, p.translate(sha), c.State), func(f both, name func(string) string) (any, error) {
		return nil, f.SetCheck(ctx, name(sha), c)
	})
	p.asks(bot, "reads the checks", func(f both, name func(string) string) (any, error) { return f.Checks(ctx, name(sha)) })
}

func (p *pair) comments() {
	number, body := p.number(), pick(p, "body", "/canary promote", "text \r\n", "", " \n")
	p.asks(p.user(), fmt.Sprintf("writes %q below !%d", body, number), func(f both, _ func(string) string) (any, error) { return f.AddComment(ctx, number, body) })
}

func (p *pair) rewrites() {
	number, id := p.comment()
	if rapid.IntRange(0, 2).Draw(p.T, "deletes") == 2 {
		p.asks(p.user(), fmt.Sprintf("deletes comment %d of !%d", id, number), func(f both, _ func(string) string) (any, error) { return nil, f.DeleteComment(ctx, number, id) })
		return
	}
	body := pick(p, "body", "/canary promote", "other", "")
	p.asks(p.user(), fmt.Sprintf("makes comment %d of !%d say %q", id, number, body), func(f both, _ func(string) string) (any, error) { return f.EditComment(ctx, number, id, body) })
}

func (p *pair) reacts() {
	number, id := p.comment()
	kind := pick(p, "kind", forge.Eyes, forge.Rocket, "heart")
	if rapid.IntRange(0, 2).Draw(p.T, "takes it back") == 2 {
		p.asks(p.user(), fmt.Sprintf("takes %s off comment %d of !%d", kind, id, number), func(f both, _ func(string) string) (any, error) { return nil, f.Unreact(ctx, number, id, kind) })
	} else {
		p.asks(p.user(), fmt.Sprintf("gives %s to comment %d of !%d", kind, id, number), func(f both, _ func(string) string) (any, error) { return nil, f.React(ctx, number, id, kind) })
	}
	p.asks(p.user(), "reads the comment", func(f both, _ func(string) string) (any, error) { return f.GetComment(ctx, number, id) })
}

// reads is every question that changes nothing.
func (p *pair) reads() {
	who, number, branch, a, b := p.user(), p.number(), p.branch(), p.sha(), p.sha()
	_, id := p.comment()
	for what, ask := range map[string]func(f both, sha func(string) string) (any, error){
		"me":             func(f both, _ func(string) string) (any, error) { return f.Me(ctx) },
		"default branch": func(f both, _ func(string) string) (any, error) { return f.DefaultBranch(ctx) },
		"head":           func(f both, _ func(string) string) (any, error) { return f.Head(ctx, branch) },
		"branches":       func(f both, _ func(string) string) (any, error) { return f.Branches(ctx, "linnet/") },
		"first parent":   func(f both, sha func(string) string) (any, error) { return f.FirstParent(ctx, sha(a)) },
		"ancestor":       func(f both, sha func(string) string) (any, error) { return f.IsAncestor(ctx, sha(a), sha(b)) },
		"merge base":     func(f both, sha func(string) string) (any, error) { return f.MergeBase(ctx, sha(a), sha(b)) },
		"tree":           func(f both, sha func(string) string) (any, error) { return f.Tree(ctx, sha(a)) },
		"checks":         func(f both, sha func(string) string) (any, error) { return f.Checks(ctx, sha(b)) },
		"get":            func(f both, _ func(string) string) (any, error) { return f.Get(ctx, number) },
		"preview":        func(f both, _ func(string) string) (any, error) { return f.Preview(ctx, number) },
		"comments":       func(f both, _ func(string) string) (any, error) { return f.Comments(ctx, number) },
		"comment":        func(f both, _ func(string) string) (any, error) { return f.GetComment(ctx, number, id) },
	} {
		p.asks(who, "reads "+what, ask)
		p.log = p.log[:len(p.log)-1]
	}
}
