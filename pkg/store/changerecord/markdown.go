package changerecord

import (
	"fmt"
	"strings"
	"time"

	"github.com/linnet-bot/linnet/pkg/store"
)

// Markdown writes the record for people: a page that stands alone.
func (r Record) Markdown() string {
	p := page{}
	p.line("# Change record: %s, Big Bang %s", cell(r.Environment), fromTo(r.From.Release, r.To.Release))
	p.line("")
	p.row("", "")
	p.row("---", "---")
	p.row("Upgrade", cell(r.Upgrade))
	p.row("Istio", fromTo(r.From.Istio, r.To.Istio))
	p.row("State", r.stateText())
	p.row("Began", moment(r.Began))
	if !r.Ended.IsZero() {
		p.row("Ended", fmt.Sprintf("%s, after %s", moment(r.Ended), r.Ended.Sub(r.Began).Round(time.Second)))
	}
	p.phases(r)
	p.evidence(r)
	p.words("Stragglers accepted", r.Accepted, "Nobody signed a straggler off.")
	p.words("What people asked for", r.Words, "Nobody asked for anything in a comment.")
	p.rest(r)
	return p.out.String()
}

func (r Record) stateText() string {
	text := string(r.State)
	if r.State == Running {
		text += fmt.Sprintf(", %d", len(r.Phases))
		if r.Total > 0 {
			text += fmt.Sprintf(" of %d", r.Total)
		}
		text += " phases merged"
	}
	return text
}

type page struct{ out strings.Builder }

func (p *page) line(format string, args ...any) { fmt.Fprintf(&p.out, format+"\n", args...) }

func (p *page) row(cells ...string) { p.line("| %s |", strings.Join(cells, " | ")) }

func (p *page) phases(r Record) {
	p.line("\n## Phases\n")
	p.row("#", "phase", "merge request", "opened", "merged", "as", "by", "on the word of", "approved by")
	p.row("---", "---", "---", "---", "---", "---", "---", "---", "---")
	for _, one := range append(append([]Phase{}, r.Phases...), r.Open...) {
		by := cell(one.By)
		if one.ByHand {
			by += " (by hand)"
		}
		p.row(fmt.Sprint(one.Number), cell(one.Name), one.link(), moment(one.Opened), moment(one.Done), short(one.Merge), dash(by), names(one.OnWordOf), names(one.Approved))
	}
}

func (p *page) evidence(r Record) {
	p.line("\n## Evidence\n")
	p.line("What the gate of each merge request said when it was merged.")
	for _, one := range r.Phases {
		p.line("\n### %d %s, %s\n", one.Number, cell(one.Name), one.link())
		p.gate(one.Evidence)
		if !one.ProxiesAt.IsZero() {
			p.line("\nProxies at %s: %s.", moment(one.ProxiesAt), store.Look{Counts: one.Proxies}.Text())
		}
	}
	if r.Last != nil {
		p.line("\n### After the last phase\n")
		p.gate(r.Last)
	}
}

func (p *page) gate(e *Evidence) {
	if e == nil {
		p.line("Nothing tells.")
		return
	}
	from := "the check on the commit that was merged"
	if e.Source == "history" {
		from = "the history"
	}
	p.line("**%s** at %s, from %s: %s", cell(e.Verdict), moment(e.At), from, cell(e.Summary))
	if e.Cause != "" {
		p.line("(%s)", cell(e.Cause))
	}
	if e.Text != "" {
		fence := "```"
		for strings.Contains(e.Text, fence) {
			fence += "`"
		}
		p.line("\n%stext\n%s\n%s", fence, strings.TrimRight(e.Text, "\n"), fence)
	}
}

func (p *page) words(title string, all []Word, none string) {
	p.line("\n## %s\n", title)
	if len(all) == 0 {
		p.line("%s", none)
		return
	}
	p.row("when", "who", "where", "what", "outcome")
	p.row("---", "---", "---", "---", "---")
	for _, w := range all {
		p.row(moment(w.At), cell(w.By), fmt.Sprintf("!%d, comment %d", w.Request, w.Comment), cell(w.Said), cell(w.Answer))
	}
}

func (p *page) rest(r Record) {
	if len(r.Stops) > 0 {
		p.line("\n## When nothing went on without a person\n")
		p.row("from", "until", "why")
		p.row("---", "---", "---")
		for _, s := range r.Stops {
			p.row(moment(s.From), moment(s.Until), cell(s.Why))
		}
	}
	if len(r.Closed) > 0 {
		p.line("\n## Merge requests that were closed without a merge\n")
		p.row("phase", "merge request", "opened", "closed", "why")
		p.row("---", "---", "---", "---", "---")
		for _, one := range r.Closed {
			p.row(cell(one.Name), one.link(), moment(one.Opened), moment(one.Done), cell(one.Why))
		}
	}
	p.line("\n## What this is known from\n")
	p.line("- The forge: %d merge requests, with their comments, reactions, approvals and checks.", r.Sources.Requests)
	if r.Sources.Entries > 0 {
		p.line("- The history: %d entries about this upgrade.", r.Sources.Entries)
	}
	if c := r.Sources.Chain; c != nil && c.Rows > 0 {
		for text := range strings.Lines(c.Text()) {
			p.line("- %s", strings.TrimSpace(text))
		}
	}
	for _, text := range r.Unknown {
		p.line("- %s", cell(text))
	}
}

func (p Phase) link() string {
	text := fmt.Sprintf("!%d", p.Request)
	if p.URL == "" || strings.ContainsAny(p.URL, " ()<>|\n") {
		return text
	}
	return "[" + text + "](" + p.URL + ")"
}

func fromTo(from, to string) string {
	if from == "" {
		return "to " + dash(cell(to))
	}
	return cell(from) + " to " + cell(to)
}

func moment(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}

func short(sha string) string { return dash(cell(sha[:min(len(sha), 8)])) }

func names(all []string) string { return dash(cell(strings.Join(all, ", "))) }

func dash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// cell takes from a text what would end a cell, begin markup or mention a person.
func cell(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	return strings.NewReplacer("&", "&amp;", "|", "&#124;", "<", "&lt;", "@", "&#64;", "`", "&#96;", "[", "&#91;", "*", "&#42;").Replace(text)
}
