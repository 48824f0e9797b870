// Package splice edits YAML text byte by byte.
//
// A customer's files are theirs: their comments, quotes, indentation, line ends and key order say things that a parsed and re-printed
// file loses. So a real parser tells where things are, bytes are replaced there, and every other byte is kept. The result is parsed
// again and compared with what was parsed before: where anything but the addressed place differs, the edit is refused and nothing is
// returned. An edit is exactly what was planned, or it is a *Refusal that says in one sentence what is in the way.
//
// Places are addressed by a Path of Steps: keys, list items, and three steps that YAML itself does not have: Doc chooses a document of
// a stream, Inner goes into YAML that is kept as text inside a scalar (a ConfigMap's data["values.yaml"], a Kustomize patch: |-), and Ref
// addresses only the ?ref= of a URL.
//
// What this package never does: edit a file that holds a sops block, edit through an alias or a merged key, edit below an anchor that
// something else uses, guess between two equal keys, or turn a version such as 1.30 into a number.
//
// All functions are pure: they keep no state, and never change the bytes they are given.
package splice

import (
	"errors"
	"fmt"
)

// Refusal says why a place could not be read or edited. No bytes are returned with it.
type Refusal struct {
	// Line and Col are 1-based and those of the whole file, also for text inside a scalar; 0 where no place is to blame.
	Line, Col int
	// Path is what was asked for, as Path.String prints it.
	Path string
	// Reason is one clause: lower case, no full stop.
	Reason string
	// Absent is true where everything up to the last steps is there and readable, and the place itself simply does not exist.
	Absent bool
}

// Error is one sentence with path, line, column and reason.
func (r *Refusal) Error() string {
	switch {
	case r.Line == 0 && r.Path == "":
		return r.Reason
	case r.Line == 0:
		return fmt.Sprintf("%s: %s", r.Path, r.Reason)
	case r.Path == "":
		return fmt.Sprintf("line %d, column %d: %s", r.Line, r.Col, r.Reason)
	}
	return fmt.Sprintf("%s (line %d, column %d): %s", r.Path, r.Line, r.Col, r.Reason)
}

// Absent reports whether err says that the place does not exist, as opposed to being unreadable or ambiguous.
func Absent(err error) bool {
	var r *Refusal
	return errors.As(err, &r) && r.Absent
}

// Style is how a scalar is written.
type Style int

// The five ways YAML writes a scalar.
const (
	Plain Style = iota
	SingleQuoted
	DoubleQuoted
	Literal
	Folded
)

// String names the style in YAML's own words.
func (s Style) String() string {
	switch s {
	case SingleQuoted:
		return "single-quoted"
	case DoubleQuoted:
		return "double-quoted"
	case Literal:
		return "literal"
	case Folded:
		return "folded"
	default:
		return "plain"
	}
}

// Scalar is one value as it stands in the text.
type Scalar struct {
	// Value is the decoded value; behind Ref, the reference alone.
	Value string
	// Raw is the text of the value in the outermost file, quotes and block header included. Behind Inner it is the outer file's bytes.
	Raw   []byte
	Style Style
	// Tag is the short YAML tag: "!!str", "!!int", "!!float", "!!bool", "!!null", "!!timestamp" or a custom one.
	Tag string
	// Start and End are byte offsets of Raw in the file.
	Start, End int
	// Line and Col are 1-based; Col counts characters.
	Line, Col int
}
