package conductor

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnet-bot/linnet/pkg/calendar"
	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/planner"
)

func mustCalendar(windows []calendar.Window, freezes []calendar.Freeze) calendar.Calendar {
	c, err := calendar.New(windows, freezes)
	if err != nil {
		panic(err)
	}
	return c
}

// frozen is a Monday noon in a freeze that ends with the Tuesday.
func frozen(s *State) {
	s.Calendar = mustCalendar(nil, []calendar.Freeze{{From: "2026-03-02", Until: "2026-03-10", Zone: "Europe/Berlin", Reason: "audit @all"}})
}

// nights is a Monday noon before a window that opens in the evening.
func nights(s *State) {
	s.Calendar = mustCalendar([]calendar.Window{{Start: "0 22 * * mon-thu", Duration: 4 * time.Hour, Zone: "Europe/Berlin"}}, nil)
}

func auto(s *State)   { s.Merge = Auto }
func manual(s *State) { s.Merge = Manual }

// soaks is a gate that is green and must stay so until the given time of the Monday.
func soaks(until time.Time) func(*State) {
	return func(s *State) {
		s.Gate.Asked.Soak = time.Hour
		s.Gate.Clock = checks.SoakClock{GreenSince: until.Add(-time.Hour), LastSample: noon}
	}
}

func byKind(kinds map[planner.Kind]When) func(*State) {
	return func(s *State) { s.MergeByKind = kinds }
}

// The second of the three phases, canary, is green at noon in all of them.
func TestTheBotMergesWhereKindAndCalendarLetIt(t *testing.T) {
	const merge = "merge !5 at 22222222"
	evening := func(s *State) {
		s.Now = time.Date(2026, 3, 9, 22, 30, 0, 0, time.UTC)
		s.Seen = s.Now
	}
	seen := func(ago time.Duration) func(*State) { return func(s *State) { s.Seen = s.Now.Add(-ago) } }
	for _, tc := range []struct {
		name  string
		edits []func(*State)
		want  []string
	}{
		{"auto in a freeze", []func(*State){auto, frozen}, nil},
		{"auto outside of every window", []func(*State){auto, nights}, nil},
		{"auto in a window", []func(*State){auto, nights, evening}, []string{merge}},
		{"promoted in a freeze", []func(*State){claimed, frozen}, nil},
		{"promoted outside of every window", []func(*State){claimed, nights}, nil},
		{"promoted in a window", []func(*State){claimed, nights, evening}, []string{merge}},
		{"a kind of its own is auto", []func(*State){byKind(map[planner.Kind]When{planner.Canary: Auto})}, []string{merge}},
		{"another kind is auto", []func(*State){byKind(map[planner.Kind]When{planner.CRDs: Auto})}, nil},
		{"all but this kind are auto", []func(*State){auto, byKind(map[planner.Kind]When{planner.Canary: OnPromote})}, nil},
		{"a word that there is not is manual", []func(*State){byKind(map[planner.Kind]When{planner.Canary: "always"})}, nil},
		{"the look has taken its time", []func(*State){auto, seen(time.Minute)}, []string{merge}},
		{"the look has taken so long that what it saw is old", []func(*State){auto, seen(time.Minute + 1)}, nil},
		{"people merge this kind", []func(*State){auto, byKind(map[planner.Kind]When{planner.Canary: Manual})}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var got []string
			for _, a := range Decide(open(tc.edits...)) {
				if _, reaction := a.(React); !reaction {
					got = append(got, a.String())
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Only merging waits for the calendar.
func TestTheCalendarHoldsNothingButTheMerge(t *testing.T) {
	for name, state := range map[string]State{
		"a branch is made":                next(),
		"a promotion is claimed and told": func() State { s := open(); promoted(&s); return s }(),
		"what is not planned is planned anew": open(func(s *State) {
			s.Head = Head{SHA: sha2, Merges: Otherwise, Ours: true, Tree: files("mine")}
		}),
		"what is not next is closed": func() State {
			s := open()
			s.Others = []Request{{MergeRequest: forge.MergeRequest{Number: 3, State: forge.Open}}}
			return s
		}(),
	} {
		want := Decide(state)
		frozen(&state)
		var got []string
		for _, a := range Decide(state) {
			got = append(got, a.String())
		}
		for _, a := range want {
			if !strings.Contains(strings.Join(got, "\n"), a.String()) {
				t.Errorf("%s: in a freeze it does %q, want %q in it", name, got, a)
			}
		}
		if len(want) == 0 {
			t.Errorf("%s: nothing is done at all", name)
		}
	}
}

func TestKindsOfPhasesHaveMergersOfTheirOwn(t *testing.T) {
	some := map[planner.Kind]When{planner.CRDs: Auto, planner.Bump: Manual, planner.Wave: OnPromote}
	for _, tc := range []struct {
		name  string
		merge When
		kinds map[planner.Kind]When
		phase planner.Phase
		want  When
	}{
		{"its own word", OnPromote, some, planner.Phase{Number: 1, Kind: planner.CRDs}, Auto},
		{"the word for all", OnPromote, some, planner.Phase{Number: 5, Kind: planner.Gateway}, OnPromote},
		{"more careful than all", Auto, some, planner.Phase{Number: 8, Kind: planner.Bump}, Manual},
		{"the way back by the kind of the phase", OnPromote, some, planner.Phase{Number: 1, Name: "back-crds", Kind: planner.CRDs}, Auto},
		{"nobody said anything", "", nil, planner.Phase{Number: 5, Kind: planner.Gateway}, Manual},
		{"CRDs and canary in one, by the more careful", OnPromote, some, planner.Phase{Number: 1, Kind: planner.Canary}, OnPromote},
		{"and the other way round", OnPromote, map[planner.Kind]When{planner.CRDs: Manual, planner.Canary: Auto}, planner.Phase{Number: 1, Kind: planner.Canary}, Manual},
		{"both of them", OnPromote, map[planner.Kind]When{planner.CRDs: Auto, planner.Canary: Auto}, planner.Phase{Number: 1, Kind: planner.Canary}, Auto},
		{"canary alone", OnPromote, map[planner.Kind]When{planner.CRDs: Manual, planner.Canary: Auto}, planner.Phase{Number: 2, Kind: planner.Canary}, Auto},
	} {
		if got := (State{Merge: tc.merge, MergeByKind: tc.kinds}).when(tc.phase); got != tc.want {
			t.Errorf("%s: got %s, want %s", tc.name, got, tc.want)
		}
	}
}

func TestStatusSaysWhatTheMergeWaitsFor(t *testing.T) {
	approvals := func(s *State) {
		s.Current.Mergeability = forge.Mergeability{Readiness: forge.Blocked, Reasons: []forge.Reason{{Kind: forge.ReasonApprovals, Text: "1 of 2 approvals missing"}}}
	}
	waits := func(s *State) { s.Gate.Result.Verdict, s.Gate.Result.Reason = checks.Wait, "2 proxies are on default" }
	const (
		evening = "The calendar: opens Mon 2026-03-09 22:00 Europe/Berlin."
		audit   = "The calendar: frozen until Wed 2026-03-11 00:00 Europe/Berlin (audit @all)."
	)
	for _, tc := range []struct {
		name      string
		edits     []func(*State)
		situation Situation
		blocks    string
		wanted    string
		goesOn    string
		check     forge.CheckState
		title     string
	}{
		{"auto", []func(*State){auto, nights}, Waiting, evening, "Nobody.", "At Mon 2026-03-09 22:00 Europe/Berlin, if the gate is green then: it is merged by itself.",
			forge.Success, "green, but the bot waits: opens Mon 2026-03-09 22:00 Europe/Berlin"},
		{"promoted", []func(*State){claimed, frozen}, Waiting, audit, "Nobody.", "At Wed 2026-03-11 00:00 Europe/Berlin, if the gate is green then: it is merged by itself.",
			forge.Success, "green, but the bot waits: frozen until Wed 2026-03-11 00:00 Europe/Berlin (audit @all)"},
		{"not promoted", []func(*State){nights}, Ready, evening, "A reviewer: comment `/canary promote` below !5, or merge it.",
			"Not by itself: a person decides. On their word it is merged at Mon 2026-03-09 22:00 Europe/Berlin.", forge.Success, "green, but the bot waits: opens"},
		{"people merge", []func(*State){manual, nights}, Ready, "", "Somebody who may: merge !5.", "Not by itself: a person decides.", forge.Success, ""},
		{"the forge wants something too", []func(*State){auto, nights, approvals}, Waiting, "The forge: 1 of 2 approvals missing.|" + evening, "Reviewers: approve !5 (1 of 2 approvals missing).",
			"As soon as the forge lets it be merged, at Mon 2026-03-09 22:00 Europe/Berlin at the earliest.", forge.Success, "green, but the bot waits: opens"},
		{"the gate waits", []func(*State){auto, frozen, waits}, Waiting, audit, "Nobody.",
			"When the gate is green; then it is merged by itself. The bot does not merge before Wed 2026-03-11 00:00 Europe/Berlin.", forge.InProgress, ""},
		{"a soak that ends in the window", []func(*State){auto, nights, soaks(time.Date(2026, 3, 9, 22, 0, 0, 0, time.UTC))}, Waiting, "", "Nobody.",
			"At 2026-03-09 22:00 UTC at the earliest, if the gate stays green; then it is merged by itself.", forge.InProgress, ""},
		{"a soak that ends before it", []func(*State){auto, nights, soaks(noon.Add(time.Minute))}, Waiting, evening, "Nobody.",
			"At 2026-03-09 12:01 UTC at the earliest, if the gate stays green; then it is merged by itself. The bot does not merge before Mon 2026-03-09 22:00 Europe/Berlin.", forge.InProgress, ""},
		{"never", []func(*State){auto, func(s *State) {
			s.Now = time.Date(2096, 3, 1, 0, 0, 0, 0, time.UTC)
			s.Calendar = mustCalendar([]calendar.Window{{Start: "0 6 29 2 *", Duration: time.Hour}}, nil)
		}}, Waiting, "The calendar: no window opens again.", "Nobody.", "Not by itself: no window opens again, so a person merges.", forge.Success, "green, but the bot waits: no window opens again"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := open(tc.edits...)
			status := describe(s)
			check := s.check(status)
			if status.Situation != tc.situation {
				t.Errorf("the situation is %s, want %s", status.Situation, tc.situation)
			}
			if got := strings.Join(status.Blocks, "|"); got != tc.blocks {
				t.Errorf("in the way is %q, want %q", got, tc.blocks)
			}
			if got := strings.Join(status.Wanted, "|"); got != tc.wanted {
				t.Errorf("wanted is %q, want %q", got, tc.wanted)
			}
			if status.GoesOn != tc.goesOn {
				t.Errorf("it goes on %q, want %q", status.GoesOn, tc.goesOn)
			}
			if check.State != tc.check || !strings.Contains(check.Title, tc.title) || tc.title == "" && strings.Contains(check.Title, "bot") {
				t.Errorf("the check is %s: %s, want %s and %q in it", check.State, check.Title, tc.check, tc.title)
			}
			if (status.Shut == "") != (tc.blocks == "") {
				t.Errorf("shut is %q, but in the way is %q", status.Shut, tc.blocks)
			}
		})
	}
}

func TestAnswerToAPromotionSaysThatTheCalendarIsInTheWay(t *testing.T) {
	said := strings.Join(describe(open(claimed, nights)).Commands, "\n")
	if want := "22222222 is merged as soon as the gate is green, and the forge and the calendar let it: opens Mon 2026-03-09 22:00 Europe/Berlin."; !strings.Contains(said, want) {
		t.Errorf("it says %q, want %q", said, want)
	}
}

func TestPromotionIsVoidWherePeopleMergeThatKind(t *testing.T) {
	for _, tc := range []struct {
		edits []func(*State)
		want  string
	}{
		{[]func(*State){manual}, "void, since people merge here (policy.merge is manual)."},
		{[]func(*State){byKind(map[planner.Kind]When{planner.Canary: Manual})}, "void, since people merge here (policy.mergeByPhase.canary is manual)."},
		{[]func(*State){byKind(map[planner.Kind]When{planner.CRDs: Manual})}, "is merged as soon as"},
		{[]func(*State){manual, byKind(map[planner.Kind]When{planner.Canary: OnPromote})}, "is merged as soon as"},
	} {
		if said := strings.Join(describe(open(append(tc.edits, claimed)...)).Commands, "\n"); !strings.Contains(said, tc.want) {
			t.Errorf("it says %q, want %q", said, tc.want)
		}
	}
}
