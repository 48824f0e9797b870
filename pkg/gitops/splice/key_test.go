package splice_test

import (
	"testing"

	"github.com/linnet-bot/linnet/pkg/gitops/splice"
)

func TestInsertKey(t *testing.T) {
	inner := splice.Inner()
	for name, row := range map[string]struct {
		src        string
		mapping    splice.Path
		key, value string
		want       string
	}{
		"at the root":                       {"a: b\n", nil, "c", "d", "a: b\nc: d\n"},
		"at the root, no final break":       {"a: b", nil, "c", "d", "a: b\nc: d"},
		"at the root, below everything":     {"a: b\n# x\n\n", nil, "c", "d", "a: b\n# x\n\nc: d\n"},
		"at the root of the first document": {"a: b\n# x\n---\ne: f\n", path(splice.Doc(0)), "c", "d", "a: b\n# x\nc: d\n---\ne: f\n"},
		"before the end of the document":    {"a: b\n...\n", nil, "c", "d", "a: b\nc: d\n...\n"},
		"several lines":                     {"a: b\n", nil, "patches", "- path: x\n- path: y", "a: b\npatches:\n  - path: x\n  - path: y\n"},
		"a block scalar":                    {"a:\n  b: c\n", path("a"), "d", "|-\n  x\n  y", "a:\n  b: c\n  d: |-\n    x\n    y\n"},
		"deeper":                            {"a:\n  b:\n    c: d\n  # on e\n  e: f\n", path("a", "b"), "g", "h: i\nj: k", "a:\n  b:\n    c: d\n    g:\n      h: i\n      j: k\n  # on e\n  e: f\n"},
		"in an item":                        {"- a: b\n- c: d\n", path(0), "e", "f", "- a: b\n  e: f\n- c: d\n"},
		"behind a key without a value":      {"a:\n  b:\nc: d\n", path("a"), "e", "f", "a:\n  b:\n  e: f\nc: d\n"},
		"a key that needs quotes":           {"a: b\n", nil, "1.30", "'x'", "a: b\n\"1.30\": 'x'\n"},
		"empty braces":                      {"a: {}\n", path("a"), "b", "c", "a: {b: c}\n"},
		"braces":                            {"a: {b: c}\n", path("a"), "d", "[e]", "a: {b: c, d: [e]}\n"},
		"within text":                       {"v: |\n  a: b\nw: x\n", path("v", inner), "c", "d", "v: |\n  a: b\n  c: d\nw: x\n"},
		"within text, deeper":               {"v: |\n  a:\n    b: c\n  d: e\n", path("v", inner, "a"), "f", "g:\n  h", "v: |\n  a:\n    b: c\n    f:\n      g:\n        h\n  d: e\n"},
		"within text that keeps its end":    {"v: |+\n  a: b\n\nw: x\n", path("v", inner), "c", "d", "v: |+\n  a: b\n\n  c: d\nw: x\n"},
		"CRLF":                              {"a:\r\n  b: c\r\n", path("a"), "d", "e:\n  f", "a:\r\n  b: c\r\n  d:\r\n    e:\r\n      f\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := splice.InsertKey([]byte(row.src), row.mapping, row.key, row.value)
			if err != nil || string(got) != row.want {
				t.Fatalf("InsertKey(%q, %s)\n got %q, %v\nwant %q", row.src, row.mapping, got, err, row.want)
			}
			back, err := splice.RemoveKey(got, append(row.mapping[:len(row.mapping):len(row.mapping)], splice.Key(row.key)))
			if err != nil || string(back) != row.src {
				t.Errorf("RemoveKey(%q)\n got %q, %v\nwant %q", got, back, err, row.src)
			}
		})
	}
}

func TestInsertKeyRefuses(t *testing.T) {
	for name, row := range map[string]struct {
		src, key, value string
		want            string
	}{
		"a key that is there": {"a: {b: c}\n", "b", "d", "a (line 1, column 4): the key b is there already"},
		"no mapping yet":      {"a:\n", "b", "d", "a (line 1, column 3): this mapping has no value; write {} or a first entry there"},
		"a list":              {"a: []\n", "b", "d", "a (line 1, column 4): this is a list, not a mapping"},
		"no value":            {"a: {}\n", "b", "", "a (line 1, column 4): an entry between brackets must be one line with one value"},
		"lines into braces":   {"a: {}\n", "b", "c: d\ne: f", "a (line 1, column 4): an entry between brackets must be one line with one value"},
		"a key of two lines":  {"a: {}\n", "b\nc", "d", `a (line 1, column 4): "b\nc" cannot be a key`},
		"an anchor in use":    {"a: &x\n  b: c\nd: *x\n", "e", "f", "a: line 1 defines the anchor &x, which line 3 uses; an edit here would change both"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := splice.InsertKey([]byte(row.src), path("a"), row.key, row.value)
			if err == nil || got != nil || err.Error() != row.want {
				t.Errorf("InsertKey(%q) = %q\ngot  %v\nwant %s", row.src, got, err, row.want)
			}
		})
	}
}

func TestRemoveKey(t *testing.T) {
	for name, row := range map[string]struct {
		src   string
		entry splice.Path
		want  string // "" for a refusal
	}{
		"first":                       {"a: 1\nb: 2\n", path("a"), "b: 2\n"},
		"with all that is below it":   {"a: 1\nb:\n  c: |\n    x\n  # y\n# z\nd: 2\n", path("b"), "a: 1\n# z\nd: 2\n"},
		"the only entry":              {"a:\n  b: c\n", path("a", "b"), ""},
		"on the line of a dash":       {"- a: 1\n  b: 2\n", path(0, "a"), ""},
		"in braces":                   {"{a: 1, b: 2}\n", path("a"), "{b: 2}\n"},
		"an item":                     {"a: [b]\n", path("a", 0), ""},
		"of a mapping that is merged": {"a: &x\n  b: 1\n  c: 2\nd: *x\n", path("a", "b"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := splice.RemoveKey([]byte(row.src), row.entry)
			if string(got) != row.want || (err == nil) != (row.want != "") {
				t.Errorf("RemoveKey(%q, %s)\n got %q, %v\nwant %q", row.src, row.entry, got, err, row.want)
			}
		})
	}
}
