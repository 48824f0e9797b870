package splice_test

import (
	"strings"
	"testing"

	"github.com/linnet-bot/linnet/pkg/gitops/splice"
)

func path(steps ...any) splice.Path {
	var p splice.Path
	for _, s := range steps {
		switch s := s.(type) {
		case string:
			p = append(p, splice.Key(s))
		case int:
			p = append(p, splice.Index(s))
		case splice.Step:
			p = append(p, s)
		}
	}
	return p
}

func TestSet(t *testing.T) {
	inner, ref := splice.Inner(), splice.Ref()
	for name, row := range map[string]struct {
		src   string
		path  splice.Path
		value string
		want  string
	}{
		"plain stays plain":                     {"a:\n  tag: 1.2.3 # why\n", path("a", "tag"), "1.28.3-bb.0", "a:\n  tag: 1.28.3-bb.0 # why\n"},
		"double quotes stay":                    {"tag: \"1.2\"\n", path("tag"), "1.30", "tag: \"1.30\"\n"},
		"single quotes stay":                    {"tag: '1.2'\n", path("tag"), "it's", "tag: 'it''s'\n"},
		"double quotes escape":                  {"tag: \"x\"\n", path("tag"), `a"b\c`, "tag: \"a\\\"b\\\\c\"\n"},
		"a version that reads as a number":      {"tag: 1.29.0\n", path("tag"), "1.30", "tag: \"1.30\"\n"},
		"a fraction replaced by a fraction":     {"tag: 1.29\n", path("tag"), "3.10", "tag: \"3.10\"\n"},
		"an exponent":                           {"tag: v1\n", path("tag"), "1e3", "tag: \"1e3\"\n"},
		"an octal of YAML 1.2":                  {"tag: v1\n", path("tag"), "0o7", "tag: \"0o7\"\n"},
		"an octal of YAML 1.1":                  {"tag: v1\n", path("tag"), "017", "tag: \"017\"\n"},
		"a truth value of YAML 1.1":             {"tag: v1\n", path("tag"), "yes", "tag: \"yes\"\n"},
		"null":                                  {"tag: v1\n", path("tag"), "null", "tag: \"null\"\n"},
		"a date":                                {"tag: v1\n", path("tag"), "2024-01-01", "tag: \"2024-01-01\"\n"},
		"underscores":                           {"tag: v1\n", path("tag"), "1_000", "tag: \"1_000\"\n"},
		"sexagesimal":                           {"tag: v1\n", path("tag"), "1:30", "tag: \"1:30\"\n"},
		"a commit that reads as a number":       {"tag: v1\n", path("tag"), "1234567e10", "tag: \"1234567e10\"\n"},
		"a whole number replaces one":           {"n: 2\n", path("n"), "3", "n: 3\n"},
		"a truth value replaces one":            {"on: true\n", path("on"), "false", "on: false\n"},
		"a number where text was":               {"n: two\n", path("n"), "3", "n: \"3\"\n"},
		"the empty string":                      {"a: b\n", path("a"), "", "a: \"\"\n"},
		"a colon":                               {"a: b\n", path("a"), "x: y", "a: \"x: y\"\n"},
		"brackets in a block":                   {"a: b\n", path("a"), "x[].y", "a: x[].y\n"},
		"brackets in a list in brackets":        {"a: [b]\n", path("a", 0), "x[].y", "a: [\"x[].y\"]\n"},
		"in braces":                             {"a: {tag: 1.2.3, x: y}\n", path("a", "tag"), "1.2.4", "a: {tag: 1.2.4, x: y}\n"},
		"JSON":                                  {`{"a":{"tag":"1"}}`, path("a", "tag"), "1.30", `{"a":{"tag":"1.30"}}`},
		"no final line break":                   {"a: b", path("a"), "c", "a: c"},
		"CRLF":                                  {"a: b\r\nc: d\r\n", path("c"), "e", "a: b\r\nc: e\r\n"},
		"a byte order mark":                     {"\ufeffa: b\n", path("a"), "c", "\ufeffa: c\n"},
		"wide characters before it":             {"a: {\"ü日本\": x, 'é𝄞': y}\n", path("a", "é𝄞"), "z", "a: {\"ü日本\": x, 'é𝄞': z}\n"},
		"a tab before a comment":                {"a: b\t# c\n", path("a"), "d", "a: d\t# c\n"},
		"an anchor nobody uses":                 {"a: &x b\n", path("a"), "c", "a: &x c\n"},
		"an explicit tag":                       {"a: !!str 1.2\n", path("a"), "x", "a: !!str x\n"},
		"a key without a value":                 {"a:\n  tag:\nb: c\n", path("a", "tag"), "1.2.3", "a:\n  tag: 1.2.3\nb: c\n"},
		"the second document":                   {"%YAML 1.1\n---\na: b\n...\n# x\n---\na: c\n", path(splice.Doc(1), "a"), "d", "%YAML 1.1\n---\na: b\n...\n# x\n---\na: d\n"},
		"an empty first document":               {"# licence\n---\n---\na: c\n", path("a"), "d", "# licence\n---\n---\na: d\n"},
		"an item by one of its values":          {"l:\n- name: x\n  v: 1\n- name: y\n  v: 2\n", path("l", splice.Where("name", "y"), "v"), "3", "l:\n- name: x\n  v: 1\n- name: y\n  v: 3\n"},
		"an item by a deeper value":             {"l:\n- t: {k: x}\n  v: a\n- t:\n    k: y\n  v: b\n", path("l", splice.Where("t.k", "y"), "v"), "c", "l:\n- t: {k: x}\n  v: a\n- t:\n    k: y\n  v: c\n"},
		"a value below its key":                 {"a:\n  b\n", path("a"), "c", "a:\n  c\n"},
		"the reference of a URL":                {"- git::https://x/bb.git//base?ref=3.18.0&depth=1 # pin\n", path(0, ref), "3.19.0", "- git::https://x/bb.git//base?ref=3.19.0&depth=1 # pin\n"},
		"a reference with tags/":                {"- 'https://x/bb?depth=1&ref=tags/1.14.1'\n", path(0, ref), "tags/1.15.0", "- 'https://x/bb?depth=1&ref=tags/1.15.0'\n"},
		"text in a literal block":               {"data:\n  values.yaml: |\n    istiod:\n      tag: 1.2.3 # x\n\n    b: c\n", path("data", "values.yaml", inner, "istiod", "tag"), "1.30", "data:\n  values.yaml: |\n    istiod:\n      tag: \"1.30\" # x\n\n    b: c\n"},
		"text in a literal block that strips":   {"p: |-\n  a: b", path("p", inner, "a"), "c", "p: |-\n  a: c"},
		"an indentation indicator":              {"p:\n  q: |2\n      # x\n    a: b\n", path("p", "q", inner, "a"), "c", "p:\n  q: |2\n      # x\n    a: c\n"},
		"text in a literal block, CRLF":         {"p: |\r\n  a: b\r\n  c: d\r\n", path("p", inner, "c"), "e", "p: |\r\n  a: b\r\n  c: e\r\n"},
		"text in a folded block":                {"p: >-\n  a: b\n", path("p", inner, "a"), "c", "p: >-\n  a: c\n"},
		"indented text in a folded block":       {"p: >\n  a:\n    b: c\n    d: e\n", path("p", inner, "a", "d"), "f", "p: >\n  a:\n    b: c\n    d: f\n"},
		"text in double quotes":                 {`p: "a: \"b\"\nc: d\n"`, path("p", inner, "a"), "x", `p: "a: \"x\"\nc: d\n"`},
		"text in single quotes":                 {"p: '[{\"op\": \"add\", \"value\": \"it''s\"}]'\n", path("p", inner, 0, "value"), "that's", "p: '[{\"op\": \"add\", \"value\": \"that''s\"}]'\n"},
		"text within text":                      {"p: |\n  q: |\n    a: b\n  r: s\n", path("p", inner, "q", inner, "a"), "c", "p: |\n  q: |\n    a: c\n  r: s\n"},
		"a reference within text":               {"p: |\n  u: https://x?ref=1.0\n", path("p", inner, "u", ref), "2.0", "p: |\n  u: https://x?ref=2.0\n"},
		"a second document within text":         {"p: |\n  a: b\n  ---\n  a: c\n", path("p", inner, splice.Doc(1), "a"), "d", "p: |\n  a: b\n  ---\n  a: d\n"},
		"the word sops as an ordinary value":    {"tool: sops\na: b\n", path("a"), "c", "tool: sops\na: c\n"},
		"a merge key beside the key":            {"x: &x {a: 1}\ny:\n  <<: *x\n  b: c\n", path("y", "b"), "d", "x: &x {a: 1}\ny:\n  <<: *x\n  b: d\n"},
		"an alias in the same entry":            {"x: &x 1\ny:\n  b: c\n  d: *x\n", path("y", "b"), "d", "x: &x 1\ny:\n  b: d\n  d: *x\n"},
		"line feeds of the last century":        {"a: b\rc: d\r", path("a"), "e", "a: e\rc: d\r"},
		"a question mark key":                   {"? a\n: b\n", path("a"), "c", "? a\n: c\n"},
		"an item directly behind nested dashes": {"- - a\n  - b\n", path(0, 0), "c", "- - c\n  - b\n"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := splice.Set([]byte(row.src), row.path, row.value)
			if err != nil || string(got) != row.want {
				t.Fatalf("Set(%q, %s, %q)\n got %q, %v\nwant %q", row.src, row.path, row.value, got, err, row.want)
			}
			if s, err := splice.Get(got, row.path); err != nil || s.Value != row.value {
				t.Errorf("read back %q, %v", s.Value, err)
			}
		})
	}
}

func TestSetRefuses(t *testing.T) {
	inner, ref := splice.Inner(), splice.Ref()
	deep := strings.Repeat("[", 300) + strings.Repeat("]", 300)
	for name, row := range map[string]struct {
		src  string
		path splice.Path
		want string // the whole sentence
	}{
		"an alias":                  {"a: &x {t: 1}\nb: *x\n", path("b", "t"), "b.t (line 2, column 4): this is the alias *x of the anchor at line 1; edit it there, or write the value out here"},
		"a merged key":              {"a: &x\n  t: 1\nb:\n  <<: *x\n", path("b", "t"), "b.t (line 4, column 3): the key t comes from line 2 through a merge key (<<); edit it there, or write it out here"},
		"below an anchor in use":    {"a: &x {t: 1}\nb: *x\n", path("a", "t"), "a.t: line 1 defines the anchor &x, which line 2 uses; an edit here would change both"},
		"two equal keys":            {"a: 1\nb: 2\na: 3\n", path("a"), "a (line 3, column 1): the key a stands twice in one mapping, at lines 1 and 3; remove one of them"},
		"a sops block":              {"a: 1\nsops:\n  version: 3\n", path("a"), "a (line 2, column 1): the file is encrypted with SOPS, whose checksum covers every value; edit it with sops"},
		"a sops block elsewhere":    {"a: 1\n---\nb:\n  sops:\n    mac: x\n", path(splice.Doc(0), "a"), "doc 1: a (line 4, column 3): the file is encrypted with SOPS, whose checksum covers every value; edit it with sops"},
		"an encrypted value":        {"a: ENC[AES256_GCM,data:x]\n", path("a"), "a (line 1, column 4): this value is encrypted with SOPS; edit it with sops"},
		"which document":            {"a: 1\n---\na: 2\n", path("a"), "a (line 3, column 1): the text holds several documents and the path does not say which one"},
		"a document that is absent": {"a: 1\n", path(splice.Doc(1), "a"), "doc 2: a: there is no document 2; the text has 1"},
		"a literal block":           {"a: |\n  b\n", path("a"), "a (line 1, column 4): this value is a literal block; write it on one line first"},
		"several lines":             {"a: b\n  c\n", path("a"), "a (line 1, column 4): this value is written over several lines; write it on one line first"},
		"a mapping":                 {"a: {b: c}\n", path("a"), "a (line 1, column 4): this is a mapping, not a single value"},
		"a key that is absent":      {"a: {b: c}\n", path("a", "d"), "a.d (line 1, column 4): there is no key d here"},
		"an item that is absent":    {"a: [b]\n", path("a", 1), "a[1] (line 1, column 4): there is no item 1; the list has 1"},
		"no such item":              {"a: [b]\n", path("a", splice.Where("n", "x")), "a[n=x] (line 1, column 4): no item of this list has n: x"},
		"a scalar on the way":       {"a: b\n", path("a", "c"), "a.c (line 1, column 4): this is a single value, not a mapping"},
		"a URL without ref":         {"a: https://x?depth=1\n", path("a", ref), "a?ref= (line 1, column 4): this value has no ?ref= parameter"},
		"a URL with two":            {"a: https://x?ref=1&ref=2\n", path("a", ref), "a?ref= (line 1, column 4): this URL has two ref parameters"},
		"no text inside":            {"a: 1\n", path("a", inner, "b"), "a > b (line 1, column 4): this value is no text that could hold YAML"},
		"bad text inside":           {"a: |\n  [\n", path("a", inner, "b"), "a > b (line 2, column 3): the text cannot be read as YAML (line 1: did not find expected node content)"},
		"a key absent inside":       {"a: |\n  b:\n    c: d\n", path("a", inner, "b", "e"), "a > b.e (line 3, column 5): there is no key e here"},
		"not YAML":                  {"a: [\n", path("a"), "a: the text cannot be read as YAML (line 1: did not find expected node content)"},
		"not UTF-8":                 {"a: \xff\n", path("a"), "a: the text is not UTF-8; convert it first"},
		"an empty file":             {"# nothing\n", path("a"), "a: the text is empty"},
		"too deep":                  {deep, path(0), "[0] (line 1, column 200): the text nests deeper than 200 levels"},
		"folded text inside":        {"p: >-\n  a: b\n  c\n", path("p", inner, "a"), "p > a (line 2, column 6): the text here is folded in a way that cannot be mapped line by line; write it as a literal block (|)"},
		"only a comment":            {"a: # later\n", path("a"), "a (line 1, column 3): nothing but a comment is written here; write a value first"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := splice.Set([]byte(row.src), row.path, "other")
			if err == nil || got != nil {
				t.Fatalf("Set(%q) = %q, %v; want a refusal", row.src, got, err)
			}
			if err.Error() != row.want {
				t.Errorf("got  %s\nwant %s", err, row.want)
			}
		})
	}
}

func TestSetRefusesValuesThatCannotStandOnOneLine(t *testing.T) {
	for _, value := range []string{"a\nb", "a\rb", "a\u2028b", "a\x00b", "a\u0085b"} {
		if got, err := splice.Set([]byte("a: 'b'\n"), path("a"), value); err == nil {
			t.Errorf("Set %q gave %q", value, got)
		}
	}
	for _, value := range []string{"", "a b", "a&b", "a#b"} {
		if got, err := splice.Set([]byte("a: x?ref=1\n"), path("a", splice.Ref()), value); err == nil {
			t.Errorf("Set reference %q gave %q", value, got)
		}
	}
}

func TestAbsentIsToldFromUnreadable(t *testing.T) {
	for name, row := range map[string]struct {
		src  string
		want bool
	}{
		"no key":           {"b: c\n", true},
		"no value above":   {"a:\n", true},
		"an empty file":    {"", true},
		"another kind":     {"a: [x]\n", false},
		"two equal keys":   {"a: {b: 1, b: 2}\n", false},
		"malformed":        {"a: {\n", false},
		"through an alias": {"x: &x {b: 1}\na: *x\n", false},
	} {
		_, err := splice.Get([]byte(row.src), path("a", "b"))
		if err == nil || splice.Absent(err) != row.want {
			t.Errorf("%s: %v: Absent = %v, want %v", name, err, !row.want, row.want)
		}
	}
}

func TestGetTellsWhereInTheFile(t *testing.T) {
	src := "\ufeffdata:\n  values.yaml: |\n    # x\n    istiod:\n      tag: \"1.2.3\"\n"
	s, err := splice.Get([]byte(src), path("data", "values.yaml", splice.Inner(), "istiod", "tag"))
	if err != nil {
		t.Fatal(err)
	}
	if s.Value != "1.2.3" || string(s.Raw) != `"1.2.3"` || src[s.Start:s.End] != `"1.2.3"` || s.Line != 5 || s.Col != 12 ||
		s.Style != splice.DoubleQuoted || s.Tag != "!!str" {
		t.Errorf("got %+v (%s)", s, s.Raw)
	}
}

func TestPathStringIsWhatPeopleWouldSay(t *testing.T) {
	for want, p := range map[string]splice.Path{
		"doc 2: spec.ref.tag":                       path(splice.Doc(1), "spec", "ref", "tag"),
		`data["values.yaml"] > istiod.git.tag`:      path("data", "values.yaml", splice.Inner(), "istiod", "git", "tag"),
		"patches[target.kind=HelmRelease].patch":    path("patches", splice.Where("target.kind", "HelmRelease"), "patch"),
		"doc 1 > a":                                 path(splice.Doc(0), splice.Inner(), "a"),
		"resources[0]?ref=":                         path("resources", 0, splice.Ref()),
		`metadata.annotations["example.com/thing"]`: path("metadata", "annotations", "example.com/thing"),
	} {
		if got := p.String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
