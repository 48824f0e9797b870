package splice

import (
	"fmt"
	"strconv"
	"strings"
)

type stepKind int

const (
	docStep stepKind = iota
	keyStep
	indexStep
	whereStep
	innerStep
	refStep
)

// Step is one step of a Path; made by Doc, Key, Index, Where, Inner and Ref.
type Step struct {
	kind  stepKind
	name  string
	value string
	index int
}

// Doc chooses the i-th document of a stream, counted from 0. It may only come first, or right behind Inner. Without it the text must hold
// one document (empty ones not counted).
func Doc(i int) Step { return Step{kind: docStep, index: i} }

// Key goes to the value of a mapping's key. The key is compared as written without quotes: Key("1") finds the key 1.
func Key(name string) Step { return Step{kind: keyStep, name: name} }

// Index goes to the i-th item of a list, counted from 0.
func Index(i int) Step { return Step{kind: indexStep, index: i} }

// Where goes to the first item of a list that is a mapping whose key has this value. The key may be dotted: "target.kind".
func Where(key, value string) Step { return Step{kind: whereStep, name: key, value: value} }

// Inner goes into the YAML text that the scalar reached so far holds.
func Inner() Step { return Step{kind: innerStep} }

// Ref addresses the value of the ref parameter of the URL that the scalar reached so far holds. Only the last step may be a Ref.
func Ref() Step { return Step{kind: refStep} }

// Path leads from the start of a file to one place in it.
type Path []Step

// String prints the path for people: `doc 2: spec.ref.tag`, `data["values.yaml"] > istiod.git.tag`, `patches[target.kind=HelmRelease].patch`.
// Documents are counted from 1 there.
func (p Path) String() string {
	var b strings.Builder
	fresh := true
	for i, s := range p {
		switch s.kind {
		case docStep:
			fmt.Fprintf(&b, "doc %d", s.index+1)
			if i < len(p)-1 && p[i+1].kind != innerStep {
				b.WriteString(": ")
			}
			fresh = true
			continue
		case keyStep:
			switch {
			case !plainKey(s.name):
				b.WriteString("[" + strconv.Quote(s.name) + "]")
			case fresh:
				b.WriteString(s.name)
			default:
				b.WriteString("." + s.name)
			}
		case indexStep:
			fmt.Fprintf(&b, "[%d]", s.index)
		case whereStep:
			fmt.Fprintf(&b, "[%s=%s]", s.name, s.value)
		case innerStep:
			b.WriteString(" > ")
			fresh = true
			continue
		case refStep:
			b.WriteString("?ref=")
		}
		fresh = false
	}
	return strings.TrimRight(b.String(), " ")
}

func plainKey(name string) bool {
	for _, r := range name {
		if r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') {
			return false
		}
	}
	return name != ""
}
