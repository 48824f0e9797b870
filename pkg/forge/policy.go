package forge

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/template"
)

// Policy is what a team wants on every merge request of the bot, whatever the vendor. It is the mergeRequests part of the configuration.
type Policy struct {
	// Labels are put on each merge request.
	Labels []string `json:"labels,omitempty"`
	// Reviewers are asked, by name.
	Reviewers []string `json:"reviewers,omitempty"`
	// Title is a text/template over TitleFields; "" is DefaultTitle.
	Title string `json:"title,omitempty"`
	// Trailers are added to each commit message, such as Signed-off-by.
	Trailers map[string]string `json:"trailers,omitempty"`
	// Method is merge, squash or rebase; "" is merge.
	Method Method `json:"method,omitempty"`
}

// DefaultTitle is the title of a merge request when configuration gives none.
const DefaultTitle = "{{.Environment}}: {{.Title}} (Big Bang {{.From}} to {{.To}})"

// TitleFields are what a title template may use.
type TitleFields struct {
	Environment string // "dev"
	From, To    string // releases
	Phase       string // "wave-1"
	Title       string // the phase's own title
}

// Validate checks what a person wrote.
func (p Policy) Validate() error {
	if _, err := p.MakeTitle(TitleFields{}); err != nil {
		return err
	}
	if _, err := ParseMethod(string(p.Method)); err != nil {
		return err
	}
	for key, value := range p.Trailers {
		if !isTrailerKey(key) {
			return fmt.Errorf("trailer %q is not a word of letters, digits and dashes", key)
		}
		if value == "" || strings.ContainsAny(value, "\r\n") {
			return fmt.Errorf("trailer %s must have a value of one line", key)
		}
	}
	return nil
}

// MakeTitle fills the title template. The result is one line.
func (p Policy) MakeTitle(f TitleFields) (string, error) {
	text := p.Title
	if text == "" {
		text = DefaultTitle
	}
	t, err := template.New("title").Option("missingkey=error").Parse(text)
	if err != nil {
		return "", fmt.Errorf("title template %q does not parse: %w", text, err)
	}
	var b strings.Builder
	if err := t.Execute(&b, f); err != nil {
		return "", fmt.Errorf("title template %q cannot be filled: %w", text, err)
	}
	return strings.Join(strings.Fields(b.String()), " "), nil
}

// TrailerList gives the trailers sorted by key, so that messages are deterministic.
func (p Policy) TrailerList() []Trailer {
	var list []Trailer
	for _, key := range slices.Sorted(maps.Keys(p.Trailers)) {
		list = append(list, Trailer{Key: key, Value: p.Trailers[key]})
	}
	return list
}
