package forgetext

import (
	"fmt"
	"strings"
	"time"

	"github.com/linnet-bot/linnet/pkg/forge"
)

// Full is everything about one merge request.
type Full struct {
	Item
	Comments []forge.Comment `json:"comments,omitempty"`
}

// Show prints it: what it is, what stands in its way, what the bot's note says, what people said. Lists are cut to width; what people wrote
// is kept whole.
func Show(f Full, width int) string {
	var b strings.Builder
	put := func(format string, args ...any) { b.WriteString(Cut(fmt.Sprintf(format, args...), width) + "\n") }

	put("!%d %s", f.Number, line(f.Title))
	put("%s by %s, %s", stateWord(f.MergeRequest), f.Author.Name, moment(f.Opened))
	put("%s -> %s", f.Source, f.Target)
	put("head       %s", f.Head)
	switch f.State {
	case forge.Merged:
		by := ""
		if f.MergedBy.Name != "" {
			by = " by " + f.MergedBy.Name
		}
		put("merged     %s%s, %s", f.MergeSHA, by, moment(f.Done))
	case forge.Closed:
		put("closed     %s", moment(f.Done))
	}
	if len(f.Labels) > 0 {
		put("labels     %s", line(strings.Join(f.Labels, ", ")))
	}
	if len(f.Reviewers) > 0 {
		put("reviewers  %s", strings.Join(f.Reviewers, ", "))
	}
	put("approvals  %s", approvalWords(f.Approvals))
	if f.State == forge.Open {
		put("merge      %s", f.Mergeability.Readiness)
		for _, r := range f.Mergeability.Reasons {
			put("           %s", line(r.Text))
		}
	}
	if len(f.Checks) > 0 {
		b.WriteString("\nChecks\n")
		for _, c := range f.Checks {
			put("  %-15s  %s: %s (%s)", c.State, line(c.Name), line(c.Title), c.By.Name)
		}
	}
	if text := strings.TrimSpace(Clean(f.Description)); text != "" {
		b.WriteString("\n" + text + "\n")
	}
	for _, c := range f.Comments {
		b.WriteString("\n")
		put("%s", commentHead(c))
		b.WriteString(indent(strings.TrimSpace(Clean(c.Body))) + "\n")
	}
	return b.String()
}

func approvalWords(a forge.Approvals) string {
	var who []string
	for _, g := range a.Given {
		who = append(who, g.By.Name)
	}
	text := fmt.Sprintf("%d", len(a.Given))
	if a.Required > 0 {
		text += fmt.Sprintf(" of %d", a.Required)
	}
	if len(who) > 0 {
		text += " (" + strings.Join(who, ", ") + ")"
	}
	return text
}

func commentHead(c forge.Comment) string {
	what := "Comment"
	if name, ok := forge.NoteName(c.Body); ok {
		what = "Note " + line(name)
	}
	head := fmt.Sprintf("%s %d by %s, %s", what, c.ID, c.By.Name, moment(c.Created))
	if !c.Edited.IsZero() {
		head += ", edited " + moment(c.Edited)
	}
	for _, r := range c.Reactions {
		head += fmt.Sprintf(" [%s %s]", r.Kind, r.By.Name)
	}
	return head
}

func indent(text string) string {
	return "  " + strings.ReplaceAll(text, "\n", "\n  ")
}

func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }
