package report

import (
	"fmt"
	"strings"

	"github.com/linnet-bot/linnet/pkg/checks"
)

// Markdown is the gate of an environment as the summary of a pipeline job shows it: the verdict as a headline, one row for each check of the first level, then
// who is missing and the whole tree. Text that comes from the cluster is made harmless: it makes no link, mentions nobody and ends no table.
func Markdown(environment string, gate checks.Result) string {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s: %s\n\n", cell(environment), cell(checks.Summary(gate)))
	if len(gate.Children) > 0 {
		b.WriteString("| check | verdict | why |\n| --- | --- | --- |\n")
		for _, c := range gate.Children {
			fmt.Fprintf(&b, "| %s | %s | %s |\n", code(c.Name), c.Verdict, cell(why(c)))
		}
		b.WriteString("\n")
	}
	if missing := checks.Stragglers(gate); len(missing) > 0 {
		b.WriteString("| still missing | pod | why | what moves it |\n| --- | --- | --- | --- |\n")
		for _, m := range missing {
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", code(m.Kind+" "+m.Namespace+"/"+m.Name), code(m.Pod), cell(m.Reason), code(m.Remedy))
		}
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, "<details><summary>The whole gate</summary>\n\n```text\n%s```\n\n</details>\n", checks.Text(gate, 100)) // in which no backtick is left
	return b.String()
}

func why(r checks.Result) string {
	if r.Verdict == checks.Pass {
		return r.Found
	}
	return r.Reason
}

// marks are what Markdown or a forge would act on.
var marks = strings.NewReplacer("|", `\|`, "<", "&lt;", ">", "&gt;", "@", "&#64;", "`", "'", "[", `\[`, "]", `\]`, "*", `\*`, "_", `\_`, "\\", `\\`, "#", "&#35;", "!", "&#33;", "~", `\~`, "$", "&#36;")

// cell is plain text in one line.
func cell(text string) string { return marks.Replace(strings.Join(strings.Fields(text), " ")) }

// code is text in one line that is shown as it is.
func code(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if text == "" {
		return ""
	}
	return "`" + strings.NewReplacer("`", "'", "|", `\|`).Replace(text) + "`"
}
