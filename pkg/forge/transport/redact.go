package transport

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// redacted stands where a secret was.
const redacted = "[redacted]"

// shortestSecret is how long a value must be: hiding shorter ones would hide ordinary words.
const shortestSecret = 6

// shapes are secrets that are known by how they look.
var shapes = regexp.MustCompile(`gh[pousr]_[A-Za-z0-9_.-]+|github_pat_[A-Za-z0-9_]+|glpat-[A-Za-z0-9_.-]+|whsec_[A-Za-z0-9+/=_-]+|` +
	`eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*`)

// Redactor takes secrets out of text: values that it was told, as they are, in base64, in a URL and in JSON, and whatever looks like a token of a
// forge. It is safe for concurrent use.
type Redactor struct {
	mu     sync.RWMutex
	forms  map[string]bool
	hidden *strings.Replacer
}

// NewRedactor knows these values; those shorter than six bytes are not hidden.
func NewRedactor(values ...string) *Redactor {
	r := &Redactor{forms: map[string]bool{}, hidden: strings.NewReplacer()}
	for _, v := range values {
		r.Add(v)
	}
	return r
}

// Add hides one more value from now on. Of a value of several lines, each line is hidden by itself too.
func (r *Redactor) Add(value string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, v := range append(strings.Split(value, "\n"), value) {
		if v = strings.TrimSpace(v); len(v) >= shortestSecret {
			for _, form := range formsOf(v) {
				r.forms[form] = true
			}
		}
	}
	var pairs []string
	for form := range r.forms {
		pairs = append(pairs, form)
	}
	// A replacer takes the first that matches: a value must not be hidden by half because another is its beginning.
	slices.SortFunc(pairs, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	var args []string
	for _, form := range pairs {
		args = append(args, form, redacted)
	}
	r.hidden = strings.NewReplacer(args...)
}

// formsOf are the ways in which a value turns up.
func formsOf(v string) []string {
	forms := []string{v}
	for _, escaped := range []string{url.QueryEscape(v), url.PathEscape(v)} {
		forms = append(forms, escaped, lowerHex.ReplaceAllStringFunc(escaped, strings.ToLower))
	}
	if quoted, err := json.Marshal(v); err == nil {
		forms = append(forms, strings.Trim(string(quoted), `"`))
	}
	// Within something longer ("user:token") the value begins at any of three places of a base64 group; the characters that it shares with
	// its neighbours are left out.
	for shift := range 3 {
		padded := append(make([]byte, shift), v...)
		from, to := (shift*8+5)/6, len(padded)*8/6
		for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			if text := enc.EncodeToString(padded)[from:to]; len(text) >= shortestSecret {
				forms = append(forms, text)
			}
		}
	}
	return forms
}

var lowerHex = regexp.MustCompile(`%[0-9A-F]{2}`)

// String gives the text without secrets.
func (r *Redactor) String(text string) string {
	r.mu.RLock()
	hidden := r.hidden
	r.mu.RUnlock()
	return shapes.ReplaceAllLiteralString(hidden.Replace(text), redacted)
}

// Holds reports whether the text holds one of the values that the Redactor was told, in any form that it hides. What only looks like a token does not count.
func (r *Redactor) Holds(text string) bool {
	r.mu.RLock()
	hidden := r.hidden
	r.mu.RUnlock()
	return hidden.Replace(text) != text
}

// longestLine is how much of a line Writer holds back.
const longestLine = 64 << 10

// Writer hides secrets in what is written to w. It passes on whole lines, so that a secret written in two pieces is seen; Close passes on the
// rest and leaves w open. A line longer than 64 KiB is passed on up to its last space.
func (r *Redactor) Writer(w io.Writer) io.WriteCloser { return &redactingWriter{r: r, w: w} }

type redactingWriter struct {
	mu   sync.Mutex
	r    *Redactor
	w    io.Writer
	held []byte
}

// Write implements io.Writer.
func (w *redactingWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.held = append(w.held, p...)
	upTo := bytes.LastIndexByte(w.held, '\n') + 1
	if len(w.held)-upTo > longestLine {
		if upTo = bytes.LastIndexByte(w.held, ' ') + 1; upTo == 0 {
			upTo = len(w.held)
		}
	}
	return len(p), w.pass(upTo)
}

// Close implements io.Closer.
func (w *redactingWriter) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.pass(len(w.held))
}

func (w *redactingWriter) pass(n int) error {
	if n == 0 {
		return nil
	}
	text := w.r.String(string(w.held[:n]))
	w.held = append(w.held[:0], w.held[n:]...)
	_, err := io.WriteString(w.w, text)
	return err
}
