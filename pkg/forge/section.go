package forge

import "strings"

const (
	sectionBegin = "<!-- linnet:begin -->"
	sectionEnd   = "<!-- linnet:end -->"
)

// PutSection returns a description in which the bot's own section says content. What people wrote before and after it is kept byte for
// byte. Without a section (a person deleted it, or only one of its two ends) it is put at the end.
func PutSection(description, content string) string {
	content = withoutEnds(content)
	section := sectionBegin + "\n" + content + "\n" + sectionEnd
	if from, to, ok := findSection(description); ok {
		return description[:from] + section + description[to:]
	}
	rest := withoutEnds(description)
	switch {
	case rest == "":
		return section
	case strings.HasSuffix(rest, "\n"):
		return rest + "\n" + section
	default:
		return rest + "\n\n" + section
	}
}

// Section returns what the bot's section says, and whether there is one.
func Section(description string) (string, bool) {
	from, to, ok := findSection(description)
	if !ok {
		return "", false
	}
	inner := description[from+len(sectionBegin) : to-len(sectionEnd)]
	inner = strings.TrimPrefix(strings.TrimPrefix(inner, "\r"), "\n")
	return strings.TrimSuffix(strings.TrimSuffix(inner, "\n"), "\r"), true
}

// withoutEnds takes both ends out of text that must not contain them, also those that appear when others are taken out.
func withoutEnds(s string) string {
	for strings.Contains(s, sectionBegin) || strings.Contains(s, sectionEnd) {
		s = strings.ReplaceAll(strings.ReplaceAll(s, sectionBegin, ""), sectionEnd, "")
	}
	return s
}

func findSection(s string) (from, to int, ok bool) {
	from = strings.Index(s, sectionBegin)
	if from < 0 {
		return 0, 0, false
	}
	inner := from + len(sectionBegin)
	end := strings.Index(s[inner:], sectionEnd)
	if end < 0 {
		return 0, 0, false
	}
	return from, inner + end + len(sectionEnd), true
}
