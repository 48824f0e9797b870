package main

import (
	"fmt"
	"strings"

	"github.com/linnet-bot/linnet/internal/demo"
	"github.com/linnet-bot/linnet/internal/sim"
)

// listMisbehaviours prints what the simulated cluster can do wrong.
func (a *app) listMisbehaviours() error {
	for _, m := range sim.Misbehaviours() {
		fmt.Fprintf(a.stdout, "%s (%s)\n%s", m.Name, m.Expected, paragraph(m.Sentence, "    ", a.width))
	}
	return nil
}

// stopped prints where a misbehaviour has stopped the upgrade, and what the bot says there: the same answers as its note and linnet status.
func (p *demoProgress) stopped(e demo.Event) {
	p.drawn = 0 // what is on the screen stays there
	fmt.Fprintf(p.w, "\n+%s: the upgrade has stopped. The bot says:\n\n", short(e.Elapsed))
	for _, line := range strings.SplitAfter(e.Status.Text(max(p.width-4, 40)), "\n") {
		if strings.TrimSpace(line) != "" {
			line = "    " + line
		}
		fmt.Fprint(p.w, line)
	}
	fmt.Fprintf(p.w, "\nNow somebody puts it right.\n\n")
}

// troubleText sums up how a misbehaviour went.
func troubleText(t demo.Trouble) string {
	var out strings.Builder
	fmt.Fprintf(&out, "\nThe cluster misbehaved as %s:\n%s", t.Name, paragraph(t.Sentence, "    ", 100))
	if t.Stopped() {
		fmt.Fprintf(&out, "Expected: %s. It was closed for %s, until it was healed at +%s, and went on by itself.\n", t.Expected, short(t.Closed), short(t.Healed))
	} else {
		fmt.Fprintf(&out, "Expected: %s. It did.\n", t.Expected)
	}
	return out.String()
}

// paragraph breaks a sentence into indented lines.
func paragraph(text, indent string, width int) string {
	var out strings.Builder
	line := indent
	for _, word := range strings.Fields(text) {
		if len(line) > len(indent) && len(line)+1+len(word) > max(width, 40) {
			out.WriteString(line + "\n")
			line = indent
		}
		if len(line) > len(indent) {
			line += " "
		}
		line += word
	}
	return out.String() + line + "\n"
}
