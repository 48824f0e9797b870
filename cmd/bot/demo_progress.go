package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/linnet-bot/linnet/internal/demo"
	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/conductor"
)

// demoProgress shows the phases while they pass. On a terminal it redraws one block in place; elsewhere it prints a line when a phase is done.
type demoProgress struct {
	w      io.Writer
	live   bool
	width  int
	height int
	drawn  int // lines of the block that is on the screen
	last   demo.Event
	merged int // phases that are in
	turned int // phases that were in when the upgrade was turned round; 0 = it was not
	back   int // merge request of the step back that was open last
	// pending is the phase that was taken back last; nil = its line is printed
	pending *conductor.PhaseStatus
	began   bool
	prompt  demoPrompt // of an interactive demo
}

func newDemoProgress(a *app) *demoProgress {
	p := &demoProgress{w: a.stdout, live: a.isTTY && a.width >= 40, width: a.width, height: a.height}
	if p.live {
		p.redraw([]string{"Reading the releases, rendering, planning …"})
	}
	return p
}

// show takes one look at the upgrade.
func (p *demoProgress) show(e demo.Event) {
	p.last = e
	if e.Stopped {
		p.stopped(e)
		return
	}
	turns := p.turned == 0 && strings.HasPrefix(e.Status.Phase, "back-")
	if turns {
		p.turned = e.Status.Done
	}
	if p.live {
		block := p.block(e)
		if len(block) < p.height {
			p.redraw(block)
			return
		}
		p.live = false // a block that is higher than the screen cannot be drawn over
	}
	if !p.began && e.Status.Upgrade != "" {
		p.began = true
		fmt.Fprintf(p.w, "%s\n\n%s\n", p.title(e.Status), p.fit("   #    phase                    done    proxies connected to"))
	}
	if turns {
		e.Status.Phases = slices.Clone(e.Status.Phases)
		e.Status.Phases[p.turned-1].State = "merged" // still
		p.done(e)
		fmt.Fprintf(p.w, "\n%s\n\n", p.fit(fmt.Sprintf("Turned round at +%s, after phase %d: the way back.", short(e.Elapsed.Truncate(time.Minute)), p.turned)))
	}
	if p.turned > 0 {
		p.takenBack(e)
		return
	}
	// A phase has done its work when the next one is merged: its line is printed then, with what became of the proxies.
	for p.merged < min(e.Status.Done, len(e.Status.Phases)) {
		p.done(e)
		p.merged++
	}
	if e.Status.Situation == conductor.Finished {
		p.done(e)
	}
	fmt.Fprint(p.w, p.prompt.next(e.Status))
}

// done prints the line of the phase that was merged last.
func (p *demoProgress) done(e demo.Event) {
	if p.merged == 0 || p.merged > len(e.Status.Phases) {
		return
	}
	phase := e.Status.Phases[p.merged-1]
	fmt.Fprintln(p.w, p.fit(fmt.Sprintf("%s %-7s %s", row(phase), "+"+short(e.Elapsed.Truncate(time.Minute)), proxyText(e.Proxies))))
}

// takenBack notes that a phase was taken back. Its line is printed when the next one is, with what became of the proxies.
func (p *demoProgress) takenBack(e demo.Event) {
	for ; p.merged > e.Status.Done; p.merged-- {
		p.backDone(e)
		phase := e.Status.Phases[p.merged-1]
		phase.State, phase.Request = backState, p.back
		p.pending = &phase
	}
	if e.Status.Request != 0 {
		p.back = e.Status.Request
	}
}

// backDone prints the line of the phase that was taken back last.
func (p *demoProgress) backDone(e demo.Event) {
	if p.pending != nil {
		fmt.Fprintln(p.w, p.fit(fmt.Sprintf("%s %-7s %s", row(*p.pending), "+"+short(e.Elapsed.Truncate(time.Minute)), proxyText(e.Proxies))))
		p.pending = nil
	}
}

// end leaves the last block on the screen.
func (p *demoProgress) end() {
	if p.live && p.drawn > 0 {
		p.redraw(p.block(p.last))
	}
	p.backDone(p.last)
}

func (p *demoProgress) title(s conductor.Status) string {
	return p.fit(fmt.Sprintf("%s: Big Bang %s to %s, Istio %s to %s", s.Environment, s.From.Release, s.To.Release, s.From.Istio, s.To.Istio))
}

// block is what a terminal shows: the phases, who is connected to whom, and what the open gate waits for.
func (p *demoProgress) block(e demo.Event) []string {
	s := e.Status
	if s.Upgrade == "" {
		return []string{p.fit(s.Happening)}
	}
	lines := []string{p.title(s), ""}
	for i, phase := range s.Phases {
		if i >= s.Done && i < p.turned {
			phase.State = backState
		}
		lines = append(lines, p.fit(row(phase)+" "+phase.Title))
	}
	lines = append(lines, "", p.fit("proxies  "+proxyText(e.Proxies)), p.bar(e.Proxies), "")
	lines = append(lines, p.fit(fmt.Sprintf("+%-7s %s", short(e.Elapsed), s.Happening)), p.fit("         "+s.Healthy))
	return lines
}

// backState is the state of a phase that was taken back.
const backState = "back"

var phaseMarks = map[string]string{"merged": "✓", "open": "›", "next": " ", "later": " ", "going back": "‹", backState: "←"}

// row is "✓  3 !3   wave-stateless".
func row(phase conductor.PhaseStatus) string {
	request := ""
	if phase.Request != 0 {
		request = fmt.Sprintf("!%d", phase.Request)
	}
	return fmt.Sprintf("%s %2d %-3s %-24s", phaseMarks[phase.State], phase.Number, request, phase.Name)
}

// proxyText is "default 1.28.3: 12, canary 1.29.0: 2"; a control plane that nobody is connected to is left out.
func proxyText(all []demo.Proxies) string {
	var parts []string
	for _, n := range all {
		if n.Count > 0 {
			parts = append(parts, fmt.Sprintf("%s %s: %d", planeName(n.Plane), n.Plane.Version, n.Count))
		}
	}
	return strings.Join(parts, ", ")
}

func planeName(c checks.ControlPlane) string {
	if c.Revision == "default" {
		return "default"
	}
	return "canary"
}

var barMarks = []string{"█", "░", "▒"}

// bar draws one mark a proxy, another mark for each control plane.
func (p *demoProgress) bar(all []demo.Proxies) string {
	var out strings.Builder
	for i, n := range all {
		out.WriteString(strings.Repeat(barMarks[i%len(barMarks)], n.Count))
	}
	return p.fit("         " + out.String())
}

// fit cuts a line to the width of the screen.
func (p *demoProgress) fit(line string) string {
	line = strings.TrimRight(line, " ")
	if utf8.RuneCountInString(line) <= p.width {
		return line
	}
	return string([]rune(line)[:p.width-1]) + "…"
}

// redraw puts lines over those that were drawn before.
func (p *demoProgress) redraw(lines []string) {
	var out strings.Builder
	if p.drawn > 0 {
		fmt.Fprintf(&out, "\x1b[%dA", p.drawn)
	}
	for _, line := range lines {
		out.WriteString("\r\x1b[2K" + line + "\n")
	}
	out.WriteString("\x1b[J")
	p.drawn = len(lines)
	_, _ = io.WriteString(p.w, out.String())
}
