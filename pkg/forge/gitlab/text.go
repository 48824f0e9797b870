package gitlab

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// GitLab deletes every carriage return and the white space at the end of a note or description. What it would lose is written down behind the text:
// whether all line ends were CRLF or which offsets had a carriage return, the white space in base64, and a sum of the text above, so that it is
// put back only into the text it was taken from.
var lossShape = regexp.MustCompile(`^(?s)(.*)\n\n<!-- linnet:bytes v1 ([0-9a-f]{16}) (\*|[0-9a-f,]*) ([A-Za-z0-9+/=]*) -->$`)

const stripped = " \t\n\v\f\x00"

// pack gives what to send so that unpack gives text again.
func pack(text string) string {
	var at []string
	for i := range len(text) {
		if text[i] == '\r' {
			at = append(at, fmt.Sprintf("%x", i))
		}
	}
	bare := strings.ReplaceAll(text, "\r", "")
	left := strings.TrimRight(bare, stripped)
	if left == text && unpack(text) == text {
		return text
	}
	offsets := strings.Join(at, ",")
	if strings.ReplaceAll(bare, "\n", "\r\n") == text && len(at) > 0 {
		offsets = "*"
	}
	return fmt.Sprintf("%s\n\n<!-- linnet:bytes v1 %s %s %s -->", left, sum(left), offsets, base64.StdEncoding.EncodeToString([]byte(bare[len(left):])))
}

// unpack puts back what pack wrote down. Text that was changed since is given as it is.
func unpack(text string) string {
	match := lossShape.FindStringSubmatch(text)
	if match == nil || sum(match[1]) != match[2] {
		return text
	}
	tail, err := base64.StdEncoding.DecodeString(match[4])
	if err != nil || strings.Trim(string(tail), stripped) != "" {
		return text
	}
	bare := match[1] + string(tail)
	switch match[3] {
	case "":
		return bare
	case "*":
		return strings.ReplaceAll(bare, "\n", "\r\n")
	}
	var b strings.Builder
	for field := range strings.SplitSeq(match[3], ",") {
		var at int
		if _, err := fmt.Sscanf(field, "%x", &at); err != nil || at < b.Len() || at-b.Len() > len(bare) {
			return text
		}
		n := at - b.Len()
		b.WriteString(bare[:n] + "\r")
		bare = bare[n:]
	}
	return b.String() + bare
}

func sum(text string) string {
	s := sha256.Sum256([]byte(text))
	return hex.EncodeToString(s[:8])
}

var (
	slashLine = regexp.MustCompile(`^/([A-Za-z0-9_]+)(?: .*|[ \t]*)$`)
	codeFence = regexp.MustCompile("^ {0,3}(```+|~~~+)(.*)$")
)

// sendable refuses text that GitLab would not keep or would obey. Quick actions are looked for more widely than GitLab does, in all but fenced code.
func sendable(what, text string) error {
	if !utf8.ValidString(text) || strings.Contains(text, "\x00") {
		return fmt.Errorf("write %s: GitLab keeps only UTF-8 without zero bytes: take the others out", what)
	}
	fence := ""
	for line := range strings.SplitSeq(strings.ReplaceAll(text, "\r", ""), "\n") {
		mark := codeFence.FindStringSubmatch(line)
		switch {
		case fence != "":
			if mark != nil && strings.HasPrefix(mark[1], fence) && strings.TrimSpace(mark[2]) == "" {
				fence = ""
			}
		case mark != nil && (mark[1][0] == '~' || !strings.Contains(mark[2], "`")):
			fence = mark[1]
		default:
			if m := slashLine.FindStringSubmatch(line); m != nil && !strings.EqualFold(m[1], "canary") {
				return fmt.Errorf("write %s: GitLab would take the line \"/%s\" for a quick action and obey it or remove it: put it into a code block", what, m[1])
			}
		}
	}
	return nil
}

const longestTitle = 255 // characters

var draftWord = regexp.MustCompile(`(?i)^(?:\[draft\]|\(draft\)|draft:)\s*`)

// sendTitle puts the draft in front, where GitLab has it.
func sendTitle(title string, draft bool) (string, error) {
	switch {
	case title != strings.TrimSpace(title) || title == "" || strings.ContainsAny(title, "\r\n") || !utf8.ValidString(title):
		return "", fmt.Errorf("write the title %q: GitLab keeps only one line without white space around it", title)
	case draftWord.MatchString(title):
		return "", fmt.Errorf("write the title %q: on GitLab this beginning makes a draft: say so with Draft instead", title)
	}
	if draft {
		title = "Draft: " + title
	}
	if utf8.RuneCountInString(title) > longestTitle {
		return "", fmt.Errorf("write the title %.40q…: it has more than %d characters: shorten it", title, longestTitle)
	}
	return title, nil
}

func readTitle(title string, draft bool) string {
	if draft {
		return draftWord.ReplaceAllString(title, "")
	}
	return title
}
