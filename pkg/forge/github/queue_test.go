package github_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linnet-bot/linnet/internal/fakegithub"
	"github.com/linnet-bot/linnet/pkg/forge"
)

// inQueue opens pull requests and puts them into the queue, and gives the trials.
func inQueue(t *testing.T, h *hub, bot forge.Forge, main string, names ...string) []string {
	t.Helper()
	for _, name := range names {
		sha, err := bot.Commit(t.Context(), write(name, main, name))
		if err != nil {
			t.Fatal(err)
		}
		m, err := bot.Open(t.Context(), forge.OpenRequest{Source: name, Target: "main", Title: name})
		if err != nil {
			t.Fatal(err)
		}
		if done, err := bot.Merge(t.Context(), m.Number, forge.MergeOptions{Head: sha}); err != nil || !done.Queued {
			t.Fatalf("got %+v, %v, want it queued", done, err)
		}
	}
	_, trials := h.Queue()
	return trials
}

func TestTrialsOfTheQueueStandOnOneAnother(t *testing.T) {
	h, bot, _, main := faulty(t)
	if got, err := bot.MergeGroups(t.Context(), "main"); err != nil || len(got) > 0 {
		t.Errorf("without a queue: got %+v, %v", got, err)
	}
	h.SetRules(fakegithub.Rules{Queue: true})
	trials := inQueue(t, h, bot, main, "a", "b", "c")
	want := []forge.MergeGroup{
		{Head: trials[0], Base: main, Requests: []int{1}},
		{Head: trials[1], Base: main, Requests: []int{1, 2}},
		{Head: trials[2], Base: main, Requests: []int{1, 2, 3}},
	}
	got, err := bot.MergeGroups(t.Context(), "main")
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if got, err := bot.MergeGroups(t.Context(), "mai"); err != nil || len(got) > 0 {
		t.Errorf("of another branch: got %+v, %v", got, err)
	}
	// Somebody pushes to main, and GitHub has not got round to trying them out anew.
	moved := h.push(t, "main", "by-hand")
	got, err = bot.MergeGroups(t.Context(), "main")
	if err != nil || len(got) != 3 || slices.ContainsFunc(got, func(g forge.MergeGroup) bool { return g.Base != "" }) {
		t.Errorf("after a push: got %+v, %v, want none to stand on the tip", got, err)
	}
	h.SetRules(fakegithub.Rules{Queue: true, Checks: []fakegithub.RequiredCheck{{Name: "ci"}}})
	h.RunQueue()
	got, err = bot.MergeGroups(t.Context(), "main")
	if err != nil || len(got) != 3 || slices.ContainsFunc(got, func(g forge.MergeGroup) bool { return g.Base != moved }) {
		t.Errorf("made anew: got %+v, %v, want all to stand on %s", got, err, moved)
	}
}

// A green check of the bot's on any commit would be good for that commit wherever it goes.
func TestABranchThatOnlyLooksLikeATrialIsNone(t *testing.T) {
	h, bot, _, main := faulty(t)
	h.SetRules(fakegithub.Rules{Queue: true})
	trials := inQueue(t, h, bot, main, "a")
	h.git(t, h.clone, "commit", "-q", "--allow-empty", "-m", "Forged")
	h.git(t, h.clone, "push", "-q", "origin", "HEAD:refs/heads/gh-readonly-queue/main/pr-9-"+main)
	got, err := bot.MergeGroups(t.Context(), "main")
	if want := []forge.MergeGroup{{Head: trials[0], Base: main, Requests: []int{1}}}; err != nil || !cmp.Equal(got, want) {
		t.Errorf("got %+v, %v, want GitHub's own trial alone", got, err)
	}
}

func TestWhoQueuedItIsTold(t *testing.T) {
	h, bot, _, main := faulty(t)
	h.SetRules(fakegithub.Rules{Queue: true})
	inQueue(t, h, bot, main, "a")
	ann := h.person(t, "ann", "write")
	inQueue(t, h, ann, main, "b")
	for i, f := range []forge.Forge{bot, ann} {
		me, err := f.Me(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got, err := bot.Get(t.Context(), i+1); err != nil || got.Later == nil || *got.Later != (forge.Later{By: me, Queue: true}) {
			t.Errorf("!%d: got %+v, %v, want it queued by %+v", i+1, got.Later, err, me)
		}
	}
	if err := bot.Close(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	if got, err := bot.Get(t.Context(), 1); err != nil || got.Later != nil {
		t.Errorf("closed: got %+v, %v", got.Later, err)
	}
}

func TestAnAppWithoutTheRightToReadQueuesWorksNevertheless(t *testing.T) {
	for _, without := range []bool{false, true} {
		h := newHub(t, holds(t, described(t)))
		app, credential := h.bot(t)
		if without {
			h.TakeQueues(app)
		}
		bot := h.forge(t, credential, app.ID)
		h.start(t)
		main, err := bot.Head(t.Context(), "main")
		if err != nil {
			t.Fatal(err)
		}
		h.SetRules(fakegithub.Rules{Queue: true})
		inQueue(t, h, bot, main, "a")
		if got, err := bot.Get(t.Context(), 1); err != nil || (got.Later == nil) != without {
			t.Errorf("without %v: got %+v, %v", without, got.Later, err)
		}
		groups, err := bot.MergeGroups(t.Context(), "main")
		if errors.Is(err, forge.ErrForbidden) != without || (len(groups) == 0) != without {
			t.Errorf("without %v: got %+v, %v", without, groups, err)
		}
	}
}
