package conductor

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/linnet-bot/linnet/pkg/forge"
)

// clock writes a moment to the minute: a note that counted seconds would change at every look.
func clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// length writes a duration without its zero parts.
func length(d time.Duration) string {
	text := d.Round(time.Second).String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// name is a person's login, without mentioning them.
func name(u forge.User) string { return "`" + strings.ReplaceAll(u.Name, "`", "") + "`" }

// mark begins what the bot writes into its notes for itself. Text from elsewhere must not hold it, or whoever writes a message in the cluster could end
// an upgrade.
const mark = "<!-- linnet:"

// quiet takes from a text of several lines what a forge would act on: mentions, lines that begin like a command, links and images with a text of somebody
// else's, HTML, and blocks of code that begin and do not end. What the bot itself would act on goes with the HTML.
func quiet(text string) string {
	text = strings.ReplaceAll(strings.ReplaceAll(text, "@", "&#64;"), "](", "]&#40;")
	if strings.IndexByte(text, '<') >= 0 {
		text = tag.ReplaceAllString(text, "&lt;$1")
	}
	if !strings.ContainsAny(text, "/`~") {
		return text
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		bare := strings.TrimLeft(line, " \t")
		switch {
		case strings.HasPrefix(bare, "/"):
			lines[i] = strings.Replace(line, "/", "&#47;", 1)
		case strings.HasPrefix(bare, "```"):
			lines[i] = strings.Replace(line, "`", "&#96;", 1)
		case strings.HasPrefix(bare, "~~~"):
			lines[i] = strings.Replace(line, "~", "&#126;", 1)
		}
	}
	return strings.Join(lines, "\n")
}

// tag is the beginning of HTML. A version that must be "<1.30" is none.
var tag = regexp.MustCompile(`<([A-Za-z/!?])`)

// fence puts text into a block of code that nothing in it can end, and that holds no mark of the bot's.
func fence(text string) string {
	text = strings.ReplaceAll(text, mark, "<!- linnet:")
	ticks := "```"
	for strings.Contains(text, ticks) {
		ticks += "`"
	}
	return ticks + "text\n" + strings.TrimRight(text, "\n") + "\n" + ticks + "\n"
}

// cut shortens a text to so many bytes at the end of a line.
func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	end := strings.LastIndexByte(text[:most], '\n')
	return text[:end+1] + fmt.Sprintf("\n… and %d more lines\n", strings.Count(text[end+1:], "\n"))
}

// atMost keeps so many texts and counts the rest.
func atMost(texts []string, most int) []string {
	if len(texts) <= most+1 {
		return texts
	}
	return append(texts[:most:most], fmt.Sprintf("and %d more", len(texts)-most))
}

// cutLine shortens a line to so many bytes, at a rune.
func cutLine(line string, most int) string {
	line = oneLine(line)
	if len(line) <= most {
		return line
	}
	end := most
	for end > 0 && line[end]&0xC0 == 0x80 {
		end--
	}
	return line[:end] + "…"
}

// request is a merge request at the beginning of a sentence: "Merge request !3".
func (s State) request(number int) string {
	word := s.Words.Request()
	return strings.ToUpper(word[:1]) + word[1:] + " " + s.Words.Number(number)
}
