package forge_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/linnet-bot/linnet/pkg/forge"
)

func TestTitleTemplate(t *testing.T) {
	fields := forge.TitleFields{Environment: "dev", From: "3.18.0", To: "3.19.0", Phase: "canary", Title: "Start the canary"}
	for _, row := range []struct{ template, want string }{
		{"", "dev: Start the canary (Big Bang 3.18.0 to 3.19.0)"},
		{"[{{.Phase}}]\n {{.Title}} ", "[canary] Start the canary"},
	} {
		got, err := forge.Policy{Title: row.template}.MakeTitle(fields)
		if err != nil || got != row.want {
			t.Errorf("template %q: got %q, %v, want %q", row.template, got, err, row.want)
		}
	}
}

func TestPolicyIsRefusedWithAReason(t *testing.T) {
	for _, row := range []struct {
		name   string
		policy forge.Policy
		want   string
	}{
		{"template", forge.Policy{Title: "{{.Nonsense}}"}, "Nonsense"},
		{"template syntax", forge.Policy{Title: "{{"}, "does not parse"},
		{"method", forge.Policy{Method: "fast"}, `"fast" is unknown: use merge, squash or rebase`},
		{"trailer key", forge.Policy{Trailers: map[string]string{"a b": "c"}}, `"a b"`},
		{"trailer value", forge.Policy{Trailers: map[string]string{"A": "b\nc"}}, "one line"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if err := row.policy.Validate(); err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %v, want %q in it", err, row.want)
			}
		})
	}
	good := forge.Policy{Method: forge.Squash, Trailers: map[string]string{"Signed-off-by": "A <a@example.org>"}}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
}

func TestTrailersComeBackFromAMessage(t *testing.T) {
	policy := forge.Policy{Trailers: map[string]string{"Zeta": "z", "Signed-off-by": "A <a@example.org>"}}
	want := policy.TrailerList()
	if want[0].Key != "Signed-off-by" {
		t.Errorf("got %v, want them sorted", want)
	}
	for _, body := range []string{"", "One line.", "Note: this is text.\n\nMore.", "\n\nspace around\n\n"} {
		message := forge.Message("Subject  of\nit", body, want...)
		if !strings.HasPrefix(message, "Subject of it\n\n") {
			t.Errorf("got %q", message)
		}
		if got := forge.Trailers(message); !slices.Equal(got, want) {
			t.Errorf("body %q: got %v, want %v", body, got, want)
		}
	}
	for _, message := range []string{"", "Subject: only", "Subject\n\nbody text\nKey: value", "Subject\n\nBad key: x"} {
		if got := forge.Trailers(message); got != nil {
			t.Errorf("%q: got %v, want none", message, got)
		}
	}
}
