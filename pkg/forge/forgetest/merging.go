package forgetest

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

var mergeCases = []testCase{
	{"A merge commit has both parents, the message and the trailers", func(t *testing.T, p *project) {
		p.methods(t, forge.MergeCommit)
		m := p.request(t, "topic", "dev/new.yaml", "x: y")
		message := forge.Message("Merge it", "Because.", forge.Trailer{Key: "Phase", Value: "crds"}, forge.Trailer{Key: "Signed-off-by", Value: "A <a@example.org>"})
		result, err := p.Bot.Merge(p.ctx, m.Number, forge.MergeOptions{Head: m.Head, Method: forge.MergeCommit, Message: message})
		must(t, err)
		c, err := p.Bot.ReadCommit(p.ctx, result.SHA)
		must(t, err)
		if !slices.Equal(c.Parents, []string{p.start, m.Head}) {
			t.Errorf("got parents %v, want %s and %s", c.Parents, p.start, m.Head)
		}
		want := []forge.Trailer{{Key: "Phase", Value: "crds"}, {Key: "Signed-off-by", Value: "A <a@example.org>"}}
		if got := forge.Trailers(c.Message); !slices.Equal(got, want) {
			t.Errorf("got trailers %v of the message %q", got, c.Message)
		}
		me, err := p.Bot.Me(p.ctx)
		must(t, err)
		got := p.get(t, m.Number)
		if got.State != forge.Merged || got.MergeSHA != result.SHA || got.Head != m.Head || got.MergedBy.ID != me.ID || got.Done.IsZero() {
			t.Errorf("got %+v", got)
		}
		if p.head(t, "main") != result.SHA || p.head(t, "topic") != m.Head {
			t.Errorf("main is at %s and topic at %s", p.head(t, "main"), p.head(t, "topic"))
		}
		p.git(t, "pull", "-q", "--ff-only", "origin", "main")
	}},
	{"Everything the merge does not touch keeps its bytes and mode", func(t *testing.T, p *project) {
		for i, method := range p.methods(t, forge.MergeCommit, forge.Squash, forge.Rebase) {
			was := p.tree(t, p.head(t, "main"))
			m := p.request(t, "topic-"+string(method), "file", strings.Repeat("x", i+1))
			p.push(t, "main", "other", strings.Repeat("y", i+1)) // the target moves
			result, err := p.Bot.Merge(p.ctx, m.Number, forge.MergeOptions{Head: m.Head, Method: method, Message: "m"})
			must(t, err)
			want := was.With(tree.Change{Path: "file", Content: []byte(strings.Repeat("x", i+1))}, tree.Change{Path: "other", Content: []byte(strings.Repeat("y", i+1))})
			if got := p.tree(t, result.SHA); !got.Equal(want) {
				t.Errorf("%s: the trees differ: %v", method, want.Changes(got))
			}
			p.git(t, "fetch", "-q", "origin", "main")
			p.git(t, "fsck", "--strict")
		}
	}},
	{"A squash is one commit on the target", func(t *testing.T, p *project) {
		p.methods(t, forge.Squash)
		m := p.request(t, "topic", "a", "a")
		head := p.push(t, "topic", "b", "b")
		main := p.push(t, "main", "c", "c")
		result, err := p.Bot.Merge(p.ctx, m.Number, forge.MergeOptions{Head: head, Method: forge.Squash, Message: "Squashed\n\nPhase: crds\n"})
		must(t, err)
		c, err := p.Bot.ReadCommit(p.ctx, result.SHA)
		must(t, err)
		if !slices.Equal(c.Parents, []string{main}) || strings.TrimSpace(c.Message) != "Squashed\n\nPhase: crds" {
			t.Errorf("got %+v", c)
		}
	}},
	{"A rebase makes each commit again", func(t *testing.T, p *project) {
		p.methods(t, forge.Rebase)
		m := p.request(t, "topic", "a", "a")
		head := p.push(t, "topic", "b", "b")
		main := p.push(t, "main", "c", "c")
		result, err := p.Bot.Merge(p.ctx, m.Number, forge.MergeOptions{Head: head, Method: forge.Rebase})
		must(t, err)
		last, err := p.Bot.ReadCommit(p.ctx, result.SHA)
		must(t, err)
		if len(last.Parents) != 1 || strings.TrimSpace(last.Message) != "By hand: b" || !strings.HasPrefix(last.Author, "Pat ") {
			t.Fatalf("got %+v", last)
		}
		first, err := p.Bot.ReadCommit(p.ctx, last.Parents[0])
		must(t, err)
		if !slices.Equal(first.Parents, []string{main}) || strings.TrimSpace(first.Message) != "Change a" {
			t.Errorf("got %+v", first)
		}
	}},
	{"Only the reviewed head is merged", func(t *testing.T, p *project) {
		m := p.request(t, "topic", "a", "a")
		head := p.push(t, "topic", "evil", "evil")
		_, err := p.Bot.Merge(p.ctx, m.Number, forge.MergeOptions{Head: m.Head})
		wantErr(t, err, forge.ErrHeadMoved)
		if got := p.head(t, "main"); got != p.start {
			t.Errorf("main moved to %s", got)
		}
		// Also when something else is wrong: the caller must look again before anything.
		_, err = p.Bot.Update(p.ctx, m.Number, forge.Update{Draft: ptr(true)})
		must(t, err)
		_, err = p.Bot.Merge(p.ctx, m.Number, forge.MergeOptions{Head: m.Head})
		wantErr(t, err, forge.ErrHeadMoved)
		_, err = p.Bot.Merge(p.ctx, m.Number, forge.MergeOptions{Head: head})
		refused(t, err, forge.ReasonDraft)
	}},
	{"Merging happens once", func(t *testing.T, p *project) {
		m := p.request(t, "topic", "a", "a")
		errs := race(6, func(i int) error {
			bot := []forge.Forge{p.Bot, p.SecondBot, p.Person}[i%3]
			_, err := bot.Merge(p.ctx, m.Number, forge.MergeOptions{Head: m.Head})
			return err
		})
		wantOneWinner(t, errs, forge.ErrAlreadyMerged)
		got := p.get(t, m.Number)
		for _, err := range errs {
			var already *forge.AlreadyMergedError
			if errors.As(err, &already) && already.SHA != got.MergeSHA {
				t.Errorf("got %s, want %s", already.SHA, got.MergeSHA)
			}
		}
		first, err := p.Bot.FirstParent(p.ctx, p.head(t, "main"))
		must(t, err)
		if first != p.start {
			t.Errorf("main got more than one commit")
		}
		wantErr(t, p.Bot.Close(p.ctx, m.Number), forge.ErrAlreadyMerged)
		wantErr(t, p.Bot.Reopen(p.ctx, m.Number), forge.ErrAlreadyMerged)
	}},
	{"Two merge requests merged at once are both in", func(t *testing.T, p *project) {
		a, b := p.request(t, "a", "a", "a"), p.request(t, "b", "b", "b")
		for _, err := range race(2, func(i int) error {
			m, bot := []forge.MergeRequest{a, b}[i], []forge.Forge{p.Bot, p.SecondBot}[i]
			_, err := bot.Merge(p.ctx, m.Number, forge.MergeOptions{Head: m.Head})
			return err
		}) {
			must(t, err)
		}
		files := p.tree(t, p.head(t, "main"))
		for _, name := range []string{"a", "b"} {
			if _, ok := files.Read(name); !ok {
				t.Errorf("%s is lost", name)
			}
		}
	}},
	{"A conflict is refused and changes nothing", func(t *testing.T, p *project) {
		m := p.request(t, "topic", "dev/values.yaml", "a: 1\nb: two\nc: 3\nd: 4\ne: 5\nf: 6\n")
		main := p.push(t, "main", "dev/values.yaml", "a: 1\nb: zwei\nc: 3\nd: 4\ne: 5\nf: 6\n")
		got := p.get(t, m.Number)
		if got.Mergeability.Readiness != forge.Blocked || len(got.Mergeability.Reasons) != 1 || got.Mergeability.Reasons[0].Kind != forge.ReasonConflict {
			t.Errorf("got %+v", got.Mergeability)
		}
		for _, method := range p.methods(t, forge.MergeCommit, forge.Squash, forge.Rebase) {
			_, err := p.Bot.Merge(p.ctx, m.Number, forge.MergeOptions{Head: m.Head, Method: method})
			refused(t, err, forge.ReasonConflict)
		}
		_, err := p.Bot.Preview(p.ctx, m.Number)
		refused(t, err, forge.ReasonConflict)
		if got := p.head(t, "main"); got != main {
			t.Errorf("main moved to %s", got)
		}
		if got := p.get(t, m.Number); got.State != forge.Open {
			t.Errorf("got state %s", got.State)
		}
	}},
	{"Changes far apart in one file merge as git merges them", func(t *testing.T, p *project) {
		m := p.request(t, "topic", "dev/values.yaml", "a: one\nb: 2\nc: 3\nd: 4\ne: 5\nf: 6\n")
		p.push(t, "main", "dev/values.yaml", "a: 1\nb: 2\nc: 3\nd: 4\ne: 5\nf: six")
		preview, err := p.Bot.Preview(p.ctx, m.Number)
		must(t, err)
		result, err := p.Bot.Merge(p.ctx, m.Number, forge.MergeOptions{Head: m.Head})
		must(t, err)
		got := p.tree(t, result.SHA)
		if text, _ := got.Read("dev/values.yaml"); string(text) != "a: one\nb: 2\nc: 3\nd: 4\ne: 5\nf: six" {
			t.Errorf("got %q", text)
		}
		if !got.Equal(preview.Tree) {
			t.Error("the preview was another tree")
		}
	}},
	{"A preview names both heads and writes nothing", func(t *testing.T, p *project) {
		m := p.request(t, "topic", "a", "a")
		main := p.push(t, "main", "b", "b")
		preview, err := p.Bot.Preview(p.ctx, m.Number)
		must(t, err)
		if preview.Head != m.Head || preview.Target != main {
			t.Errorf("got heads %s and %s", preview.Head, preview.Target)
		}
		want := p.tree(t, main).With(tree.Change{Path: "a", Content: []byte("a")})
		if !preview.Tree.Equal(want) {
			t.Errorf("the trees differ: %v", want.Changes(preview.Tree))
		}
		if p.head(t, "main") != main || p.get(t, m.Number).State != forge.Open {
			t.Error("the preview changed something")
		}
	}},
	{"What a person merges and pushes by hand is merged", func(t *testing.T, p *project) {
		m := p.request(t, "topic", "a", "a")
		p.git(t, "fetch", "-q", "origin", "topic")
		p.git(t, "checkout", "-q", "-B", "main", p.start)
		p.git(t, "merge", "-q", "--no-ff", "-m", "By hand", "FETCH_HEAD")
		p.git(t, "push", "-q", "origin", "main")
		sha := p.git(t, "rev-parse", "HEAD")
		got := p.get(t, m.Number)
		if got.State != forge.Merged || got.MergeSHA != sha || got.Head != m.Head {
			t.Errorf("got %+v", got)
		}
		_, err := p.Bot.Merge(p.ctx, m.Number, forge.MergeOptions{Head: m.Head})
		wantErr(t, err, forge.ErrAlreadyMerged)
	}},
	{"A branch put back to its start is not merged", func(t *testing.T, p *project) {
		m := p.request(t, "topic", "a", "a")
		p.push(t, "main", "b", "b")
		p.git(t, "push", "-q", "-f", "origin", p.start+":topic")
		if got := p.get(t, m.Number); got.State == forge.Merged || got.Mergeability.Readiness == forge.Ready {
			t.Errorf("got %+v", got)
		}
	}},
}
