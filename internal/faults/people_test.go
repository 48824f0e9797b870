package faults

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/linnet-bot/linnet/pkg/chatops"
	"github.com/linnet-bot/linnet/pkg/conductor"
	"github.com/linnet-bot/linnet/pkg/forge"
)

// roles asks the forge, as the program does.
func roles(f forge.Forge) func(context.Context, forge.User) (chatops.Role, error) {
	return func(ctx context.Context, u forge.User) (chatops.Role, error) {
		word, err := f.(forge.Roles).Role(ctx, u)
		if err != nil {
			return chatops.NoRole, err
		}
		role, _ := chatops.ParseRole(word)
		return role, nil
	}
}

// promotion is what the person has said below a merge request.
type promotion struct {
	source, head string
	comment      int64
}

// goAlong is the person, who turns the upgrade round where that is the story, and promotes everything else.
func (w *world) goAlong(s conductor.Status) {
	w.Helper()
	switch onward := s.Done == w.upgrade.phases[0].Number && !strings.HasPrefix(s.Phase, "back-"); {
	case s.Request == 0 || s.Situation != conductor.Waiting && s.Situation != conductor.Ready:
	case !w.back || !onward:
		w.promote(s)
	case !w.turned:
		w.turned = true
		w.say("%s wants the first phase to be taken back", person)
		if _, err := w.ana.AddComment(w.Context(), s.Request, chatops.Prefix+" "+chatops.Rollback); err != nil {
			w.Fatal(err)
		}
	}
}

// promote approves, where that is wanted, and writes one command for each head, and another one where the bot did not take it.
func (w *world) promote(s conductor.Status) {
	w.Helper()
	said, ok := w.promoted[s.Request]
	if ok && s.Situation != conductor.Ready && w.branch(said.source) == said.head {
		return
	}
	r, err := w.ana.Get(w.Context(), s.Request)
	if err != nil {
		w.Fatal(err)
	}
	if r.State != forge.Open {
		return
	}
	if ok && said.head == r.Head {
		comment, err := w.ana.GetComment(w.Context(), s.Request, said.comment)
		if err != nil {
			w.Fatal(err)
		}
		if !slices.ContainsFunc(comment.Reactions, func(r forge.Reaction) bool { return r.Kind == forge.ThumbsDown }) {
			return
		}
	}
	if w.approvals > 0 {
		if err := w.ana.Approve(w.Context(), s.Request, r.Head); err != nil {
			w.Fatal(err)
		}
	}
	c, err := w.ana.AddComment(w.Context(), s.Request, chatops.Prefix+" "+chatops.Promote)
	if err != nil {
		w.Fatal(err)
	}
	w.say("%s promotes !%d at %.8s", person, s.Request, r.Head)
	w.promoted[s.Request] = promotion{r.Source, r.Head, c.ID}
}

// branch reads where a branch points from the disk.
func (w *world) branch(name string) string {
	text, _ := os.ReadFile(filepath.Join(w.dir, "refs", "heads", filepath.FromSlash(name)))
	return strings.TrimSpace(string(text))
}
