package recorder

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/conductor"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/planner"
	"github.com/linnet-bot/linnet/pkg/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	now = time.Date(2026, time.March, 9, 8, 0, 0, 0, time.UTC)
	bot = forge.User{ID: "1", Name: "linnet"}
	ana = forge.User{ID: "2", Name: "ana"}
)

const branch = "linnet/dev/3.19.0/1-01-crds"

func history(t *testing.T) (Recorder, func() []string) {
	t.Helper()
	s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "history.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return New(s), func() []string {
		all, err := s.Entries(t.Context(), store.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		lines := []string{}
		for _, e := range all {
			lines = append(lines, strings.TrimSuffix(e.What+", by "+e.By+": "+e.Cause, ": "))
		}
		return lines
	}
}

func status() conductor.Status {
	return conductor.Status{Environment: "dev", At: now, Situation: conductor.Waiting}
}

func request(state forge.State) conductor.Request {
	r := conductor.Request{MergeRequest: forge.MergeRequest{
		Number: 1, Title: "CRDs", Source: branch, State: state, Author: bot, Opened: now, Head: "aaaaaaaaaa", MergeSHA: "bbbbbbbbbb", MergedBy: bot, Done: now,
	}}
	return r
}

func said(id int64, body string, by forge.User, kinds ...forge.ReactionKind) forge.Comment {
	c := forge.Comment{ID: id, By: by, Body: body, Created: now}
	for _, k := range kinds {
		c.Reactions = append(c.Reactions, forge.Reaction{Kind: k, By: bot})
	}
	return c
}

func state(edit func(*conductor.State)) conductor.State {
	s := conductor.State{Environment: "dev", Me: bot, Plan: &planner.Plan{Phases: make([]planner.Phase, 2)}, Steps: []conductor.Step{{Branch: branch}, {Branch: "linnet/dev/3.19.0/1-02-canary"}}}
	edit(&s)
	return s
}

func TestWhatAStateTells(t *testing.T) {
	green := checks.Gate{Name: "preflight", Soak: 30 * time.Minute}
	for _, tc := range []struct {
		name string
		s    conductor.State
		edit func(*conductor.Status)
		want []string
	}{
		{"an open one, approved and commented", state(func(s *conductor.State) {
			r := request(forge.Open)
			r.Approvals.Given = []forge.Approval{{By: ana, Head: "aaaaaaaaaa", At: now}}
			r.Comments = []forge.Comment{
				said(1, "\n/canary promote\nplease", ana, forge.Eyes), said(2, "/canary dance", ana, forge.Confused), said(3, "/canary promote", ana, forge.Eyes, forge.ThumbsDown),
				said(4, "nice", ana), said(5, "/canary promote", bot, forge.Eyes),
			}
			s.Current = &r
		}), nil, []string{
			"!1 is open: CRDs, by linnet", "!1 is approved at aaaaaaaa, by ana", "!1, comment 1, /canary promote: claimed, by ana",
			"!1, comment 2, /canary dance: not understood, by ana", "!1, comment 3, /canary promote: void, by ana",
		}},
		{"merged on a word", state(func(s *conductor.State) {
			r := request(forge.Merged)
			r.Comments = []forge.Comment{said(1, "/canary promote", ana, forge.Eyes)}
			s.Done, s.Merged, s.Steps[0].Request = 1, []conductor.Request{r}, &r.MergeRequest
		}), nil, []string{"!1 is merged as bbbbbbbb, by linnet: on the word of ana (comment 1)", "!1, comment 1, /canary promote: claimed, by ana"}},
		{"merged by hand", state(func(s *conductor.State) {
			r := request(forge.Merged)
			r.MergedBy = ana
			s.Done, s.Steps[0].Request = 1, &r.MergeRequest
		}), nil, []string{"!1 is merged as bbbbbbbb, by ana: merged by hand"}},
		{"merged since the gate was green", state(func(s *conductor.State) {
			r := request(forge.Merged)
			s.Done, s.Steps[0].Request = 1, &r.MergeRequest
		}), nil, []string{"!1 is merged as bbbbbbbb, by linnet: the gate is green"}},
		{"closed by a person", state(func(s *conductor.State) {
			r := request(forge.Closed)
			s.Left, s.Steps[0].Request = &r, &r.MergeRequest
		}), nil, []string{"!1 is closed, by : a person closed it"}},
		{"closed by the bot", state(func(s *conductor.State) {
			r := request(forge.Closed)
			r.Comments = []forge.Comment{said(1, "<!-- linnet:note closed -->\nmain has moved\n\n<!-- linnet:closed -->\n", bot)}
			s.Left, s.Steps[0].Request = &r, &r.MergeRequest
		}), nil, []string{"!1 is closed, by linnet: main has moved", "branch " + branch + " is deleted at aaaaaaaa, by linnet"}},
		{"somebody else's commit", state(func(s *conductor.State) { s.Head = conductor.Head{SHA: "cccccccccc", Made: now} }), nil,
			[]string{"branch " + branch + " is at cccccccc, by : somebody else wrote to it"}},
		{"a gate that soaks", state(func(s *conductor.State) {
			s.Gate = conductor.Gate{Asked: green, Result: checks.Result{Name: "preflight", Verdict: checks.Pass}, Now: now, Clock: checks.SoakClock{GreenSince: now, LastSample: now}}
		}), nil, []string{"gate preflight: pass, by : it must stay so for 30m"}},
		{"a gate that is open", state(func(s *conductor.State) {
			s.Gate = conductor.Gate{Asked: green, Result: checks.Result{Name: "preflight", Verdict: checks.Pass}, Now: now, Clock: checks.SoakClock{GreenSince: now.Add(-time.Hour), LastSample: now}}
		}), nil, []string{"gate preflight: open, by : green since 2026-03-09T07:00:00Z, 30m were asked"}},
		{"a gate that nobody could answer", state(func(s *conductor.State) {
			s.Gate = conductor.Gate{Asked: green, Result: checks.Result{Name: "preflight", Reason: "the cluster has not been observed"}, Now: now}
		}), nil, []string{"gate preflight: unknown, by : the cluster has not been observed"}},
		{"a routine blink", state(func(s *conductor.State) {
			s.Gate = conductor.Gate{Asked: green, Result: checks.Result{Name: "preflight", Verdict: checks.Wait, NoSample: true}, Now: now}
		}), nil, []string{}},
		{"nothing goes on", state(func(*conductor.State) {}), func(t *conductor.Status) {
			t.Situation, t.Happening, t.Blocks = conductor.Stopped, "!1 was closed.", []string{"Reopen !1."}
		}, []string{"nothing goes on: !1 was closed., by : Reopen !1."}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r, lines := history(t)
			st := status()
			if tc.edit != nil {
				tc.edit(&st)
			}
			for range 2 { // the second look tells nothing new
				if err := r.Looked(t.Context(), st, tc.s, conductor.Seen{}); err != nil {
					t.Fatal(err)
				}
			}
			for i := range tc.want {
				tc.want[i] = strings.TrimSuffix(tc.want[i], ": ")
			}
			if diff := cmp.Diff(tc.want, lines()); diff != "" {
				t.Errorf("recorded (-want +got):\n%s", diff)
			}
		})
	}
}

// A process that dies right after it acted records nothing of it; the next one reads it from the forge.
func TestWhatADeadProcessDidIsRecordedByTheNext(t *testing.T) {
	open, merged := request(forge.Open), request(forge.Merged)
	open.Comments = []forge.Comment{said(1, "/canary promote", ana, forge.Eyes)}
	merged.Comments = []forge.Comment{said(1, "/canary promote", ana, forge.Eyes, forge.Rocket)}
	before := state(func(s *conductor.State) { s.Current = &open })
	between := state(func(s *conductor.State) {
		half := merged
		half.Comments = open.Comments
		s.Done, s.Merged, s.Steps[0].Request = 1, []conductor.Request{half}, &half.MergeRequest
	})
	after := state(func(s *conductor.State) {
		s.Done, s.Merged, s.Steps[0].Request = 1, []conductor.Request{merged}, &merged.MergeRequest
	})
	run := func(states ...conductor.State) []string {
		r, lines := history(t)
		for _, s := range states {
			if err := r.Looked(t.Context(), status(), s, conductor.Seen{}); err != nil {
				t.Fatal(err)
			}
		}
		all := lines()
		slices.Sort(all)
		return all
	}
	if diff := cmp.Diff(run(before, between, after), run(before, between, after, before)); diff != "" {
		t.Errorf("recorded with an older view at the end (-undisturbed +disturbed):\n%s", diff)
	}
	if diff := cmp.Diff(run(before, between, after), run(before, after)); diff != "" {
		t.Errorf("recorded without the state between (-undisturbed +disturbed):\n%s", diff)
	}
}

// A request of this upgrade is read again once it is closed, and so is its branch; one of another upgrade is not.
func TestWhatNoLaterStateTellsIsTakenFromTheAction(t *testing.T) {
	r, lines := history(t)
	ours, stale := request(forge.Open), request(forge.Open)
	stale.Number, stale.Source = 7, "linnet/dev/3.18.1/1-01-crds"
	s := state(func(s *conductor.State) {
		s.Others = []conductor.Request{ours, stale}
		s.Plan.To.Release = "3.19.0"
	})
	for _, a := range []conductor.Action{
		conductor.CloseRequest{Number: 1, Why: "It is not the next phase."}, conductor.CloseRequest{Number: 7, Why: "It is not the next phase."},
		conductor.DeleteBranch{Branch: branch, Head: "aaaaaaaaaa"}, conductor.React{Number: 7, Comment: 1, Kind: forge.Eyes}, conductor.SetCheck{SHA: "aaaaaaaaaa"},
	} {
		if err := r.Did(t.Context(), status(), s, a); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{"!7 is closed, by linnet: It is not the next phase."}, lines()); diff != "" {
		t.Errorf("recorded (-want +got):\n%s", diff)
	}
	left := request(forge.Closed)
	left.Comments = []forge.Comment{said(1, "<!-- linnet:note closed -->\nMain has moved.\n\n<!-- linnet:closed -->\n", bot)}
	s = state(func(s *conductor.State) { s.Left = &left })
	if err := r.Looked(t.Context(), status(), s, conductor.Seen{}); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"!7 is closed, by linnet: It is not the next phase.", "!1 is closed, by linnet: Main has moved.", "branch " + branch + " is deleted at aaaaaaaa, by linnet",
	}
	if diff := cmp.Diff(want, lines()); diff != "" {
		t.Errorf("recorded (-want +got):\n%s", diff)
	}
}

func TestWorkThatStopsAndGoesOn(t *testing.T) {
	r, lines := history(t)
	for _, situation := range []conductor.Situation{conductor.Waiting, conductor.Stopped, conductor.Stopped, conductor.Ready, conductor.Waiting, conductor.Refused, conductor.Waiting, conductor.Paused} {
		st := status()
		st.Situation, st.Happening = situation, string(situation)
		if err := r.Looked(t.Context(), st, state(func(*conductor.State) {}), conductor.Seen{}); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"nothing goes on: stopped, by ", "work on dev goes on, by ", "nothing goes on: refused, by ", "work on dev goes on, by ", "nothing goes on: paused, by "}
	if diff := cmp.Diff(want, lines()); diff != "" {
		t.Errorf("recorded (-want +got):\n%s", diff)
	}
}
