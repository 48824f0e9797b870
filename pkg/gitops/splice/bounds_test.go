package splice_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/linnet-bot/linnet/pkg/gitops/splice"
)

func TestSetInFiveMegabytes(t *testing.T) {
	if testing.Short() {
		t.Skip("edits large texts; run without -short")
	}
	src := values(5 << 20)
	for _, p := range []splice.Path{path("package7", "git", "tag"), path("package7", "ingress", "hosts", 0, "host")} {
		got, err := splice.Set(src, p, "other")
		if err != nil {
			t.Fatal(err)
		}
		if n := changedLines(src, got); n != 1 {
			t.Errorf("%s: %d lines changed", p, n)
		}
	}
}

func TestDepthIsBounded(t *testing.T) {
	nested := func(open, close string, n int) string { return strings.Repeat(open, n) + strings.Repeat(close, n) }
	var blocks strings.Builder
	for i := range 400 {
		blocks.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	for name, src := range map[string]string{
		"brackets":            nested("[", "]", 9000),
		"more brackets":       nested("[", "]", 200000),
		"unclosed brackets":   strings.Repeat("[", 200000),
		"braces":              nested("{a: ", "}", 9000),
		"dashes":              strings.Repeat("- ", 9000) + "a",
		"more dashes":         strings.Repeat("- ", 200000) + "a",
		"blocks":              blocks.String(),
		"a text in a literal": "a: |\n  " + nested("[", "]", 9000) + "\n",
	} {
		p := path(0)
		if strings.HasPrefix(src, "a: |") {
			p = path("a", splice.Inner(), 0)
		}
		got, err := splice.Set([]byte(src), p, "x")
		if err == nil || got != nil {
			t.Errorf("%s: gave %d bytes, %v", name, len(got), err)
		}
	}
	deep := strings.Repeat("[", 150) + "x" + strings.Repeat("]", 150)
	p := make(splice.Path, 150)
	for i := range p {
		p[i] = splice.Index(0)
	}
	if got, err := splice.Set([]byte(deep), p, "z"); err != nil || string(got) != strings.Replace(deep, "x", "z", 1) {
		t.Errorf("150 levels: %q, %v", got, err)
	}
}

// Nothing here may take time that grows with the square of the size; each would run for minutes if it did.
func TestLargeTextsOfUnusualShape(t *testing.T) {
	if testing.Short() {
		t.Skip("edits large texts; run without -short")
	}
	var object, merges strings.Builder
	for range 200_000 {
		object.WriteString(`{"a": "ü"},`)
	}
	merges.WriteString("m0: &m0 {a: b}\n")
	for i := range 40 {
		fmt.Fprintf(&merges, "m%d: &m%d\n  <<: [*m%d, *m%d, *m%d]\n", i+1, i+1, i, i, i)
	}
	for name, row := range map[string]struct {
		src     string
		path    splice.Path
		refused bool
	}{
		"an object on one line":    {"[" + object.String() + "{}]", path(1999, "a"), false},
		"white space in quotes":    {"a: \"" + strings.Repeat(" ", 2<<20) + "?ref=1\"\n", path("a", splice.Ref()), false},
		"white space in plain":     {"a: x" + strings.Repeat(" ", 2<<20) + "\n  y?ref=1\n", path("a", splice.Ref()), false},
		"mappings merged 3^40fold": {merges.String(), path("m40", "none"), true},
		"many blank lines":         {"a:\n- b\n" + strings.Repeat("\n", 2<<20) + "c: d\n", path("a", 0), false},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := splice.Set([]byte(row.src), row.path, "z")
			if (err != nil) != row.refused || (err == nil && len(got) == 0) {
				t.Errorf("%d bytes, %v", len(got), err)
			}
		})
	}
	scalars := 0
	err := splice.Walk([]byte("["+object.String()+"{}]"), func(splice.Path, splice.Scalar) { scalars++ })
	if err != nil || scalars != 200_000 {
		t.Errorf("%d scalars, %v", scalars, err)
	}
}
