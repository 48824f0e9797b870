package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/linnet-bot/linnet/internal/demo"
	"github.com/linnet-bot/linnet/pkg/conductor"
)

// storyBefore is how long before now the story of an interactive demo begins. Its time runs faster than the reviewer's and must not overtake it.
const storyBefore = 60 * 24 * time.Hour

// demoPrompt tells the person who reviews an interactive demo what to type. The zero one is silent.
type demoPrompt struct {
	forge   string // folder of the local forge
	request int    // that was named last
	said    string // the last answer to what blocks
}

func (p *demoPrompt) introduction(reviewer string, pace time.Duration) string {
	return fmt.Sprintf(`You review. Simulated time runs while you do: %[4]s of it in %[5]s of yours. In another terminal:

  linnet mr list --forge %[1]s
  linnet mr show 1 --forge %[1]s        # and diff, comment, approve, merge, close, reopen

Act as somebody other than %[2]s, who opens them: --as %[3]s. Ctrl-C ends it.

`, p.forge, demo.Bot, reviewer, short(demo.Tick), pace)
}

// next says what to type when there is something new to review, and how things stand when that has changed.
func (p *demoPrompt) next(s conductor.Status) string {
	if p.forge == "" {
		return ""
	}
	var out strings.Builder
	if s.Request != 0 && s.Request != p.request {
		p.request = s.Request
		fmt.Fprintf(&out, "\n%s To let the bot merge it when the gate is green:\n\n", s.Happening)
		fmt.Fprintf(&out, "  linnet mr diff %d --forge %s\n", s.Request, p.forge)
		fmt.Fprintf(&out, "  linnet mr approve %d --forge %s --as %s\n", s.Request, p.forge, demo.Reviewer)
		fmt.Fprintf(&out, "  linnet mr comment %d --forge %s --as %s -m '/canary promote'\n\n", s.Request, p.forge, demo.Reviewer)
	}
	if s.Gate != nil && s.Gate.NoSample {
		return out.String() // a routine pass: nothing has changed
	}
	stands := s.Healthy
	if s.Situation != conductor.Ready && s.Situation != conductor.Waiting {
		stands = s.Happening // a pause, a way back, a stop: the gate is not what matters then
	}
	if now := string(s.Situation) + stands + strings.Join(s.Wanted, " "); now != p.said && s.Upgrade != "" {
		p.said = now
		if said, green := strings.CutPrefix(stands, "Yes: t"); green {
			stands = "T" + said // it answers a question that nobody asked here
		}
		fmt.Fprintf(&out, "  %s: %s\n", s.Environment, strings.TrimSpace(stands+" "+strings.Join(s.Wanted, " ")))
	}
	return out.String()
}
