package forge_test

import (
	"strings"
	"testing"

	"github.com/linnet-bot/linnet/pkg/forge"
)

func TestSectionLeavesTheRestOfADescriptionAlone(t *testing.T) {
	const b, e = "<!-- linnet:begin -->", "<!-- linnet:end -->"
	for _, row := range []struct{ name, text, want string }{
		{"empty", "", b + "\nnew\n" + e},
		{"at the end", "mine", "mine\n\n" + b + "\nnew\n" + e},
		{"at the end after a newline", "mine\n", "mine\n\n" + b + "\nnew\n" + e},
		{"in place", "one\r\n" + b + "\r\nold\r\n" + e + "\r\ntwo", "one\r\n" + b + "\nnew\n" + e + "\r\ntwo"},
		{"the end was deleted", "one " + b + " two", "one  two\n\n" + b + "\nnew\n" + e},
		{"the begin was deleted", "one " + e + " two", "one  two\n\n" + b + "\nnew\n" + e},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := forge.PutSection(row.text, "new"); got != row.want {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
}

func FuzzSection(f *testing.F) {
	f.Add("text", "content")
	f.Add("a<!-- linnet:end -->b<!-- linnet:begin -->c", "x<!-- linnet:end -->y")
	f.Add("<!-- linnet:<!-- linnet:end -->end -->", "<!-- linnet:<!-- linnet:begin -->end -->")
	f.Fuzz(func(t *testing.T, text, content string) {
		put := forge.PutSection(text, content)
		if again := forge.PutSection(put, content); again != put {
			t.Fatalf("putting it twice gives %q, then %q", put, again)
		}
		got, ok := forge.Section(put)
		if !ok {
			t.Fatalf("no section in %q", put)
		}
		if !strings.Contains(content, "linnet:") && strings.Trim(got, "\r\n") != strings.Trim(content, "\r\n") {
			t.Fatalf("got %q, want %q", got, content)
		}
	})
}
