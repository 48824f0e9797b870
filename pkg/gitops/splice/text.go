package splice

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sort"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// maxDepth is how deeply collections may nest. Real files stay below 30; the bound keeps every recursion here shallow.
const maxDepth = 200

var bom = []byte("\xef\xbb\xbf")

// text is one stream of YAML: a file without its byte order mark, or what a scalar holds.
type text struct {
	src   []byte
	docs  []*yaml.Node // document nodes
	lines []int        // offsets where lines start
	last  columnAt
}

// columnAt remembers where a column of a line was found. Nodes are asked for in the order of the text, so that a line of megabytes (JSON) is
// counted through once and not once for each node.
type columnAt struct{ line, col, at int }

// fault is a Refusal whose place is still an offset in one text; -1 where no place is to blame.
type fault struct {
	at     int
	reason string
	absent bool
}

func faultf(at int, format string, args ...any) *fault {
	return &fault{at: at, reason: fmt.Sprintf(format, args...)}
}

// parse reads a stream with the YAML parser and refuses what may never be edited: encrypted files, and nesting beyond maxDepth.
func parse(src []byte) (*text, *fault) {
	if !utf8.Valid(src) {
		return nil, faultf(-1, "the text is not UTF-8; convert it first")
	}
	docs, err := decode(src)
	if err != nil {
		return nil, faultf(-1, "the text cannot be read as YAML (%s)", strings.TrimPrefix(err.Error(), "yaml: "))
	}
	t := &text{src: src, docs: docs, lines: lineStarts(src)}
	encrypted := bytes.Contains(src, []byte("sops"))
	for _, d := range docs {
		if deep := deeper(d, maxDepth); deep != nil {
			return nil, faultf(t.offset(deep), "the text nests deeper than %d levels", maxDepth)
		}
		if !encrypted {
			continue
		}
		if key := sopsBlock(d, false); key != nil {
			return nil, faultf(t.offset(key), "the file is encrypted with SOPS, whose checksum covers every value; edit it with sops")
		}
	}
	return t, nil
}

// decode gives one node a document. The parser reports malformed text as an error; anything that it would panic over is one too.
func decode(src []byte) (docs []*yaml.Node, err error) {
	defer func() {
		if p := recover(); p != nil {
			docs, err = nil, fmt.Errorf("the YAML parser gave up: %v", p)
		}
	}()
	d := yaml.NewDecoder(bytes.NewReader(src))
	for {
		var n yaml.Node
		err := d.Decode(&n)
		if errors.Is(err, io.EOF) {
			return docs, nil
		}
		if err != nil {
			return nil, err
		}
		docs = append(docs, &n)
	}
}

func deeper(n *yaml.Node, left int) *yaml.Node {
	if left == 0 {
		return n
	}
	for _, c := range n.Content {
		if len(c.Content) == 0 {
			continue
		}
		if deep := deeper(c, left-1); deep != nil {
			return deep
		}
	}
	return nil
}

// sopsBlock finds the key of the metadata that sops writes: at the root whatever it holds, deeper where it has sops' own fields.
func sopsBlock(n *yaml.Node, root bool) *yaml.Node {
	for i, c := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 {
			if v := n.Content[i+1]; c.Value == "sops" && v.Kind == yaml.MappingNode &&
				(root || child(v, "mac") != nil || child(v, "lastmodified") != nil) {
				return c
			}
			continue
		}
		if key := sopsBlock(c, n.Kind == yaml.DocumentNode); key != nil {
			return key
		}
	}
	return nil
}

func child(mapping *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			return mapping.Content[i+1]
		}
	}
	return nil
}

// breakAt is the length of the line break at i: 0 where there is none. The parser counts NEL, LS and PS as breaks too.
func breakAt(src []byte, i int) int {
	switch src[i] {
	case '\n':
		return 1
	case '\r':
		if i+1 < len(src) && src[i+1] == '\n' {
			return 2
		}
		return 1
	case 0xC2:
		if i+1 < len(src) && src[i+1] == 0x85 {
			return 2
		}
	case 0xE2:
		if i+2 < len(src) && src[i+1] == 0x80 && (src[i+2] == 0xA8 || src[i+2] == 0xA9) {
			return 3
		}
	}
	return 0
}

func lineStarts(src []byte) []int {
	starts := make([]int, 1, bytes.Count(src, []byte("\n"))+1)
	if !bytes.ContainsAny(src, "\r\u0085\u2028\u2029") {
		for i := 0; ; {
			n := bytes.IndexByte(src[i:], '\n')
			if n < 0 {
				return starts
			}
			i += n + 1
			starts = append(starts, i)
		}
	}
	for i := 0; i < len(src); {
		if n := breakAt(src, i); n > 0 {
			i += n
			starts = append(starts, i)
		} else {
			i++
		}
	}
	return starts
}

// offset of a node's first byte: its anchor or tag where it has one.
func (t *text) offset(n *yaml.Node) int {
	if n.Line < 1 || n.Line > len(t.lines) {
		return len(t.src)
	}
	from := columnAt{line: n.Line, col: 1, at: t.lines[n.Line-1]}
	if t.last.line == n.Line && t.last.col <= n.Column {
		from = t.last
	}
	for ; from.col < n.Column && from.at < len(t.src); from.col++ {
		if t.src[from.at] < utf8.RuneSelf {
			from.at++
			continue
		}
		_, size := utf8.DecodeRune(t.src[from.at:])
		from.at += size
	}
	t.last = from
	return from.at
}

// lineOf is the index in t.lines of the line that holds the offset.
func (t *text) lineOf(at int) int { return sort.SearchInts(t.lines, at+1) - 1 }

// lineStart is where the line that holds the offset begins.
func (t *text) lineStart(at int) int { return t.lines[t.lineOf(at)] }

// eol is where the line that holds the offset ends, before its break.
func (t *text) eol(at int) int {
	end := t.nextLine(at)
	if end == len(t.src) && t.lines[len(t.lines)-1] != end {
		return end
	}
	for at = max(t.lineStart(at), end-3); at < end; at++ {
		if breakAt(t.src, at) == end-at {
			break
		}
	}
	return at
}

// nextLine is where the line after the one that holds the offset begins; the end of the text for the last one.
func (t *text) nextLine(at int) int {
	if l := t.lineOf(at) + 1; l < len(t.lines) {
		return t.lines[l]
	}
	return len(t.src)
}

// blankBefore reports whether only spaces stand on the line before the offset.
func (t *text) blankBefore(at int) bool {
	return len(bytes.Trim(t.src[t.lineStart(at):at], " ")) == 0
}

// newline is the line break used around the offset: the one that ends its line, else the one before, else a line feed.
func (t *text) newline(at int) string {
	for _, end := range []int{t.eol(at), t.lineStart(at) - 1} {
		if end < 0 || end >= len(t.src) {
			continue
		}
		if end > 0 && t.src[end] == '\n' && t.src[end-1] == '\r' {
			end--
		}
		if t.src[end] == '\r' && breakAt(t.src, end) == 2 {
			return "\r\n"
		}
		if t.src[end] == '\n' {
			return "\n"
		}
	}
	return "\n"
}

// position counts on from the column found last where that is on the same line.
func (t *text) position(at int) (line, col int) {
	l := t.lineOf(at)
	from := columnAt{line: l + 1, col: 1, at: t.lines[l]}
	if t.last.line == from.line && t.last.at <= at {
		from = t.last
	}
	from.col += utf8.RuneCount(t.src[from.at:at])
	from.at = at
	t.last = from
	return from.line, from.col
}

// Line gives the 1-based line and column (in characters) of a byte offset. Offsets outside the text count as its end.
func Line(src []byte, offset int) (line, col int) {
	offset = max(0, min(offset, len(src)))
	body := bytes.TrimPrefix(src, bom)
	offset = max(0, offset-(len(src)-len(body)))
	t := text{src: body, lines: lineStarts(body)}
	return t.position(offset)
}
