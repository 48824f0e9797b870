package checks

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// mostGroups is how many lines of stragglers are printed before the rest is only counted.
const mostGroups = 12

// group is stragglers of one owner with one reason.
type group struct {
	Straggler
	pods int
}

// groups folds pods of the same owner that stay for the same reason.
func groups(all []Straggler) []group {
	type key struct{ namespace, kind, name, reason string }
	var found []group
	at := map[key]int{}
	for _, s := range all {
		k := key{s.Namespace, s.Kind, s.Name, s.Reason}
		i, ok := at[k]
		if !ok {
			i = len(found)
			at[k] = i
			found = append(found, group{Straggler: s})
		}
		if s.Pod != "" {
			found[i].pods++
		}
		if !s.Since.IsZero() && (found[i].Since.IsZero() || s.Since.Before(found[i].Since)) {
			found[i].Since = s.Since
		}
	}
	return found
}

// stragglers prints a small table: where, who, how many pods, since when; and why, with the remedy below it.
func (p *printer) stragglers(all []Straggler) {
	if len(all) == 0 {
		return
	}
	found := groups(all)
	p.out.WriteString("\n")
	p.wrap("  ", "  ", "Still missing ("+count(len(all), "straggler")+"):")

	namespace, owner := len("NAMESPACE"), len("OWNER")
	for _, g := range found[:min(len(found), mostGroups)] {
		namespace = max(namespace, utf8.RuneCountInString(g.Namespace))
		owner = max(owner, utf8.RuneCountInString(g.owner()))
	}
	withSince := p.width >= 100
	namespace = min(namespace, p.width/5)
	owner = min(owner, p.width*3/10)

	row := func(namespaceText, ownerText, pods, since string) string {
		line := "  " + p.cell(namespaceText, namespace) + "  " + p.cell(ownerText, owner) + "  " + p.cell(pods, 4) + "  "
		if withSince {
			line += p.cell(since, 11) + "  "
		}
		return line
	}
	p.wrap(row("NAMESPACE", "OWNER", "PODS", "SINCE (UTC)"), "  ", "WHY, AND WHAT HELPS")
	for i, g := range found {
		if i == mostGroups {
			p.wrap("  ", "  ", fmt.Sprintf("and %d more", len(found)-i))
			break
		}
		pods, since := "-", "-"
		if g.pods > 0 {
			pods = fmt.Sprint(g.pods)
		}
		if !g.Since.IsZero() {
			since = g.Since.UTC().Format("01-02 15:04")
		}
		first := row(dash(g.Namespace), g.owner(), pods, since)
		blank := strings.Repeat(" ", utf8.RuneCountInString(first))
		p.wrap(first, blank, g.Reason)
		if g.Remedy != "" {
			arrow := "→ "
			if p.style.ASCII {
				arrow = "> "
			}
			p.wrap(blank+arrow, blank+"  ", g.Remedy)
		}
	}
}

func (g group) owner() string {
	if g.Name == "" {
		return g.Kind
	}
	return g.Kind + "/" + g.Name
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// cell fits text into a column.
func (p *printer) cell(text string, width int) string {
	r := []rune(p.text(text))
	if len(r) > width {
		end := '…'
		if p.style.ASCII {
			end = '~'
		}
		r = append(r[:width-1:width-1], end)
	}
	return string(r) + strings.Repeat(" ", width-len(r))
}

// Stayed says how long a straggler has been one at the given time, for humans: "3m", "2h", "4d"; "" where that is not known.
func (s Straggler) Stayed(now time.Time) string { return age(s.Since, now) }
