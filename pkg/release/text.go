package release

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// column of the listing. Where the terminal is too narrow for all, those with the highest drop go first; 0 always stays.
type column struct {
	title string
	drop  int
	cell  func(Line) string
}

func (l Listing) columns() []column {
	columns := []column{
		{"RELEASE", 0, func(n Line) string { return n.Version }},
		{"DATE", 2, func(n Line) string { return n.Date.Format("2006-01-02") }},
		{"ISTIO", 0, func(n Line) string { return orDash(n.IstioVersion) }},
		{"CHANGE", 0, func(n Line) string { return kindCell(n.Change) }},
	}
	if l.Since != "" {
		columns = append(columns, column{"FROM " + l.Since, 1, func(n Line) string { return kindCell(n.SinceChange) }})
	}
	return append(columns,
		column{"KUBERNETES", 3, func(n Line) string { return orDash(strings.TrimSuffix(n.KubeVersion, ".0-0")) }},
		column{"ERA", 5, func(n Line) string { return orDash(string(n.Era)) }},
		column{"NOTE", 4, func(n Line) string {
			if n.PublishedAfter == "" {
				return ""
			}
			return "backport, after " + n.PublishedAfter
		}},
	)
}

// kindCell leaves a release that does not change Istio blank, so that those that do stand out.
func kindCell(c *Change) string {
	if c == nil || c.Kind == None {
		return ""
	}
	return string(c.Kind)
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// Text prints the listing, newest last, in lines of at most width columns where the contents allow that; 0 is no limit.
func (l Listing) Text(width int) string {
	var b strings.Builder
	if len(l.Releases) > 0 {
		l.table(&b, width)
	}
	if len(l.Rejected) > 0 {
		if b.Len() > 0 {
			b.WriteString("\n")
		}
		b.WriteString("Tags that are not releases:\n")
		for _, r := range l.Rejected {
			line := fmt.Sprintf("  %s: %s", r.Tag, r.Reason)
			b.WriteString(wrap(line, width, "    ") + "\n")
		}
	}
	return b.String()
}

func (l Listing) table(b *strings.Builder, width int) {
	columns := l.columns()
	rows, total := layOut(columns, l.Releases)
	for width > 0 && total > width {
		at := mostDroppable(columns)
		if at < 0 {
			break
		}
		columns = append(columns[:at:at], columns[at+1:]...)
		rows, total = layOut(columns, l.Releases)
	}
	for _, row := range rows {
		b.WriteString(strings.TrimRight(row, " ") + "\n")
	}
}

func mostDroppable(columns []column) int {
	at := -1
	for i, c := range columns {
		if c.drop > 0 && (at < 0 || c.drop > columns[at].drop) {
			at = i
		}
	}
	return at
}

// layOut returns the padded rows, the titles first, and the width of the widest. A column without any content is left out.
func layOut(columns []column, lines []Line) (rows []string, width int) {
	rows = make([]string, len(lines)+1)
	for _, c := range columns {
		cells, most, filled := []string{c.title}, utf8.RuneCountInString(c.title), false
		for _, line := range lines {
			cell := c.cell(line)
			cells = append(cells, cell)
			most = max(most, utf8.RuneCountInString(cell))
			filled = filled || cell != ""
		}
		if !filled {
			continue
		}
		if width > 0 {
			width += 2
		}
		for i, cell := range cells {
			rows[i] += strings.Repeat(" ", width-utf8.RuneCountInString(rows[i])) + cell
		}
		width += most
	}
	return rows, width
}

// wrap breaks a line between words; what follows the first break is indented.
func wrap(line string, width int, indent string) string {
	if width <= 0 || utf8.RuneCountInString(line) <= width {
		return line
	}
	lead := line[:len(line)-len(strings.TrimLeft(line, " "))]
	var b strings.Builder
	at := 0
	for i, word := range strings.Fields(line) {
		n := utf8.RuneCountInString(word)
		switch {
		case i == 0:
			b.WriteString(lead + word)
			at = len(lead) + n
		case at+1+n > width:
			b.WriteString("\n" + indent + word)
			at = len(indent) + n
		default:
			b.WriteString(" " + word)
			at += 1 + n
		}
	}
	return b.String()
}
