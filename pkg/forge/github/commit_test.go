package github_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

func TestACommitIsMadeTheWayThatKeepsWhatItMust(t *testing.T) {
	for _, row := range []struct {
		name, message, file string
		signed              bool // by createCommitOnBranch
		got                 string
	}{
		{"an ordinary file", "Move\n\nBecause.\n", "new", true, "Move\n\nBecause.\n"},
		{"a subject alone", "Move\n", "new", true, "Move"},
		{"a file that can be run", "Move\n", "tool.sh", false, "Move\n"},
		{"a subject of two lines", "Move\nit\n\nBecause.\n", "new", false, "Move\nit\n\nBecause.\n"},
		{"a subject with spaces around it", " Move", "new", false, " Move"},
	} {
		t.Run(row.name, func(t *testing.T) {
			h, bot, f, main := faulty(t)
			sha := commit(t, bot, forge.NewCommit{Branch: "topic", Create: true, Parent: main, Message: row.message,
				Changes: []tree.Change{{Path: row.file, Content: []byte("\x00\xff\r\n")}}})
			c, err := bot.ReadCommit(t.Context(), sha)
			if err != nil || c.Message != row.got {
				t.Errorf("got message %q, %v, want %q", c.Message, err, row.got)
			}
			if plain := f.called("/git/commits") > 0; plain == row.signed {
				t.Errorf("made from Git's parts: %v, want %v", plain, !row.signed)
			}
			files, err := bot.Tree(t.Context(), sha)
			if err != nil {
				t.Fatal(err)
			}
			if mode, _ := files.Mode("tool.sh"); mode != tree.Executable {
				t.Errorf("tool.sh has mode %v", mode)
			}
			h.git(t, h.clone, "fetch", "-q", "origin", "topic")
			h.git(t, h.clone, "fsck", "--strict")
		})
	}
}

func TestAFallbackIsBoundToTheHeadToo(t *testing.T) {
	h, bot, f, main := faulty(t)
	head := commit(t, bot, write("topic", main, "a"))
	c := forge.NewCommit{Branch: "topic", Parent: head, Message: "m", Changes: []tree.Change{{Path: "tool.sh", Content: []byte("x")}}}
	moved := ""
	if _, err := bot.Commit(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	c.Parent, _ = bot.Head(t.Context(), "topic")
	c.Changes[0].Content = []byte("y")
	f.set(hookOn("/git/trees", func() {
		if moved == "" {
			moved = h.push(t, "topic", "b")
		}
	}))
	_, err := bot.Commit(t.Context(), c)
	var where *forge.HeadMovedError
	if !errors.As(err, &where) || where.Got != moved {
		t.Errorf("got %v, want the head at %s", err, moved)
	}
}

func TestChangesThatWouldBeFileAndFolderAreRefused(t *testing.T) {
	_, bot, _, main := faulty(t)
	for _, changes := range [][]tree.Change{
		{{Path: "a", Content: []byte("x")}, {Path: "a/b", Content: []byte("x")}},
		{{Path: "a/b", Content: []byte("x")}, {Path: "a", Content: []byte("x")}},
		{{Path: "a", Content: []byte("x")}, {Path: "a", Content: []byte("y")}},
		{{Path: "tool.sh/x", Content: []byte("x")}},
	} {
		_, err := bot.Commit(t.Context(), forge.NewCommit{Branch: "topic", Create: true, Parent: main, Message: "m", Changes: changes})
		if !errors.Is(err, forge.ErrChangeRefused) {
			t.Errorf("%v: got %v", changes, err)
		}
	}
	// A file may make room for a folder.
	sha := commit(t, bot, forge.NewCommit{Branch: "topic", Create: true, Parent: main, Message: "m", Changes: []tree.Change{{Path: "tool.sh", Delete: true}, {Path: "tool.sh/x", Content: []byte("x")}}})
	files, err := bot.Tree(t.Context(), sha)
	if err != nil || strings.Join(files.Paths(), " ") != "tool.sh/x" {
		t.Errorf("got %v, %v", files.Paths(), err)
	}
}
