package proxies

import (
	"strings"
	"unicode"

	"github.com/charmbracelet/lipgloss"
)

// column is one of the table. Where not all fit, columns get narrower first, as far as their contents stay known by both ends, and then those with the highest
// drop go, one after the other.
type column struct {
	title string
	drop  int // 0 = it stays
	least int // columns that it may be narrowed to; 0 = it is not cut
	cell  func(*Proxy) string
}

const (
	gap  = "  "
	tiny = 6 // columns of those that can be narrowed, where nothing is left to go
)

// grid is the cells of the columns that fit, with their widths.
type grid struct {
	titles []string
	rows   [][]string
	widths []int
}

// fit makes a grid that leaves so many columns of a line for what comes behind it. A width of 0 has no end.
func fit(columns []column, rows []Proxy, width, behind int) grid {
	for {
		g := grid{rows: make([][]string, len(rows))}
		var least []int
		for _, c := range columns {
			g.titles = append(g.titles, c.title)
			w := lipgloss.Width(c.title)
			for i := range rows {
				cell := printable(c.cell(&rows[i]))
				g.rows[i] = append(g.rows[i], cell)
				w = max(w, lipgloss.Width(cell))
			}
			g.widths = append(g.widths, w)
			if c.least == 0 {
				least = append(least, w)
			} else {
				least = append(least, min(w, max(c.least, lipgloss.Width(c.title))))
			}
		}
		if width <= 0 || g.narrow(least, width-behind) {
			return g
		}
		i := highest(columns)
		if i < 0 {
			for j, c := range columns {
				if c.least > 0 {
					least[j] = min(g.widths[j], tiny)
				}
			}
			g.narrow(least, width) // and the end of a line is cut where that is not enough
			return g
		}
		columns = append(append([]column{}, columns[:i]...), columns[i+1:]...)
	}
}

func highest(columns []column) int {
	found := -1
	for i, c := range columns {
		if c.drop > 0 && (found < 0 || c.drop > columns[found].drop) {
			found = i
		}
	}
	return found
}

// length of a line of the grid, with the gap behind each column but the last.
func (g *grid) length() int {
	n := len(gap) * (len(g.widths) - 1)
	for _, w := range g.widths {
		n += w
	}
	return n
}

// narrow takes from the widest column that can give, as long as the grid is too wide; false = it stays so.
func (g *grid) narrow(least []int, width int) bool {
	for g.length() > width {
		widest := -1
		for i, w := range g.widths {
			if w > least[i] && (widest < 0 || w > g.widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			return false
		}
		g.widths[widest]--
	}
	return true
}

// line is one row of the grid, padded to its length.
func (g *grid) line(cells []string) string {
	var b strings.Builder
	for i, cell := range cells {
		if i > 0 {
			b.WriteString(gap)
		}
		cell = cutMiddle(cell, g.widths[i])
		b.WriteString(cell + strings.Repeat(" ", g.widths[i]-lipgloss.Width(cell)))
	}
	return b.String()
}

// cutMiddle keeps both ends of a name: the pods of a workload differ in the last characters, workloads in the first.
func cutMiddle(s string, width int) string {
	if lipgloss.Width(s) <= width {
		return s
	}
	runes := []rune(s)
	tail := (width - 1) * 2 / 5
	head := width - 1 - tail
	for head+tail < len(runes) && lipgloss.Width(string(runes[:head])+string(runes[len(runes)-tail:]))+1 > width && head > 0 {
		head-- // characters that are two columns wide
	}
	return string(runes[:head]) + "…" + string(runes[len(runes)-tail:])
}

// cut keeps the beginning of a text.
func cut(s string, width int) string {
	if width <= 0 || lipgloss.Width(s) <= width {
		return s
	}
	runes := []rune(s)
	for len(runes) > 0 && lipgloss.Width(string(runes))+1 > width {
		runes = runes[:len(runes)-1]
	}
	return strings.TrimRight(string(runes), " ") + "…"
}

// wrapped breaks a text at spaces, and inside words that are longer than a line. A width of 0 has no end.
func wrapped(text string, width int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(printable(text)) {
		if line != "" && (width <= 0 || lipgloss.Width(line)+1+lipgloss.Width(word) <= width) {
			line += " " + word
			continue
		}
		if line != "" {
			lines = append(lines, line)
		}
		for width > 0 && lipgloss.Width(word) > width {
			head := []rune(word)
			for lipgloss.Width(string(head)) > width {
				head = head[:len(head)-1]
			}
			if len(head) == 0 {
				break
			}
			lines, word = append(lines, string(head)), word[len(string(head)):]
		}
		line = word
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

// printable is text in one line, without what a terminal would obey.
func printable(s string) string {
	plain := true
	for i := range len(s) {
		plain = plain && s[i] >= ' ' && s[i] <= '~'
	}
	if plain {
		return s
	}
	return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
			return unicode.ReplacementChar
		}
		return r
	}, s)), " ")
}
