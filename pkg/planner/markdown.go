package planner

import (
	"fmt"
	"io"
	"strings"
)

// WriteMarkdown prints the plan as a Markdown page.
func (p Plan) WriteMarkdown(w io.Writer) error {
	var out strings.Builder
	fmt.Fprintf(&out, "# Upgrade %s\n\n", p.ID)
	fmt.Fprintf(&out, "Big Bang %s to %s, Istio %s to %s, by canary `%s`.\n", p.From.Release, p.To.Release, p.From.Istio, p.To.Istio, p.Revision)
	if p.Why != "" {
		fmt.Fprintf(&out, "%s is %s.\n", p.To.Release, p.Why)
	}
	fmt.Fprintf(&out, "\n## Preflight\n\n| | check | finding |\n| --- | --- | --- |\n")
	for _, f := range p.Preflight {
		fmt.Fprintf(&out, "| %s | %s | %s |\n", f.Level, f.Check, tableCell(f.String()))
	}
	markdownGroups(&out, "Waves", p.Waves)
	markdownGroups(&out, "Gateways", p.Gateways)
	for _, phase := range p.Phases {
		fmt.Fprintf(&out, "\n## %d/%d `%s`: %s\n\n%s", phase.Number, len(p.Phases), phase.Name, phase.Title, phase.Markdown())
		fmt.Fprintf(&out, "\n<details><summary>Diff</summary>\n\n%s\n</details>\n", fenced("diff", phase.Diff))
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// Markdown describes one phase, as a merge request's description does: without title and diff.
func (p Phase) Markdown() string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s\n", p.Why)
	section := func(title string, items []string) {
		if len(items) == 0 {
			return
		}
		fmt.Fprintf(&out, "\n**%s**\n\n", title)
		for _, i := range items {
			fmt.Fprintf(&out, "- %s\n", i)
		}
	}
	section("May be merged when", p.Entry)
	section("Namespaces that change their injector", stringers(p.Render.Namespaces))
	section("Rolls", stringers(p.Render.Rolls))
	section("Objects added", p.Render.Added)
	section("Objects removed", p.Render.Removed)
	section("Objects changed", p.Render.Changed)
	section("Mind", p.Notes)
	section("Done when", p.Exit)
	fmt.Fprintf(&out, "\n**Taken back by**\n\n%s\n", p.Inverse)
	return out.String()
}

func markdownGroups(out *strings.Builder, title string, groups []Group) {
	if len(groups) == 0 {
		return
	}
	fmt.Fprintf(out, "\n## %s\n\n| # | name | namespaces | HelmReleases | why |\n| --- | --- | --- | --- | --- |\n", title)
	for i, g := range groups {
		fmt.Fprintf(out, "| %d | %s | %s | %s | %s |\n", i+1, g.Name, strings.Join(g.Namespaces, ", "), strings.Join(g.Releases, ", "), tableCell(g.Why))
	}
}

func tableCell(s string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ").Replace(s)
}

// fenced puts text into a code fence that is longer than any run of backticks in it.
func fenced(language, text string) string {
	longest, run := 2, 0
	for _, r := range text {
		if r != '`' {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	fence := strings.Repeat("`", longest+1)
	return fence + language + "\n" + strings.TrimRight(text, "\n") + "\n" + fence + "\n"
}
