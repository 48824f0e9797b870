package emulated_test

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
	"github.com/linnet-bot/linnet/pkg/server/hook"
)

// What emulate sends of the things that a bot does is authentic and says where they were. Comments are left out: it does not tell whether one is below a pull
// request or an issue.
func TestWebhooksAreUnderstood(t *testing.T) {
	p := newPlace(t)
	secret := strings.Repeat("s", 40)
	hints := make(chan hook.Hint, 100)
	receive, err := hook.NewGitHub(func() ([]string, error) { return []string{secret}, nil }, hook.Options{
		Wake: func(h hook.Hint) { hints <- h }, Deliveries: hook.NewMemory(), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	receiver := httptest.NewServer(receive)
	t.Cleanup(receiver.Close)
	p.Subscribe(t, receiver.URL, secret)

	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // what never comes
	defer cancel()
	wait := func(what string, is func(hook.Hint) bool) {
		t.Helper()
		for {
			select {
			case h := <-hints:
				if h.Project != p.Name {
					t.Errorf("%s: got %+v, want one of %s", what, h, p.Name)
				}
				if is(h) {
					return
				}
			case <-ctx.Done():
				t.Fatalf("%s: none came", what)
			}
		}
	}
	m := p.request("topic")
	wait("a branch is pushed to", func(h hook.Hint) bool { return h.Kind == hook.Push && h.SHA == m.Head })
	wait("a pull request is opened", func(h hook.Hint) bool { return h.Kind == hook.MergeRequest && h.Number == m.Number })
	if err := p.Person(t, "bob").Approve(t.Context(), m.Number, m.Head); err != nil {
		t.Fatal(err)
	}
	wait("a review", func(h hook.Hint) bool { return h.Kind == hook.Review && h.Number == m.Number })
	if err := p.bot.SetCheck(t.Context(), m.Head, forge.Check{Name: "linnet/gate", State: forge.Success, Title: "t"}); err != nil {
		t.Fatal(err)
	}
	wait("a check", func(h hook.Hint) bool { return h.Kind == hook.Check && h.SHA == m.Head })
	if _, err := p.bot.Merge(t.Context(), m.Number, forge.MergeOptions{Head: m.Head}); err != nil {
		t.Fatal(err)
	}
	wait("a merge", func(h hook.Hint) bool { return h.Kind == hook.MergeRequest && h.Number == m.Number })
	if _, err := p.bot.Commit(t.Context(), forge.NewCommit{Branch: "topic", Parent: m.Head, Message: "m", Changes: []tree.Change{{Path: "x", Content: []byte("x")}}}); err != nil {
		t.Fatal(err)
	}
	wait("a second push", func(h hook.Hint) bool { return h.Kind == hook.Push })
}
