package conductor

import (
	"fmt"
	"strings"
)

// The bot's notes below a merge request.
const (
	noteName   = "progress" // how it goes, edited and never repeated
	closedNote = "closed"   // why the bot closed it
	turnNote   = "turn"     // which way people said that it goes
	dwellNote  = "dwell"    // that it takes long, for those who are to be told
)

// gateColumns is how wide the gate is written in a note.
const gateColumns = 100

// note writes the status as the note of an open merge request, in the same order as Status.Text.
func (s Status) note() string {
	var out strings.Builder
	out.Grow(usualText)
	line := func(label, text string) {
		if text != "" {
			for _, part := range [...]string{"**", label, "** ", quiet(oneLine(text)), "\n\n"} {
				out.WriteString(part)
			}
		}
	}
	list := func(label string, texts []string) {
		switch len(texts) {
		case 0:
		case 1:
			line(label, texts[0])
		default:
			fmt.Fprintf(&out, "**%s**\n\n", label)
			for _, text := range texts {
				for _, part := range [...]string{"- ", quiet(oneLine(text)), "\n"} {
					out.WriteString(part)
				}
			}
			out.WriteString("\n")
		}
	}
	line("Happening", s.Happening)
	line("Healthy", s.Healthy)
	list("In the way", s.Blocks)
	list("Signed off", s.Accepted)
	list("Wanted", s.Wanted)
	line("Goes on", s.GoesOn)
	line("Next", s.Next)
	line("Proved", s.Proved)
	list("Comments", s.Commands)
	if s.Gate != nil {
		out.WriteString(s.gateText)
		if s.Soak != nil {
			out.WriteString("\n" + s.Soak.manner() + "\n")
		}
	}
	return cut(out.String(), mostText)
}

// usualText is about how long notes and descriptions are.
const usualText = 4096

// mostText is how much fits: forges take about 64 kB.
const mostText = 50_000

func oneLine(text string) string {
	last := byte(' ')
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == ' ' && last == ' ' {
			return strings.Join(strings.Fields(text), " ")
		}
		last = text[i]
	}
	return strings.TrimSuffix(text, " ") // as nearly all texts are already
}

// mergedNote is the last note of a merge request.
func (s State) mergedNote(r Request) string {
	p, _ := parseBranch(s.Environment, r.Source)
	if p.back() {
		return s.backNote(r, p)
	}
	text := fmt.Sprintf("**Happening** Phase %d of %d, %s, is merged as %.8s by %s at %s", p.Number, len(s.Plan.Phases), p.Phase, r.MergeSHA, name(r.MergedBy), clock(r.Done))
	if who := s.promoters(r); who != "" {
		text += ", on the word of " + who
	}
	text += ".\n\n" + s.skips(r) + s.signedOffBelow(r)
	if p.Number < len(s.Plan.Phases) {
		return text + fmt.Sprintf("**Next** What it does in the cluster is watched in the %s of the next phase.\n", s.Words.Request())
	}
	return text
}

// finishedNote is the very last note of an upgrade.
func (s State) finishedNote(r Request) string {
	var out strings.Builder
	out.WriteString(s.mergedNote(r))
	fmt.Fprintf(&out, "**Finished** `%s`: Big Bang %s to %s, Istio %s to %s. The last gate is green, and the files are, byte for byte, those of a plain bump.\n\n",
		s.Plan.ID, s.Plan.From.Release, s.Plan.To.Release, s.Plan.From.Istio, s.Plan.To.Istio)
	fmt.Fprintf(&out, "| # | phase | %s | merged | by |\n| --- | --- | --- | --- | --- |\n", s.Words.Request())
	for _, p := range phaseStates(s) {
		number, merged, by := "-", "by hand", "-"
		if p.Request > 0 {
			number = s.Words.Number(p.Request)
		}
		if !p.Merged.IsZero() {
			merged, by = clock(p.Merged), "`"+strings.ReplaceAll(p.MergedBy, "`", "")+"`"
		}
		fmt.Fprintf(&out, "| %d | %s | %s | %s | %s |\n", p.Number, p.Name, number, merged, by)
	}
	out.WriteString("\n" + s.Gate.inWords().text + "\n" + overMark + "\n")
	return out.String()
}

// ends tells whether a mark ends a note, where nothing stands that comes from elsewhere.
func ends(note, mark string) bool { return strings.HasSuffix(strings.TrimRight(note, "\r\n"), mark) }

// withoutSeal is a note as people see it.
func withoutSeal(note string) string {
	visible, _, _ := strings.Cut(note, "<!-- linnet:state ")
	return visible
}
