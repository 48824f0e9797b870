package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/conductor"
	"github.com/linnet-bot/linnet/pkg/forge/forgetext"
)

// checkProgress is one line on a terminal that is written over at each look.
type checkProgress struct {
	w     io.Writer
	live  bool
	width int
	shown bool

	last   conductor.Status
	looked bool
}

const barLength = 20

// tick draws the last look again, for whose end it goes on.
func (p *checkProgress) tick(left time.Duration) {
	if p.looked {
		p.show(p.last, left)
	}
}

// show draws how much of the gate is green and of its soak is over, and how long it will go on looking.
func (p *checkProgress) show(s conductor.Status, left time.Duration) {
	if !p.live {
		return
	}
	p.last, p.looked = s, true
	line := fmt.Sprintf("[%s] %s", strings.Repeat("-", barLength), s.Happening)
	if s.Gate != nil {
		share, what := gateShare(s)
		full := int(share * barLength)
		line = fmt.Sprintf("[%s%s] %s: %s; looks for %s more", strings.Repeat("#", full), strings.Repeat("-", barLength-full), s.Gate.Name, what, left.Round(time.Second))
	}
	line = strings.Join(strings.Fields(forgetext.Clean(line)), " ")
	if r := []rune(line); len(r) >= p.width && p.width > 0 {
		line = string(r[:p.width-1])
	}
	fmt.Fprintf(p.w, "\r\x1b[K%s", line)
	p.shown = true
}

// gateShare is how far a gate is, from 0 to 1, in words too: the checks that pass, and once all do, the soak.
func gateShare(s conductor.Status) (float64, string) {
	passed := 0
	for _, c := range s.Gate.Children {
		if c.Verdict == checks.Pass {
			passed++
		}
	}
	if all := len(s.Gate.Children); passed < all || s.Soak == nil || s.Soak.Need == 0 {
		return float64(passed) / float64(max(all, 1)), fmt.Sprintf("%d of %d checks pass", passed, all)
	}
	over := s.Soak.Need - s.Soak.Remaining
	return float64(over) / float64(s.Soak.Need), fmt.Sprintf("green for %s of %s", over.Round(time.Second), s.Soak.Need)
}

// end takes the line away.
func (p *checkProgress) end() {
	if p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
