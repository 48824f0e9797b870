package splice_test

import (
	"testing"

	"github.com/linnet-bot/linnet/pkg/gitops/splice"
)

func TestInsertItem(t *testing.T) {
	inner := splice.Inner()
	for name, row := range map[string]struct {
		src  string
		list splice.Path
		at   int
		item string
		want string
	}{
		"append, indented under the key":            {"p:\n  - a\nq: r\n", path("p"), -1, "b", "p:\n  - a\n  - b\nq: r\n"},
		"append, not indented":                      {"p:\n- a\nq: r\n", path("p"), -1, "b", "p:\n- a\n- b\nq: r\n"},
		"append, several lines":                     {"p:\n- a\n", path("p"), -1, "path: x\ntarget:\n  kind: y\n", "p:\n- a\n- path: x\n  target:\n    kind: y\n"},
		"append to a last key without break":        {"p:\n- a", path("p"), -1, "b", "p:\n- a\n- b"},
		"append before the parent's comments":       {"p:\n- a # own\n# theirs\n", path("p"), -1, "b", "p:\n- a # own\n- b\n# theirs\n"},
		"append behind the item's comments":         {"p:\n- a: 1\n  # b: 2\n# theirs\n", path("p"), -1, "b", "p:\n- a: 1\n  # b: 2\n- b\n# theirs\n"},
		"append before blank lines":                 {"p:\n- a\n\n\n", path("p"), -1, "b", "p:\n- a\n- b\n\n\n"},
		"append before comments, no break":          {"p:\n- a\n# x", path("p"), -1, "b", "p:\n- a\n- b\n# x"},
		"append behind a literal block":             {"p:\n- patch: |-\n    - op: add\n      # x\nq: r\n", path("p"), -1, "b", "p:\n- patch: |-\n    - op: add\n      # x\n- b\nq: r\n"},
		"append behind a block that keeps":          {"p:\n- |+\n  x\n\nq: r\n", path("p"), -1, "b", "p:\n- |+\n  x\n\n- b\nq: r\n"},
		"append, CRLF":                              {"p:\r\n- a\r\nq: r\r\n", path("p"), -1, "b:\n  c", "p:\r\n- a\r\n- b:\r\n    c\r\nq: r\r\n"},
		"append, CRLF, no final break":              {"p:\r\n- a", path("p"), -1, "b", "p:\r\n- a\r\n- b"},
		"append, byte order mark":                   {"\ufeffp:\n- a\n", path("p"), -1, "b", "\ufeffp:\n- a\n- b\n"},
		"in the middle, with comments kept":         {"p:\n- a\n# on c\n- c\n", path("p"), 1, "b", "p:\n- a\n- b\n# on c\n- c\n"},
		"first":                                     {"p:\n  - b\n", path("p"), 0, "a: x\nc: d", "p:\n  - a: x\n    c: d\n  - b\n"},
		"first, not indented":                       {"p:\n- b", path("p"), 0, "a", "p:\n- a\n- b"},
		"first in a list in a list":                 {"- - b\n", path(0), 0, "a", "- - a\n  - b\n"},
		"first in a list in a list, with a comment": {"- - b\n", path(0), 0, "a # c", "- - a # c\n  - b\n"},
		"append to a list in a list":                {"- - a\n- - c\n", path(0), -1, "b", "- - a\n  - b\n- - c\n"},
		"append to a list at the root":              {"# x\n- a\n---\n- b\n", path(splice.Doc(0)), -1, "c", "# x\n- a\n- c\n---\n- b\n"},
		"an item without a value before it":         {"p:\n- a\n-\nq: r\n", path("p"), -1, "b", "p:\n- a\n-\n- b\nq: r\n"},
		"the dash on its own line":                  {"p:\n-\n  a: 1\n-  # c\n   b: 2\n", path("p"), 1, "x", "p:\n-\n  a: 1\n- x\n-  # c\n   b: 2\n"},
		"empty brackets":                            {"p: []\n", path("p"), -1, "a", "p: [a]\n"},
		"empty brackets with a space":               {"p: [ ] # c\n", path("p"), 0, "{a: b}", "p: [{a: b} ] # c\n"},
		"brackets, append":                          {"p: [a]\n", path("p"), -1, "b", "p: [a, b]\n"},
		"brackets, first":                           {"p: [b]\n", path("p"), 0, "a", "p: [a, b]\n"},
		"brackets with a trailing comma":            {"p: [a, ]\n", path("p"), -1, "b", "p: [a, b, ]\n"},
		"pairs in brackets":                         {"p: [{a: b}: c]\n", path("p"), -1, "d: e", "p: [{a: b}: c, d: e]\n"},
		"brackets over several lines":               {"p: [\n  a, # x\n  b\n]\n", path("p"), 1, "c", "p: [\n  a, c, # x\n  b\n]\n"},
		"within text":                               {"d:\n  v: |\n    p:\n    - a\n\n    # x\ne: f\n", path("d", "v", inner, "p"), -1, "b: 1\nc: 2", "d:\n  v: |\n    p:\n    - a\n    - b: 1\n      c: 2\n\n    # x\ne: f\n"},
		"within text at its end":                    {"d:\n  v: |\n    p:\n    - a\n", path("d", "v", inner, "p"), -1, "b", "d:\n  v: |\n    p:\n    - a\n    - b\n"},
		"within text without final break":           {"d:\n  v: |\n    - a", path("d", "v", inner), -1, "b", "d:\n  v: |\n    - a\n    - b"},
		"within text, first":                        {"d:\n  v: |-\n    - a\ne: f\n", path("d", "v", inner), 0, "b", "d:\n  v: |-\n    - b\n    - a\ne: f\n"},
		"within text, CRLF":                         {"v: |\r\n  - a\r\nb: c\r\n", path("v", inner), -1, "x:\n  y", "v: |\r\n  - a\r\n  - x:\r\n      y\r\nb: c\r\n"},
		"within text in quotes":                     {`v: "- a\n"`, path("v", inner), -1, "b", `v: "- a\n- b\n"`},
		"within JSON in quotes":                     {"v: '[{\"op\": \"x\"}]'\n", path("v", inner), -1, "{\"op\": \"y\"}", "v: '[{\"op\": \"x\"}, {\"op\": \"y\"}]'\n"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := splice.InsertItem([]byte(row.src), row.list, row.at, row.item)
			if err != nil || string(got) != row.want {
				t.Fatalf("InsertItem(%q, %s, %d, %q)\n got %q, %v\nwant %q", row.src, row.list, row.at, row.item, got, err, row.want)
			}
			at := row.at
			if at < 0 {
				for at = 0; ; at++ {
					if _, err := splice.RemoveItem(got, append(row.list[:len(row.list):len(row.list)], splice.Index(at+1))); splice.Absent(err) {
						break
					}
				}
			}
			back, err := splice.RemoveItem(got, append(row.list[:len(row.list):len(row.list)], splice.Index(at)))
			if err != nil || string(back) != row.src {
				t.Errorf("RemoveItem(%q, %d)\n got %q, %v\nwant %q", got, at, back, err, row.src)
			}
		})
	}
}

func TestInsertItemRefuses(t *testing.T) {
	for name, row := range map[string]struct {
		src  string
		list splice.Path
		at   int
		item string
		want string
	}{
		"a key without a list":     {"p:\n", path("p"), -1, "a", "p (line 1, column 3): this list has no value; write [] or a first item there"},
		"a mapping":                {"p: {}\n", path("p"), -1, "a", "p (line 1, column 4): this is a mapping, not a list"},
		"no such place":            {"p: [a]\n", path("p"), 3, "a", "p (line 1, column 4): there is no place 3; the list has 1 items"},
		"an alias":                 {"o: &x [a]\np: *x\n", path("p"), -1, "a", "p (line 2, column 4): this is the alias *x of the anchor at line 1; edit it there, or write the value out here"},
		"nothing":                  {"p: [a]\n", path("p"), -1, "", "p (line 1, column 4): an entry between brackets must be one line with one value"},
		"nothing in a block":       {"p:\n- a\n", path("p"), -1, "", "p (line 2, column 1): what is to be inserted is not one value"},
		"two items in brackets":    {"p: [a]\n", path("p"), -1, "b, c", "p (line 1, column 4): an entry between brackets must be one line with one value"},
		"a comment at the end":     {"p:\n- a\n", path("p"), -1, "b\n# x", "p (line 2, column 1): what is to be inserted ends in a comment or a blank line"},
		"a comment in brackets":    {"p: [a]\n", path("p"), -1, "b # x", "p (line 1, column 4): what is to be inserted is not YAML (line 1: did not find expected ',' or ']')"},
		"a comma behind it":        {"p: [a]\n", path("p"), -1, "b,", "p (line 1, column 4): an entry between brackets must be one line with one value"},
		"not YAML":                 {"p:\n- a\n", path("p"), -1, "[", "p (line 2, column 1): what is to be inserted is not YAML (line 1: did not find expected node content)"},
		"two documents":            {"p:\n- a\n", path("p"), -1, "a\n---\nb", "p (line 2, column 1): what is to be inserted is not one value"},
		"a block ending the file":  {"p:\n- |\n  text", path("p"), -1, "b", "p (line 3, column 7): the edit would change more than was asked for; end the file with a line break first"},
		"lines into single quotes": {"p: '- a'\n", path("p", splice.Inner()), -1, "b", "p > (line 1, column 8): lines cannot be added inside a single-quoted scalar; write it as a literal block (|)"},
		"a sops block":             {"p: []\nsops: {}\n", path("p"), -1, "a", "p (line 2, column 1): the file is encrypted with SOPS, whose checksum covers every value; edit it with sops"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := splice.InsertItem([]byte(row.src), row.list, row.at, row.item)
			if err == nil || got != nil {
				t.Fatalf("InsertItem(%q) = %q, %v; want a refusal", row.src, got, err)
			}
			if err.Error() != row.want {
				t.Errorf("got  %s\nwant %s", err, row.want)
			}
		})
	}
}

func TestRemoveItem(t *testing.T) {
	for name, row := range map[string]struct {
		src  string
		item splice.Path
		want string // "" for a refusal
	}{
		"with its own comments only":     {"p:\n- a\n# on b\n- b\n  # deep\n# shallow\n", path("p", 1), "p:\n- a\n# on b\n# shallow\n"},
		"first":                          {"p:\n- a: 1\n  b: 2\n- c\n", path("p", 0), "p:\n- c\n"},
		"first of a list in a list":      {"- - a\n  - b\n", path(0, 0), "- - b\n"},
		"by one of its values":           {"p:\n- n: x\n- n: y\n", path("p", splice.Where("n", "y")), "p:\n- n: x\n"},
		"the only item":                  {"p:\n- a\n", path("p", 0), ""},
		"the only item in brackets":      {"p: [a]\n", path("p", 0), "p: []\n"},
		"last in brackets":               {"p: [a, b]\n", path("p", 1), "p: [a]\n"},
		"a comment between, in brackets": {"p: [a, # x\n  b]\n", path("p", 1), ""},
		"a key":                          {"p: {a: b}\n", path("p", "a"), ""},
		"the document":                   {"p\n", nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := splice.RemoveItem([]byte(row.src), row.item)
			if string(got) != row.want || (err == nil) != (row.want != "") {
				t.Errorf("RemoveItem(%q, %s)\n got %q, %v\nwant %q", row.src, row.item, got, err, row.want)
			}
		})
	}
}
