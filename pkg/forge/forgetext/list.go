// Package forgetext prints merge requests on a terminal: a list that fits its width, and everything about one. What people wrote is
// shown without what a terminal would obey, and without the bot's machine blocks.
package forgetext

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/charmbracelet/lipgloss"

	"github.com/linnet-bot/linnet/pkg/forge"
)

// Item is one merge request and what is said about its head.
type Item struct {
	forge.MergeRequest
	Checks []forge.Check `json:"checks,omitempty"`
}

const (
	gap      = "  "
	minTitle = 16 // columns; before a title gets narrower, other columns go
)

// List is a table of the items, one a line, no wider than width.
func List(items []Item, width int) string {
	if len(items) == 0 {
		return "no merge requests\n"
	}
	table := [][]string{{"MR", "STATE", "CHECKS", "APPROVALS", "TITLE"}}
	for _, i := range items {
		approvals := strconv.Itoa(len(i.Approvals.Given))
		if i.Approvals.Required > 0 {
			approvals += "/" + strconv.Itoa(i.Approvals.Required)
		}
		table = append(table, []string{fmt.Sprintf("!%d", i.Number), stateWord(i.MergeRequest), checksWord(i.Checks), approvals, line(i.Title)})
	}
	for drop := 3; drop > 0 && room(table, width) < minTitle; drop-- {
		table = without(table, drop)
	}
	title := max(room(table, width), 1)
	last := len(table[0]) - 1
	widths := columnWidths(table)
	var b strings.Builder
	for _, row := range table {
		var l strings.Builder
		for i, cell := range row[:last] {
			l.WriteString(cell + strings.Repeat(" ", widths[i]-lipgloss.Width(cell)) + gap)
		}
		l.WriteString(Cut(row[last], title))
		b.WriteString(strings.TrimRight(l.String(), " ") + "\n")
	}
	return b.String()
}

// room is what is left for the last column.
func room(table [][]string, width int) int {
	widths := columnWidths(table)
	for _, w := range widths[:len(widths)-1] {
		width -= w + len(gap)
	}
	return width
}

func columnWidths(table [][]string) []int {
	widths := make([]int, len(table[0]))
	for _, row := range table {
		for i, cell := range row {
			widths[i] = max(widths[i], lipgloss.Width(cell))
		}
	}
	return widths
}

func without(table [][]string, column int) [][]string {
	var out [][]string
	for _, row := range table {
		out = append(out, append(append([]string{}, row[:column]...), row[column+1:]...))
	}
	return out
}

func stateWord(m forge.MergeRequest) string {
	if m.State == forge.Open && m.Draft {
		return "draft"
	}
	return string(m.State)
}

// checksWord is the state that matters most: nothing is green while one check is not.
func checksWord(checks []forge.Check) string {
	for _, state := range []forge.CheckState{forge.Failure, forge.ActionRequired, forge.InProgress, forge.Pending, forge.Success} {
		for _, c := range checks {
			if c.State == state {
				return string(state)
			}
		}
	}
	return "none"
}

// Cut shortens a line to width columns.
func Cut(s string, width int) string {
	if lipgloss.Width(s) <= width {
		return s
	}
	runes := []rune(s)
	for len(runes) > 0 && lipgloss.Width(string(runes))+1 > width {
		runes = runes[:len(runes)-1]
	}
	return strings.TrimRight(string(runes), " ") + "…"
}
