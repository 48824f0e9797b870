package splice_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
	"pgregory.net/rapid"

	"github.com/linnet-bot/linnet/pkg/gitops/splice"
)

// place is one node of a text, as the tests read it: on their own, by the parser alone.
type place struct {
	path splice.Path
	node *yaml.Node
	text string // everything below it, positions and comments left out
}

// places lists every node that a path can reach, one level of text within text included, and gives up on text that is not YAML.
func places(src []byte) (all []place, ok bool) {
	return placesIn(src, nil)
}

func placesIn(src []byte, base splice.Path) (all []place, ok bool) {
	docs, ok := parsed(src)
	var walk func(p splice.Path, n *yaml.Node)
	walk = func(p splice.Path, n *yaml.Node) {
		all = append(all, place{slices.Clone(p), n, written(n)})
		if n.Kind == yaml.ScalarNode && n.Tag == "!!str" && base == nil && strings.ContainsAny(n.Value, "\n[{") {
			inside, _ := placesIn([]byte(n.Value), append(slices.Clone(p), splice.Inner()))
			all = append(all, inside...)
		}
		for i, c := range n.Content {
			switch {
			case n.Kind == yaml.SequenceNode:
				walk(append(p, splice.Index(i)), c)
			case n.Kind == yaml.MappingNode && i%2 == 1 && n.Content[i-1].Kind == yaml.ScalarNode:
				walk(append(p, splice.Key(n.Content[i-1].Value)), c)
			}
		}
	}
	for i, n := range docs {
		walk(append(slices.Clone(base), splice.Doc(i)), n)
	}
	return all, ok
}

func parsed(src []byte) (docs []*yaml.Node, ok bool) {
	defer func() { ok = ok && recover() == nil }()
	for d := yaml.NewDecoder(bytes.NewReader(src)); ; {
		var n yaml.Node
		err := d.Decode(&n)
		if errors.Is(err, io.EOF) {
			return docs, true
		}
		if err != nil {
			return nil, false
		}
		docs = append(docs, n.Content[0])
	}
}

func written(n *yaml.Node) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d %s %q %s(", n.Kind, n.Tag, n.Value, n.Anchor)
	for _, c := range n.Content {
		b.WriteString(written(c))
	}
	return b.String() + ")"
}

// failer is what *testing.T and *rapid.T share.
type failer interface {
	Fatalf(format string, args ...any)
}

// checkLaws checks every promise of the package on one text. It returns how many edits were made and how many refused.
func checkLaws(t failer, src []byte) (made, refused int) {
	all, ok := places(src)
	if !ok {
		return 0, 0
	}
	if len(all) > 60 {
		all = all[:60]
	}
	count := func(got []byte, err error) bool {
		if err != nil {
			if got != nil {
				t.Fatalf("%q: bytes with the refusal %v", src, err)
			}
			refused++
			return false
		}
		made++
		return true
	}
	for _, at := range all {
		switch at.node.Kind {
		case yaml.ScalarNode:
			for _, value := range []string{"other", "1.30", "it's \"x\": [#", "yes"} {
				got, err := splice.Set(src, at.path, value)
				if count(got, err) {
					setLaw(t, src, got, at, value)
				}
			}
		case yaml.SequenceNode:
			itemLaws(t, src, at, count)
		case yaml.MappingNode:
			for _, value := range []string{"x", "[1, 2]", "y: z\nv:\n- w", "|-\n  l\n  m"} {
				got, err := splice.InsertKey(src, at.path, "new-key", value)
				if !count(got, err) {
					continue
				}
				back, err := splice.RemoveKey(got, append(at.path, splice.Key("new-key")))
				if len(at.node.Content) == 0 && err != nil {
					continue
				}
				if err != nil || !bytes.Equal(back, src) {
					t.Fatalf("%q: %s: key %q in: %q; out: %q, %v", src, at.path, value, got, back, err)
				}
			}
		}
	}
	return made, refused
}

func setLaw(t failer, src, got []byte, at place, value string) {
	if n := changedLines(src, got); n > 1 || n < 0 {
		t.Fatalf("%q: %s = %q: %d lines changed: %q", src, at.path, value, n, got)
	}
	was, _ := places(src)
	is, ok := places(got)
	// A text within this scalar is gone with the scalar, and a scalar that is a whole text may look like none afterwards.
	above := at.path.String()
	_, inner, _ := strings.Cut(above, " > ")
	within := func(p place) bool {
		p1 := p.path.String()
		return strings.HasPrefix(p1, above+" >") || p1 == above && inner != "" && !strings.Contains(inner, ":")
	}
	was, is = slices.DeleteFunc(was, within), slices.DeleteFunc(is, within)
	if !ok || len(was) != len(is) {
		t.Fatalf("%q: %s = %q: other places afterwards: %q", src, at.path, value, got)
	}
	if again, err := splice.Get(got, at.path); err != nil || again.Value != value {
		t.Fatalf("%q: %s = %q: reads %q, %v in %q", src, at.path, value, again.Value, err, got)
	}
	for i := range was {
		p := was[i].path.String()
		if was[i].node.Kind == yaml.ScalarNode && !strings.HasPrefix(above, p) && was[i].text != is[i].text {
			t.Fatalf("%q: %s = %q: changed %s too: %q", src, at.path, value, p, got)
		}
	}
}

func itemLaws(t failer, src []byte, at place, count func([]byte, error) bool) {
	n := len(at.node.Content)
	for _, item := range []string{"x", "path: y\ntarget:\n  kind: z", "[1, {a: b}]", "- p\n- q"} {
		for _, i := range []int{0, n / 2, n, -1} {
			got, err := splice.InsertItem(src, at.path, i, item)
			if !count(got, err) {
				continue
			}
			index := i
			if i < 0 {
				index = n
			}
			back, err := splice.RemoveItem(got, append(at.path, splice.Index(index)))
			if err != nil || !bytes.Equal(back, src) {
				t.Fatalf("%q: %s: item %q in at %d: %q; out: %q, %v", src, at.path, item, i, got, back, err)
			}
		}
		// a at the end, b before it, a out again: as if b alone had come.
		a, err := splice.InsertItem(src, at.path, -1, item)
		if err != nil {
			continue
		}
		ab, err := splice.InsertItem(a, at.path, n, "b")
		if err != nil {
			t.Fatalf("%q: %s: b before %q: %v", src, at.path, item, err)
		}
		got, err := splice.RemoveItem(ab, append(at.path, splice.Index(n+1)))
		want, err2 := splice.InsertItem(src, at.path, -1, "b")
		if err != nil || err2 != nil || !bytes.Equal(got, want) {
			t.Fatalf("%q: %s: a, b, not a: %q, %v; want %q, %v", src, at.path, got, err, want, err2)
		}
	}
}

// document writes random YAML the way people do: all styles, comments, blank lines, either indentation of lists, any line ends.
func document(t *rapid.T) []byte {
	d := drawer{t}
	var b strings.Builder
	if d.one(4) {
		b.WriteString("# licence\n")
	}
	if d.one(4) {
		b.WriteString("---\n")
	}
	d.mapping(&b, 0, 3)
	if d.one(4) {
		b.WriteString("# trailing\n")
	}
	text := b.String()
	if d.one(3) {
		text = strings.TrimRight(text, "\n")
	}
	if d.one(4) {
		text = strings.ReplaceAll(text, "\n", "\r\n")
	}
	if d.one(5) {
		text = "\ufeff" + text
	}
	return []byte(text)
}

type drawer struct{ t *rapid.T }

func (d drawer) one(of int) bool { return rapid.IntRange(1, of).Draw(d.t, "chance") == 1 }

func (d drawer) mapping(b *strings.Builder, col, depth int) {
	for i := range rapid.IntRange(1, 3).Draw(d.t, "entries") {
		pad := strings.Repeat(" ", col)
		if i > 0 || col == 0 {
			d.gap(b, col)
			b.WriteString(pad)
		}
		fmt.Fprintf(b, "%s%d:", rapid.SampledFrom([]string{"k", "values.yaml", "ü", "x-y"}).Draw(d.t, "key"), i)
		d.value(b, col, depth)
	}
}

// gap writes what may stand between entries.
func (d drawer) gap(b *strings.Builder, col int) {
	if d.one(5) {
		b.WriteString("\n")
	}
	if d.one(5) {
		deeper := rapid.IntRange(0, 2).Draw(d.t, "deeper")
		fmt.Fprintf(b, "%s# note: [\"\n", strings.Repeat(" ", col+deeper))
	}
}

func (d drawer) value(b *strings.Builder, col, depth int) {
	kind := rapid.IntRange(0, 9).Draw(d.t, "kind")
	pad := strings.Repeat(" ", col)
	switch {
	case kind == 0 && depth > 0:
		b.WriteString("\n" + pad + "  ")
		d.mapping(b, col+2, depth-1)
	case kind <= 2 && depth > 0:
		b.WriteString("\n")
		indent := col + 2*rapid.IntRange(0, 1).Draw(d.t, "indent")
		for i := range rapid.IntRange(1, 3).Draw(d.t, "items") {
			if i > 0 {
				d.gap(b, indent)
			}
			b.WriteString(strings.Repeat(" ", indent) + "- ")
			if d.one(2) {
				d.mapping(b, indent+2, depth-1)
			} else {
				b.WriteString(d.scalar() + "\n")
			}
		}
	case kind == 3:
		fmt.Fprintf(b, " |%s\n%s  a: 1\n\n%s  # x\n%s  b:\n%s  - c\n", rapid.SampledFrom([]string{"", "-", "+"}).Draw(d.t, "chomp"), pad, pad, pad, pad)
	case kind == 4:
		fmt.Fprintf(b, " >-\n%s  some text\n%s  folded\n", pad, pad)
	case kind == 5:
		b.WriteString(rapid.SampledFrom([]string{" []\n", " [a, 'b']\n", " {}\n", " {a: 1, \"b\": [c]} # d\n", "\n"}).Draw(d.t, "flow"))
	default:
		b.WriteString(" " + d.scalar() + rapid.SampledFrom([]string{"", "", " # why", "\t# tab"}).Draw(d.t, "comment") + "\n")
	}
}

func (d drawer) scalar() string {
	return rapid.SampledFrom([]string{"1.28.3-bb.0", "1.30", "true", "3", `"quo\"ted"`, "'it''s'", "日本 text", "https://x/y?ref=1.2", "~", "a#b"}).Draw(d.t, "scalar")
}

func TestLawsHoldOnDrawnDocuments(t *testing.T) {
	made, refused := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		src := document(t)
		m, r := checkLaws(t, src)
		if m+r == 0 {
			t.Fatalf("%q is not YAML; the generator is wrong", src)
		}
		made, refused = made+m, refused+r
	})
	t.Logf("%d edits made, %d refused", made, refused)
	if refused > made/4 {
		t.Errorf("%d edits made and %d refused; ordinary text should mostly be editable", made, refused)
	}
}
