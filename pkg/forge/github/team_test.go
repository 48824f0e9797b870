package github_test

import (
	"testing"

	"github.com/linnet-bot/linnet/pkg/forge"
)

func TestATeamIsAskedByItsNumber(t *testing.T) {
	h := newHub(t)
	app, credential := h.bot(t)
	bot := h.forge(t, credential, app.ID)
	me := func(name string) forge.User {
		who, err := h.person(t, name, "read").Me(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return who
	}
	ann, bob, cid := me("ann"), me("bob"), me("cid")
	h.SetTeam(17, []string{"ann"}, "cid")
	for _, row := range []struct {
		name string
		team int64
		who  forge.User
		want bool
	}{
		{"a member", 17, ann, true}, {"somebody else", 17, bob, false}, {"who is only invited", 17, cid, false}, {"a team that is not there", 18, ann, false},
		{"whose name another one has now", 17, forge.User{ID: "4711", Name: "ann"}, false}, {"nobody", 17, forge.User{}, false},
	} {
		if got, err := bot.InGroup(t.Context(), row.team, row.who); err != nil || got != row.want {
			t.Errorf("%s: got %t, %v, want %t", row.name, got, err, row.want)
		}
	}
}
