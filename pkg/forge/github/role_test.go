package github_test

import (
	"testing"

	"github.com/linnet-bot/linnet/pkg/forge"
)

func TestRolesAreGitHubsWords(t *testing.T) {
	h := newHub(t, holds(t, described(t)))
	app, credential := h.bot(t)
	bot := h.forge(t, credential, app.ID)
	for _, row := range []struct{ role, want string }{
		{"admin", "admin"}, {"maintain", "maintain"}, {"write", "write"}, {"triage", "triage"}, {"read", "read"}, {"", ""},
		{"release-captain", "write"}, // an organisation's own role, built on write
	} {
		name := "somebody-" + row.role
		who, err := h.person(t, name, row.role).Me(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got, err := bot.Role(t.Context(), who); err != nil || got != row.want {
			t.Errorf("role_name %q: got %q, %v, want %q", row.role, got, err, row.want)
		}
		if got, err := bot.Role(t.Context(), forge.User{ID: "4711", Name: name}); err != nil || got != "" {
			t.Errorf("somebody else who was called %s: got %q, %v, want none", name, got, err)
		}
	}
	for _, nobody := range []forge.User{{}, {ID: "4711", Name: "nobody"}, {ID: "4711"}} {
		if got, err := bot.Role(t.Context(), nobody); err != nil || got != "" {
			t.Errorf("%+v: got %q, %v, want none", nobody, got, err)
		}
	}
}
