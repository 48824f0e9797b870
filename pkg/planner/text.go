package planner

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// WriteText prints the plan as a page for a terminal of the given width. Diffs keep their own width.
func (p Plan) WriteText(w io.Writer, width int) error {
	page := &page{w: w, width: max(width, 40)}
	page.linef("Upgrade %s: Big Bang %s to %s, Istio %s to %s, by canary %s", p.ID, p.From.Release, p.To.Release, p.From.Istio, p.To.Istio, p.Revision)
	if p.Why != "" {
		page.linef("%s is %s.", p.To.Release, p.Why)
	}
	page.blank()
	page.heading("Preflight")
	for _, f := range p.Preflight {
		page.item(levelMarks[f.Level], f.String())
		if f.Detail != "" {
			page.write(indent(f.Detail, 6))
		}
	}
	if len(p.Preflight) > 0 {
		page.linef("  (+ holds, ? not known from here, ! look at this)")
	}
	page.blank()
	page.groups("Waves", p.Waves)
	page.groups("Gateways", p.Gateways)
	page.heading("Phases")
	names := 0
	for _, phase := range p.Phases {
		names = max(names, len(phase.Name))
	}
	for _, phase := range p.Phases {
		mark := " "
		if phase.Number <= p.Done {
			mark = "x"
		}
		page.item(fmt.Sprintf("[%s] %2d", mark, phase.Number)+" "+fmt.Sprintf("%-*s", names, phase.Name), phase.Title)
	}
	page.blank()
	if len(p.NotAtHand) > 0 {
		page.heading("Charts that are not at hand")
		page.wrapped("  ", "  ", strings.Join(p.NotAtHand, ", "))
		page.wrapped("  ", "  ", "Which of their workloads a phase rolls is not known in advance; where their HelmRelease changes, the page says so.")
		page.blank()
	}
	for i := range p.Phases {
		page.phase(p.Phases, i)
	}
	page.linef("After the last phase the tree is, byte for byte, the one a plain bump of Big Bang to %s would leave.", p.To.Release)
	return page.err
}

var levelMarks = map[Level]string{Pass: "+", Unknown: "?", Warn: "!", Refuse: "x"}

// page writes wrapped text and remembers the first error.
type page struct {
	w     io.Writer
	width int
	err   error
}

func (p *page) write(s string) {
	if p.err == nil {
		_, p.err = io.WriteString(p.w, s)
	}
}

func (p *page) blank() { p.write("\n") }

func (p *page) linef(format string, args ...any) { p.wrapped("", "", fmt.Sprintf(format, args...)) }

func (p *page) heading(s string) { p.write(s + "\n") }

// item writes "  mark text", continued under the text.
func (p *page) item(mark, text string) {
	first := "  " + mark + " "
	p.wrapped(first, strings.Repeat(" ", len(first)), text)
}

func (p *page) wrapped(first, rest, text string) {
	prefix := first
	for _, line := range wrap(text, p.width-len(first)) {
		p.write(strings.TrimRight(prefix+line, " ") + "\n")
		prefix = rest
	}
}

func (p *page) groups(heading string, groups []Group) {
	if len(groups) == 0 {
		return
	}
	p.heading(heading)
	for i, g := range groups {
		p.item(fmt.Sprintf("%d.", i+1), fmt.Sprintf("%s: %s", g.Name, strings.Join(g.Namespaces, ", ")))
		if len(g.Releases) > 0 {
			p.wrapped("     ", "     ", "releases: "+strings.Join(g.Releases, ", "))
		}
		p.wrapped("     ", "     ", g.Why)
	}
	p.blank()
}

func (p *page) phase(phases []Phase, i int) {
	phase, of := phases[i], len(phases)
	p.write(strings.Repeat("-", min(p.width, 80)) + "\n")
	p.linef("%d/%d %s: %s", phase.Number, of, phase.Name, phase.Title)
	p.linef("%s", phase.Why)
	p.blank()
	p.list("May be merged when", afterThePhaseBefore(phases, i))
	p.impact(phase.Render)
	p.list("Mind", phase.Notes)
	p.list("Done when", phase.Exit)
	p.heading("Taken back by")
	p.wrapped("  ", "  ", phase.Inverse)
	p.blank()
	p.write(phase.Diff)
	if !strings.HasSuffix(phase.Diff, "\n") {
		p.blank()
	}
	p.blank()
}

// afterThePhaseBefore words the entry gate of a phase: what the exit gate of the phase before it has already said is not said again.
func afterThePhaseBefore(phases []Phase, i int) []string {
	entry := phases[i].Entry
	if i == 0 {
		return entry
	}
	before := phases[i-1]
	told := []string{fmt.Sprintf("all that phase %d, %s, is done by still holds", before.Number, before.Name)}
	for _, words := range entry {
		if !slices.Contains(before.Exit, words) {
			told = append(told, words)
		}
	}
	return told
}

func (p *page) list(heading string, items []string) {
	if len(items) == 0 {
		return
	}
	p.heading(heading)
	for _, i := range items {
		p.item("-", i)
	}
}

// maxListed is how many objects of one kind of change a page names; -o json has all.
const maxListed = 12

func (p *page) impact(i Impact) {
	p.heading("Changes in the cluster")
	before := p.err
	empty := true
	some := func(mark, what string, items []string) {
		for n, item := range items {
			empty = false
			if n == maxListed && len(items) > maxListed+1 {
				p.item(mark, fmt.Sprintf("… and %d more %s (all of them: -o json)", len(items)-n, what))
				return
			}
			p.item(mark, item)
		}
	}
	some("+", "objects", i.Added)
	some("-", "objects", i.Removed)
	some("~", "objects", i.Changed)
	some(">", "namespaces", prefixed("namespace ", stringers(i.Namespaces)))
	some("o", "workloads", prefixed("rolls ", stringers(i.Rolls)))
	if empty && before == nil {
		p.item("-", "nothing")
	}
}

func stringers[T fmt.Stringer](items []T) []string {
	all := make([]string, 0, len(items))
	for _, i := range items {
		all = append(all, i.String())
	}
	return all
}

func prefixed(prefix string, items []string) []string {
	for i := range items {
		items[i] = prefix + items[i]
	}
	return items
}

// wrap breaks text at spaces so that no line is longer than width, where its words allow that.
func wrap(text string, width int) []string {
	var lines []string
	var line strings.Builder
	runes := 0
	for i, word := range strings.Split(text, " ") {
		n := len([]rune(word))
		if i > 0 && runes+1+n > width {
			lines = append(lines, line.String())
			line.Reset()
			runes = 0
		} else if i > 0 {
			line.WriteByte(' ')
			runes++
		}
		line.WriteString(word)
		runes += n
	}
	return append(lines, line.String())
}
