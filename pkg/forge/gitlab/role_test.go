package gitlab_test

import (
	"testing"

	"github.com/linnet-bot/linnet/internal/fakegitlab"
	"github.com/linnet-bot/linnet/pkg/forge"
)

func TestRolesAreGitLabsWords(t *testing.T) {
	w := newWorld(t, fakegitlab.Settings{})
	pat, err := w.pat.Me(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		level int
		want  string
	}{{50, "owner"}, {40, "maintainer"}, {30, "developer"}, {25, "reporter"}, {20, "reporter"}, {15, "guest"}, {10, "guest"}, {5, ""}, {0, ""}} {
		w.SetLevel(pat.Name, row.level)
		if got, err := w.bot.Role(t.Context(), pat); err != nil || got != row.want {
			t.Errorf("level %d: got %q, %v, want %q", row.level, got, err, row.want)
		}
	}
	for _, nobody := range []forge.User{{}, {ID: "0"}, {ID: "4711"}, {ID: "pat"}} {
		if got, err := w.bot.Role(t.Context(), nobody); err != nil || got != "" {
			t.Errorf("%+v: got %q, %v, want none", nobody, got, err)
		}
	}
}
