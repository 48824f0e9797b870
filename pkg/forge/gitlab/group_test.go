package gitlab_test

import (
	"testing"

	"github.com/linnet-bot/linnet/internal/fakegitlab"
	"github.com/linnet-bot/linnet/pkg/forge"
)

func TestAGroupIsAskedByItsNumber(t *testing.T) {
	w := newWorld(t, fakegitlab.Settings{})
	pat, err := w.pat.Me(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w.SetGroup(17, pat.Name)
	for _, row := range []struct {
		name  string
		group int64
		who   forge.User
		want  bool
	}{
		{"a member", 17, pat, true}, {"a group that is not there", 18, pat, false}, {"somebody else", 17, forge.User{ID: "4711", Name: pat.Name}, false}, {"nobody", 17, forge.User{}, false},
	} {
		if got, err := w.bot.InGroup(t.Context(), row.group, row.who); err != nil || got != row.want {
			t.Errorf("%s: got %t, %v, want %t", row.name, got, err, row.want)
		}
	}
}
