package forge

import "strings"

// Trailer is a "Key: value" line at the end of a commit message.
type Trailer struct{ Key, Value string }

// Message makes a commit message: subject, blank line, body, blank line, trailers.
func Message(subject, body string, trailers ...Trailer) string {
	var b strings.Builder
	b.WriteString(strings.Join(strings.Fields(subject), " "))
	b.WriteString("\n")
	if body = strings.Trim(body, "\n"); body != "" {
		b.WriteString("\n" + body + "\n")
	}
	if len(trailers) > 0 {
		b.WriteString("\n")
	}
	for _, t := range trailers {
		b.WriteString(t.Key + ": " + strings.Join(strings.Fields(t.Value), " ") + "\n")
	}
	return b.String()
}

// Trailers reads the trailers of a message: the last paragraph, when it is not the subject and each of its lines is one.
func Trailers(message string) []Trailer {
	text := strings.TrimRight(strings.ReplaceAll(message, "\r\n", "\n"), "\n")
	cut := strings.LastIndex(text, "\n\n")
	if cut < 0 {
		return nil
	}
	var list []Trailer
	for line := range strings.SplitSeq(text[cut+2:], "\n") {
		key, value, ok := strings.Cut(line, ": ")
		if !ok || !isTrailerKey(key) {
			return nil
		}
		list = append(list, Trailer{Key: key, Value: value})
	}
	return list
}

func isTrailerKey(key string) bool {
	if key == "" {
		return false
	}
	for _, c := range key {
		if !(c == '-' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z') {
			return false
		}
	}
	return true
}
