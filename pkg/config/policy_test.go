package config

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnet-bot/linnet/pkg/chatops"
	"github.com/linnet-bot/linnet/pkg/planner"
)

func load(t *testing.T, text string) Config {
	t.Helper()
	c, err := Load("c.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestMergeOf(t *testing.T) {
	for _, tc := range []struct {
		name, policy string
		kind         planner.Kind
		want         MergeWhen
	}{
		{"nothing said", "{}", planner.Bump, MergeOnPromote},
		{"for all", "{merge: auto}", planner.Bump, MergeAuto},
		{"for this kind", "{merge: auto, mergeByPhase: {bump: manual}}", planner.Bump, MergeManual},
		{"for another kind", "{merge: auto, mergeByPhase: {bump: manual}}", planner.Wave, MergeAuto},
		{"a kind that is not known", "{merge: auto}", "preflight", MergeManual},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := load(t, "environments: [{path: dev, policy: "+tc.policy+"}]").Environments[0].Policy
			if got := p.MergeOf(string(tc.kind)); got != tc.want {
				t.Errorf("MergeOf(%s) = %s, want %s", tc.kind, got, tc.want)
			}
		})
	}
}

func TestEveryKindOfPhaseHasItsKey(t *testing.T) {
	for _, kind := range planner.Kinds {
		p := load(t, "environments: [{path: dev, policy: {mergeByPhase: {"+string(kind)+": auto}}}]").Environments[0].Policy
		for _, other := range planner.Kinds {
			want := MergeOnPromote
			if other == kind {
				want = MergeAuto
			}
			if got := p.MergeOf(string(other)); got != want {
				t.Errorf("with %s: auto, MergeOf(%s) = %s, want %s", kind, other, got, want)
			}
		}
	}
}

// Nothing merges by itself unless somebody wrote auto.
func TestAutoIsNoDefault(t *testing.T) {
	for _, text := range []string{"{}", "environments: [{path: dev}]", "environments: [{path: dev, policy: {mergeByPhase: {}}}]"} {
		e, _ := load(t, text).Environment("dev")
		for _, kind := range []planner.Kind{planner.CRDs, planner.Wave, planner.Bump, planner.Cleanup, ""} {
			if got := e.Policy.MergeOf(string(kind)); got == MergeAuto {
				t.Errorf("%s: %s is merged by itself", text, kind)
			}
		}
	}
}

func TestRights(t *testing.T) {
	got := load(t, "commands: {promote: {roles: [owner, maintain], users: [ana], groups: [17]}, skip-soak: {users: [bo]}, rollback: {roles: [write]}}").Rights()
	want := chatops.DefaultRights()
	want[chatops.Promote] = chatops.Right{Role: chatops.Maintainer, Groups: []int64{17}, Users: []string{"ana"}}
	want[chatops.SkipSoak] = chatops.Right{Users: []string{"bo"}}
	want[chatops.Rollback] = chatops.Right{Role: chatops.Developer}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Rights (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(chatops.DefaultRights(), Default().Rights()); diff != "" {
		t.Errorf("Rights of an empty file (-want +got):\n%s", diff)
	}
}

func TestCalendarIsWhatTheFileSays(t *testing.T) {
	c := load(t, `environments:
  - path: dev
    policy:
      windows: [{start: 0 22 * * *, duration: 4h, zone: Europe/Berlin}]
      freezes: [{from: 2026-12-18, until: 2027-01-03, reason: end of the year}]
`)
	cal, err := c.Environments[0].Policy.Calendar()
	if err != nil {
		t.Fatal(err)
	}
	opens, why := cal.Next(time.Date(2026, 12, 20, 12, 0, 0, 0, time.UTC))
	if got, want := opens.UTC().Format(time.DateTime), "2027-01-04 00:00:00"; got != want {
		t.Errorf("it opens %s, want %s", got, want)
	}
	if want := "frozen until Mon 2027-01-04 00:00 UTC (end of the year)"; why != want {
		t.Errorf("why is %q, want %q", why, want)
	}
}
