package conductor

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/internal/fakegithub"
	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/forge"
)

// red is a cluster in which no pod is ready.
func red(o *checks.Observation) {
	o.Pods = slices.Clone(o.Pods)
	for i := range o.Pods {
		o.Pods[i].Ready = false
	}
}

// gone is a cluster that shows no control plane.
func gone(o *checks.Observation) { o.Istiods = nil }

func queueOf(t *testing.T, when When) *hubLab {
	t.Helper()
	return newHubLab(t, fakegithub.Rules{Queue: true}, func(s *Settings) { s.Merge = when })
}

// byHand waits until the first merge request may be merged and has a person put it into the queue. It gives the trial.
func (h *hubLab) byHand() string {
	h.Helper()
	h.until("it is ready", func(s Status) bool { return s.Situation == Ready })
	done, err := h.ann.Merge(h.Context(), 1, forge.MergeOptions{Head: h.pull(1).Head})
	if err != nil || !done.Queued {
		h.Fatalf("got %+v, %v, want it queued", done, err)
	}
	return h.inQueue(1)
}

func TestTheQueueMergesOnlyAfterTheCheckOnItsTrialIsGreen(t *testing.T) {
	h := queueOf(t, Manual)
	trial := h.byHand()
	h.hub.RunQueue()
	if got := h.pull(1); got.State != forge.Open || got.Later == nil || *got.Later != (forge.Later{By: got.Later.By, Queue: true}) || got.Later.By.Name != "ann" {
		t.Fatalf("got %+v, want it open and queued by ann", got)
	}
	h.look(h.process)
	if got := h.saidOf(trial); got.State != forge.Success {
		t.Fatalf("of the trial is said %+v, want success", got)
	}
	if note := h.progress(1); !strings.Contains(note, "in the merge queue, put there by `ann`") {
		t.Errorf("the note does not tell of the queue:\n%s", note)
	}
	h.hub.RunQueue()
	if got := h.pull(1); got.State != forge.Merged || got.MergeSHA != trial {
		t.Fatalf("got %+v, want it merged as %s", got, trial)
	}
	h.until("the next phase is open", func(s Status) bool { return s.Request == 2 })
}

func TestTheBotPutsItIntoTheQueueAndWaits(t *testing.T) {
	h := queueOf(t, Auto)
	h.until("it is in the queue", func(Status) bool { n, _ := h.hub.Queue(); return len(n) > 0 })
	trial := h.inQueue(1)
	if status := h.look(h.process); status.Situation != Waiting || status.Request != 1 || !strings.Contains(status.GoesOn, "put there by `linnet[bot]`") {
		t.Errorf("got %s of !%d: %s", status.Situation, status.Request, status.GoesOn)
	}
	if got := h.pull(1); got.State != forge.Open {
		t.Fatalf("got %+v, want it open", got)
	}
	h.hub.RunQueue()
	if got := h.pull(1); got.State != forge.Merged || got.MergeSHA != trial {
		t.Fatalf("got %+v, want it merged as %s", got, trial)
	}
	h.until("the next phase is open", func(s Status) bool { return s.Request == 2 })
}

func TestAGateThatTurnsRedWhileQueuedIsNotMerged(t *testing.T) {
	for _, when := range []When{Manual, Auto} {
		t.Run(string(when), func(t *testing.T) {
			h := queueOf(t, when)
			var trial string
			if when == Manual {
				trial = h.byHand()
				h.look(h.process)
			} else {
				h.until("it is in the queue", func(Status) bool { n, _ := h.hub.Queue(); return len(n) > 0 })
				trial = h.inQueue(1)
			}
			if got := h.saidOf(trial); got.State != forge.Success {
				t.Fatalf("of the trial is said %+v, want success", got)
			}
			h.spoil = red
			h.look(h.process)
			if got := h.saidOf(trial); got.State != forge.Failure {
				t.Fatalf("of the trial is said %+v, want failure", got)
			}
			if note := h.progress(1); !strings.Contains(note, "The merge queue: the trial merge "+trial[:8]+" is refused, since preflight") || !strings.Contains(note, "Not now: the merge queue drops it") {
				t.Errorf("the note does not tell of it:\n%s", note)
			}
			h.hub.RunQueue()
			if numbers, _ := h.hub.Queue(); h.pull(1).State != forge.Open || len(numbers) > 0 {
				t.Fatalf("in the queue are %v, want it dropped", numbers)
			}
			h.spoil = nil
			h.pass(time.Minute)
			if when == Manual {
				trial = h.byHand()
				h.look(h.process)
			} else {
				h.until("it is in the queue again", func(Status) bool { n, _ := h.hub.Queue(); return len(n) > 0 })
				trial = h.inQueue(1)
			}
			h.hub.RunQueue()
			if got := h.pull(1); got.State != forge.Merged || got.MergeSHA != trial {
				t.Fatalf("got %+v, want it merged as %s", got, trial)
			}
		})
	}
}

func TestAQueueWaitsWhileTheClusterIsNotSeen(t *testing.T) {
	h := queueOf(t, Manual)
	trial := h.byHand()
	h.spoil = gone
	h.look(h.process)
	if got := h.saidOf(trial); got.State != forge.InProgress {
		t.Fatalf("of the trial is said %+v, want in progress", got)
	}
	h.hub.RunQueue()
	h.inQueue(1)
	h.spoil = nil
	h.look(h.process)
	h.hub.RunQueue()
	if got := h.pull(1); got.State != forge.Merged {
		t.Fatalf("got %+v, want it merged", got)
	}
}

func TestAPauseTakesItOutOfTheQueue(t *testing.T) {
	h := queueOf(t, Manual)
	trial := h.byHand()
	h.look(h.process)
	if _, err := h.ann.AddComment(t.Context(), 1, "/canary pause"); err != nil {
		t.Fatal(err)
	}
	h.look(h.process)
	if got := h.saidOf(trial); got.State != forge.Failure {
		t.Fatalf("of the trial is said %+v, want failure", got)
	}
	h.hub.RunQueue()
	if got := h.pull(1); got.State != forge.Open || got.Later != nil {
		t.Fatalf("got %+v, want it open and no longer queued", got)
	}
}

// A required check is required of everybody, and so is its answer.
func TestTheTrialsOfOthersAreLetThrough(t *testing.T) {
	h := queueOf(t, Manual)
	rules := h.hub.Rules()
	h.byHand()
	main, err := h.ann.Head(t.Context(), "main")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.ann.Commit(t.Context(), forge.NewCommit{Branch: "docs", Create: true, Parent: main, Message: "Docs\n", Changes: treeChange("NOTES.md", "x")}); err != nil {
		t.Fatal(err)
	}
	docs, err := h.ann.Open(t.Context(), forge.OpenRequest{Source: "docs", Target: "main", Title: "Docs"})
	if err != nil {
		t.Fatal(err)
	}
	h.hub.SetRules(fakegithub.Rules{Queue: true}) // let it into the queue
	if _, err := h.ann.Merge(t.Context(), docs.Number, forge.MergeOptions{Head: docs.Head}); err != nil {
		t.Fatal(err)
	}
	h.hub.SetRules(rules)
	h.look(h.process)
	_, trials := h.hub.Queue()
	for i, trial := range trials {
		if got := h.saidOf(trial); got.State != forge.Success {
			t.Errorf("of trial %d is said %+v, want success", i, got)
		}
	}
	h.spoil = red
	h.look(h.process)
	if ours, docs := h.saidOf(trials[0]), h.saidOf(trials[1]); ours.State != forge.Failure || docs.State != forge.InProgress {
		t.Errorf("of the trials is said %+v and %+v", ours, docs)
	}
	h.hub.RunQueue()
	h.inQueue(docs.Number)
	h.look(h.process)
	h.hub.RunQueue()
	if h.pull(1).State != forge.Open || h.pull(docs.Number).State != forge.Merged {
		t.Fatal("want ours left out and the other one merged")
	}
}

func TestWhatIsBehindOthersInTheQueueWaitsForThem(t *testing.T) {
	h := queueOf(t, Manual)
	h.until("it is ready", func(s Status) bool { return s.Situation == Ready })
	rules := h.hub.Rules()
	main, err := h.ann.Head(t.Context(), "main")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.ann.Commit(t.Context(), forge.NewCommit{Branch: "docs", Create: true, Parent: main, Message: "Docs\n", Changes: treeChange("NOTES.md", "x")}); err != nil {
		t.Fatal(err)
	}
	docs, err := h.ann.Open(t.Context(), forge.OpenRequest{Source: "docs", Target: "main", Title: "Docs"})
	if err != nil {
		t.Fatal(err)
	}
	h.hub.SetRules(fakegithub.Rules{Queue: true})
	for _, r := range []forge.MergeRequest{docs, h.pull(1)} {
		if _, err := h.ann.Merge(t.Context(), r.Number, forge.MergeOptions{Head: r.Head}); err != nil {
			t.Fatal(err)
		}
	}
	h.hub.SetRules(rules)
	_, trials := h.hub.Queue()
	h.look(h.process)
	if ahead, ours := h.saidOf(trials[0]), h.saidOf(trials[1]); ahead.State != forge.Success || ours.State != forge.InProgress || !strings.Contains(ours.Title, "ahead of !1") {
		t.Fatalf("of the trials is said %+v and %+v", ahead, ours)
	}
	h.hub.RunQueue()
	h.pass(2 * time.Minute) // Flux takes it in, and the plan is made for it
	h.look(h.process)
	if got := h.saidOf(trials[1]); got.State != forge.Success {
		t.Fatalf("of the trial is said %+v, want success", got)
	}
	h.hub.RunQueue()
	if got := h.pull(1); got.State != forge.Merged || got.MergeSHA != trials[1] {
		t.Fatalf("got %+v, want it merged as %s", got, trials[1])
	}
}

func TestAutoMergeOfAPersonIsWaitedFor(t *testing.T) {
	h := newHubLab(t, fakegithub.Rules{Approvals: 1}, func(s *Settings) { s.Merge = Manual })
	h.until("the gate is green", func(s Status) bool { return s.Health == checks.Pass })
	h.hub.EnableAutoMerge(1, "ann")
	h.hub.RunQueue()
	status := h.look(h.process)
	if got := h.pull(1); got.State != forge.Open || got.Later == nil || got.Later.Queue || got.Later.By.Name != "ann" {
		t.Fatalf("got %+v, want it open with auto-merge", got)
	}
	if status.Request != 1 || !strings.Contains(h.progress(1), "as soon as its rules let it: `ann` enabled auto-merge") {
		t.Errorf("the note does not tell of it:\n%s", h.progress(1))
	}
	if err := h.ann.Approve(t.Context(), 1, h.pull(1).Head); err != nil {
		t.Fatal(err)
	}
	h.hub.RunQueue()
	if got := h.pull(1); got.State != forge.Merged || got.Later != nil {
		t.Fatalf("got %+v, want it merged", got)
	}
	h.until("the next phase is open", func(s Status) bool { return s.Request == 2 })
}

func TestAQueueThatMayNotBeReadIsSaid(t *testing.T) {
	h := newHubLab(t, fakegithub.Rules{Queue: true}, func(s *Settings) { s.Merge = Manual }, (*fakegithub.Server).TakeQueues)
	trial := h.byHand()
	h.look(h.process)
	if got := h.saidOf(trial); got.State != "" {
		t.Errorf("of the trial is said %+v", got)
	}
	if note := h.progress(1); !strings.Contains(note, "The merge queue: the bot cannot answer for what is in it") || !strings.Contains(note, "Merge queues: read") {
		t.Errorf("the note does not tell of it:\n%s", note)
	}
}

// The check stands on a commit, so whoever opens a second merge request for it finds it green.
func TestAPhaseUnderAnotherNameDoesNotPassTheQueue(t *testing.T) {
	h := queueOf(t, Manual)
	h.until("it is ready", func(s Status) bool { return s.Situation == Ready })
	h.branch("sneaky", h.pull(1).Head)
	sneaky, err := h.ann.Open(t.Context(), forge.OpenRequest{Source: "sneaky", Target: "main", Title: "Sneaky"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.ann.Merge(t.Context(), sneaky.Number, forge.MergeOptions{Head: sneaky.Head}); err != nil {
		t.Fatal(err)
	}
	trial := h.inQueue(sneaky.Number)
	h.spoil = red
	h.look(h.process)
	if got := h.saidOf(trial); got.State != forge.Failure || !strings.Contains(got.Title, "under another name") {
		t.Errorf("of the trial is said %+v, want failure", got)
	}
	h.hub.RunQueue()
	if got := h.pull(sneaky.Number); got.State != forge.Open {
		t.Errorf("got %+v, want it open", got)
	}
}
