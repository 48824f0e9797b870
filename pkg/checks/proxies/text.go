package proxies

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/lipgloss"
)

// Style is how a list is written as text.
type Style struct {
	Width  int  // columns of a line; 0 = no end
	Height int  // lines in all, as far as what is not known leaves them; 0 = no end. Where not all proxies fit, those that are not well or old come first.
	Wide   bool // owner, evidence, next revision, types and age, too
}

const (
	leastNote = 16 // columns that a note behind a line gets; before it gets fewer, it goes below
	noteGap   = "; "
	indent    = "    " // of notes below a line
)

// Text writes the list: what is not known, then the table, then the counts. No line is longer than the style's width, as long as that is at least 40.
func (l List) Text(s Style) string {
	if s.Width > 0 {
		s.Width = max(s.Width, 40)
	}
	w, foot := writer{style: s, list: l}, writer{style: s, list: l}
	w.head()
	foot.foot()
	w.most(strings.Count(w.out.String()+foot.out.String(), "\n") + 1)
	w.out.WriteString("\n" + foot.out.String())
	return w.out.String()
}

// first are as many proxies as there is room for.
func (l List) first(rows int) (shown []Proxy, left int) {
	if rows <= 0 || len(l.Proxies) <= rows {
		return l.Proxies, 0
	}
	worst := slices.Clone(l.Proxies)
	rank := func(p Proxy) int {
		switch {
		case !p.Well():
			return 0
		case p.Old:
			return 1
		}
		return 2
	}
	slices.SortStableFunc(worst, func(a, b Proxy) int { return rank(a) - rank(b) })
	return worst[:rows], len(worst) - rows
}

const leastRows = 3

// most writes as many proxies as there is room for beside other lines, and says how many there are more.
func (w *writer) most(others int) {
	room := 0
	if w.style.Height > 0 {
		room = max(w.style.Height-others, leastRows+2)
	}
	for rows := room; ; rows-- {
		shown, left := w.list.first(rows)
		table := writer{style: w.style, list: w.list}
		if len(shown) > 0 {
			table.table(shown)
		}
		if left > 0 {
			table.put("", "  ", fmt.Sprintf("… and %d more: -n NAMESPACE, --old or a larger terminal shows them", left))
		}
		text := table.out.String()
		if rows <= 1 || strings.Count(text, "\n") <= room {
			w.out.WriteString(text)
			return
		}
	}
}

type writer struct {
	style Style
	list  List
	out   strings.Builder
}

// put writes text behind first, and its further lines behind next.
func (w *writer) put(first, next, text string) {
	width := 0
	if w.style.Width > 0 {
		width = max(w.style.Width-max(lipgloss.Width(first), lipgloss.Width(next)), 10)
	}
	for i, line := range wrapped(text, width) {
		if i > 0 {
			first = next
		}
		w.out.WriteString(first + line + "\n")
	}
}

func (w *writer) head() {
	l := w.list
	seen := "observed " + l.At.UTC().Format("2006-01-02 15:04:05 UTC")
	if l.Age != "" {
		seen += ", " + l.Age + " ago"
	}
	if l.Cluster != "" {
		seen = "cluster " + l.Cluster + ", " + seen
	}
	rule := l.Rule
	if l.Old > 0 && !l.OldOnly {
		rule = strings.Replace(rule, "old is", "old (*) is", 1)
	}
	w.put("", "  ", seen+"; "+rule)
	if !l.Complete {
		w.put("", "  ", "unknown: this list may lack proxies, and what it says may be wrong:")
		for _, reason := range l.Unknown {
			w.put("  - ", "    ", reason)
		}
	}
	w.out.WriteString("\n")
	if len(l.Proxies) == 0 {
		w.put("", "  ", l.none())
	}
}

// none says why there is no table. Nothing seen is not nothing there.
func (l List) none() string {
	what := "no proxy"
	if l.OldOnly {
		what = "no old proxy"
	}
	if l.Namespace != "" {
		what += " in namespace " + l.Namespace
	}
	if !l.Complete {
		return what + " was seen, which does not say that there is none"
	}
	return what
}

func (l List) columns(wide bool) []column {
	columns := []column{
		{"NAMESPACE", 0, 11, func(p *Proxy) string { return dash(p.Namespace) }},
		{"POD", 0, 18, func(p *Proxy) string { return p.Name }},
		{"OWNER", 5, 18, func(p *Proxy) string { return p.Owner.String() }},
		{"REVISION", 0, 0, func(p *Proxy) string { return l.revisionCell(p) }},
		{"BY", 8, 12, func(p *Proxy) string { return dash(p.By) }},
		{"NEXT", 7, 0, func(p *Proxy) string { return dash(p.Next) }},
		{"VERSION", 2, 0, versionCell},
		{"ISTIOD", 4, 14, istiodCell},
		{"SYNC", 0, 13, func(p *Proxy) string { return l.syncCell(p) }},
		{"TYPES", 9, 16, typesCell},
		{"AGE", 6, 0, func(p *Proxy) string { return dash(l.age(p.Created)) }},
	}
	if wide {
		return columns
	}
	return slices.DeleteFunc(columns, func(c column) bool {
		return c.title == "BY" || c.title == "NEXT" || c.title == "TYPES" || c.title == "AGE" || c.title == "OWNER" && !l.OldOnly
	})
}

// table writes a line for each proxy. What there is to say of it stands behind, cut, or whole below it: there once for neighbours of whom it is the same.
func (w *writer) table(rows []Proxy) {
	whole := w.style.Wide || w.list.OldOnly
	notes := make([][]string, len(rows))
	longest := 0
	for i := range rows {
		notes[i] = note(&rows[i], whole)
		longest = max(longest, lipgloss.Width(printable(strings.Join(notes[i], noteGap))))
	}
	behind := 0
	if longest > 0 && !whole {
		behind = len(gap) + min(longest, leastNote)
	}
	g := fit(w.list.columns(w.style.Wide), rows, w.style.Width, behind)
	room := w.style.Width - g.length() - len(gap)
	below := whole || w.style.Width > 0 && room < min(leastNote, longest)
	title := g.line(g.titles)
	if longest > 0 && !below {
		title += gap + "NOTE"
	}
	w.line(title)
	for i := range rows {
		line := g.line(g.rows[i])
		switch {
		case !below:
			w.line(line + gap + strings.Join(notes[i], noteGap))
			continue
		case whole && i+1 < len(rows) && rows[i].Owner == rows[i+1].Owner && slices.Equal(notes[i], notes[i+1]):
			w.line(line)
			continue
		}
		w.line(line)
		for _, n := range notes[i] {
			if text, marked := strings.CutPrefix(n, arrow); marked {
				w.put(indent+arrow, indent+"  ", text)
			} else {
				w.put(indent, indent, n)
			}
		}
	}
}

func (w *writer) line(text string) {
	w.out.WriteString(cut(strings.TrimRight(text, " "), w.style.Width) + "\n")
}

func (w *writer) foot() {
	l := w.list
	w.put("", "  ", l.left())
	if l.Total == 0 {
		return
	}
	var counts []string
	for _, c := range l.Counts {
		counts = append(counts, fmt.Sprintf("%d on %s (%s)", c.Proxies, c.Revision, c.Version))
	}
	w.put("", "  ", fmt.Sprintf("%s: %s; %d old, %d not well", plural(l.Total, "proxy", "proxies"), strings.Join(counts, ", "), l.Old, l.Unwell))
	var istiods []string
	for _, it := range l.Istiods {
		told := plural(it.Proxies, "proxy", "proxies")
		if it.Silent != "" {
			told = "?"
		}
		istiods = append(istiods, fmt.Sprintf("%s (%s, %s) %s", it.Pod, it.Revision, orUnknown(it.Version), told))
	}
	if len(istiods) > 0 {
		w.put("", "  ", "istiods: "+strings.Join(istiods, ", "))
	}
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func (l List) age(at time.Time) string { return ageAt(at, l.At) }
