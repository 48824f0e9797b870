package forgetest

import (
	"strings"
	"testing"

	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

const nobody = "0123456789012345678901234567890123456789"

var repositoryCases = []testCase{
	{"Tree holds the bytes and modes that git has", func(t *testing.T, p *project) {
		files := p.tree(t, p.start)
		for name, want := range startFiles {
			if got, ok := files.Read(name); !ok || string(got) != want {
				t.Errorf("%s: got %q, want %q", name, got, want)
			}
		}
		if mode, _ := files.Mode("tool.sh"); mode != tree.Executable {
			t.Errorf("tool.sh: got mode %v, want executable", mode)
		}
		if target, _ := files.LinkTarget("link"); target != "dev/values.yaml" {
			t.Errorf("link: got target %q", target)
		}
		if got, want := files.Len(), len(startFiles)+2; got != want {
			t.Errorf("got %d files, want %d", got, want)
		}
	}},
	{"A commit changes only the files it names", func(t *testing.T, p *project) {
		changes := []tree.Change{
			{Path: "tool.sh", Content: []byte("#!/bin/sh\nexit 1\n")},
			{Path: "crlf.yaml", Content: []byte("name: z\r\nvalue: y")},
			{Path: "empty", Delete: true},
			{Path: "dev/istio-canary/neu ü.yaml", Content: []byte("\ufeff\r\n\t🐦")},
		}
		sha, err := p.Bot.Commit(p.ctx, forge.NewCommit{Branch: "topic", Create: true, Parent: p.start, Message: "Four files\n", Changes: changes})
		must(t, err)
		got, want := p.tree(t, sha), p.tree(t, p.start).With(changes...)
		if !got.Equal(want) {
			t.Errorf("the trees differ: %v", want.Changes(got))
		}
		// What git itself thinks: modes of touched and untouched files.
		p.git(t, "fetch", "-q", "origin", "topic")
		list := p.git(t, "diff", "--raw", "--no-abbrev", "--no-renames", p.start, "FETCH_HEAD")
		if n := len(strings.Split(list, "\n")); n != len(changes) {
			t.Errorf("git sees %d changed files, want %d:\n%s", n, len(changes), list)
		}
		if !strings.Contains(list, ":100755 100755 ") {
			t.Errorf("the executable bit of tool.sh is lost:\n%s", list)
		}
		p.git(t, "fsck", "--strict")
	}},
	{"A commit has its parent and message", func(t *testing.T, p *project) {
		message := forge.Message("Grüße  an alle", "Zeile eins\n\nZeile zwei", forge.Trailer{Key: "Phase", Value: "canary"})
		sha, err := p.Bot.Commit(p.ctx, forge.NewCommit{Branch: "topic", Create: true, Parent: p.start, Message: message,
			Changes: []tree.Change{{Path: "new", Content: []byte("x")}}})
		must(t, err)
		c, err := p.Bot.ReadCommit(p.ctx, sha)
		must(t, err)
		if c.SHA != sha || len(c.Parents) != 1 || c.Parents[0] != p.start || c.Message != message {
			t.Errorf("got %+v", c)
		}
		first, err := p.Bot.FirstParent(p.ctx, sha)
		must(t, err)
		if first != p.start {
			t.Errorf("first parent: got %s, want %s", first, p.start)
		}
		root, err := p.Bot.FirstParent(p.ctx, p.start)
		must(t, err)
		if root != "" {
			t.Errorf("first parent of the root: got %q", root)
		}
	}},
	{"Ancestors and merge bases", func(t *testing.T, p *project) {
		a := p.branch(t, "a", "a", "a")
		b := p.branch(t, "b", "b", "b")
		base, err := p.Bot.MergeBase(p.ctx, a, b)
		must(t, err)
		if base != p.start {
			t.Errorf("merge base: got %s, want %s", base, p.start)
		}
		for _, row := range []struct {
			ancestor, descendant string
			want                 bool
		}{{p.start, a, true}, {a, a, true}, {a, p.start, false}, {a, b, false}} {
			got, err := p.Bot.IsAncestor(p.ctx, row.ancestor, row.descendant)
			must(t, err)
			if got != row.want {
				t.Errorf("is %.8s an ancestor of %.8s: got %v", row.ancestor, row.descendant, got)
			}
		}
	}},
	{"What does not exist is not found", func(t *testing.T, p *project) {
		_, err := p.Bot.Head(p.ctx, "nowhere")
		wantErr(t, err, forge.ErrNotFound)
		_, err = p.Bot.ReadCommit(p.ctx, nobody)
		wantErr(t, err, forge.ErrNotFound)
		_, err = p.Bot.Tree(p.ctx, nobody)
		wantErr(t, err, forge.ErrNotFound)
		_, err = p.Bot.FirstParent(p.ctx, nobody)
		wantErr(t, err, forge.ErrNotFound)
		_, err = p.Bot.MergeBase(p.ctx, nobody, p.start)
		wantErr(t, err, forge.ErrNotFound)
		_, err = p.Bot.IsAncestor(p.ctx, nobody, p.start)
		wantErr(t, err, forge.ErrNotFound)
		_, err = p.Bot.Get(p.ctx, 4711)
		wantErr(t, err, forge.ErrNotFound)
		_, err = p.Bot.Comments(p.ctx, 4711)
		wantErr(t, err, forge.ErrNotFound)
		wantErr(t, p.Bot.SetCheck(p.ctx, nobody, forge.Check{Name: "c", State: forge.Success}), forge.ErrNotFound)
	}},
	{"Changes that are not plain files are refused", func(t *testing.T, p *project) {
		for _, c := range []tree.Change{
			{Path: "link", Content: []byte("x")},
			{Path: "link", Delete: true},
			{Path: "link/below", Content: []byte("x")},
			{Path: "empty/below", Content: []byte("x")},
			{Path: "dev", Content: []byte("x")},
			{Path: "../outside", Content: []byte("x")},
			{Path: "dev/../other", Content: []byte("x")},
			{Path: "/absolute", Content: []byte("x")},
			{Path: ".git/config", Content: []byte("x")},
			{Path: "", Content: []byte("x")},
			{Path: "missing", Delete: true},
		} {
			_, err := p.Bot.Commit(p.ctx, forge.NewCommit{Branch: "topic", Create: true, Parent: p.start, Message: "m", Changes: []tree.Change{c}})
			wantErr(t, err, forge.ErrChangeRefused)
		}
		_, err := p.Bot.Head(p.ctx, "topic")
		wantErr(t, err, forge.ErrNotFound)
	}},
	{"A commit without a change is refused and makes no branch", func(t *testing.T, p *project) {
		same := []tree.Change{{Path: "crlf.yaml", Content: []byte(startFiles["crlf.yaml"])}}
		for _, changes := range [][]tree.Change{nil, same} {
			_, err := p.Bot.Commit(p.ctx, forge.NewCommit{Branch: "topic", Create: true, Parent: p.start, Message: "m", Changes: changes})
			wantErr(t, err, forge.ErrNoChange)
		}
		_, err := p.Bot.Head(p.ctx, "topic")
		wantErr(t, err, forge.ErrNotFound)
	}},
	{"A push by hand is seen at once", func(t *testing.T, p *project) {
		sha := p.push(t, "main", "dev/new.yaml", "x: y\n")
		if got := p.head(t, "main"); got != sha {
			t.Errorf("got head %s, want %s", got, sha)
		}
		if got, _ := p.tree(t, sha).Read("dev/new.yaml"); string(got) != "x: y\n" {
			t.Errorf("got %q", got)
		}
	}},
	{"Packed refs and packs are read", func(t *testing.T, p *project) {
		for i := range 120 { // more than git unpacks
			p.write(t, "many/"+strings.Repeat("x", i+1), strings.Repeat("y", i))
		}
		p.git(t, "checkout", "-q", "-B", "main")
		p.git(t, "add", "-A")
		p.git(t, "commit", "-q", "-m", "Many")
		p.git(t, "push", "-q", "origin", "main")
		if got := p.tree(t, p.head(t, "main")).Len(); got != len(startFiles)+2+120 {
			t.Errorf("got %d files", got)
		}
	}},
}
