package render_test

import (
	"testing"

	"github.com/linnet-bot/linnet/pkg/gitops/render"
)

func TestReadValuesSaysWhyATextIsNoMapping(t *testing.T) {
	for _, row := range []struct{ text, want string }{
		{"a: 1\n", ""},
		{"", ""},
		{"# nothing\n", ""},
		{"- hunter2\n", "it is a list"},
		{"hunter2\n", "it is a single value"},
		{"7\n", "it is a single value"},
		{"a: [hunter2\n", "line 1: did not find expected ',' or ']'"},
		{"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12\n", "it is a pointer of Git LFS, which Flux would take for the values"},
	} {
		values, why := render.ReadValues(row.text)
		if why != row.want || (why == "") != (values != nil) {
			t.Errorf("%q: got %v, %q, want %q", row.text, values, why, row.want)
		}
	}
}
