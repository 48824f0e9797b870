package conductor

import (
	"strings"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/pkg/checks"
)

func TestALookIsTakenIntoTheSoak(t *testing.T) {
	at := func(seconds int) time.Time { return noon.Add(time.Duration(seconds) * time.Second) }
	red, blink := checks.Result{Verdict: checks.Wait}, checks.Result{Verdict: checks.Wait, NoSample: true}
	row := checks.SoakClock{GreenSince: at(0), LastSample: at(60)}
	for _, tc := range []struct {
		name    string
		at, now int
		result  checks.Result
		want    checks.SoakClock
	}{
		{"the next green", 80, 80, green, checks.SoakClock{GreenSince: at(0), LastSample: at(80)}},
		{"a green that another process has looked past", 50, 70, green, row},
		{"a green that another process has looked past, and that knows of what left", 50, 70, checks.Result{Verdict: checks.Pass, NotBefore: at(30)},
			checks.SoakClock{GreenSince: at(30), LastSample: at(60), Resets: 1}},
		{"a red one that another process has looked past", 50, 70, red, checks.SoakClock{LastSample: at(60), Resets: 1}},
		{"a blink that another process has looked past", 50, 70, blink, row},
		{"a clock that is a little behind", 57, 57, green, row},
		{"a clock that was set back", 10, 10, green, checks.SoakClock{GreenSince: at(10), LastSample: at(10), Resets: 1}},
		{"a clock that was set back, and red", 10, 10, red, checks.SoakClock{LastSample: at(10), Resets: 1}},
		{"a clock that was set ahead by more than a gap", 3600, 3600, green, checks.SoakClock{GreenSince: at(3600), LastSample: at(3600), Resets: 1}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := &Conductor{Settings: Settings{MaxGap: time.Minute}}
			if got := c.sample(row, at(tc.at), at(tc.now), tc.result); got != tc.want {
				t.Errorf("got %+v, want %+v", got, tc.want)
			}
		})
	}
}

// A row is sampled as soon as one look of it was, and the next row is again what its own looks are.
func TestSoakKnowsHowItWasLookedAt(t *testing.T) {
	watching := &Conductor{Settings: Settings{MaxGap: time.Minute}}
	sampling := &Conductor{Settings: Settings{MaxGap: time.Minute, Sampled: true}}
	clock := checks.SoakClock{}
	for i, look := range []struct {
		by     *Conductor
		result checks.Result
		want   bool
	}{
		{watching, green, false}, {sampling, green, true}, {watching, green, true}, {sampling, checks.Result{}, false}, {watching, green, false},
	} {
		now := noon.Add(time.Duration(i) * 20 * time.Second)
		if clock = look.by.sample(clock, now, now, look.result); clock.Sampled != look.want {
			t.Errorf("after look %d: sampled is %t, want %t", i+1, clock.Sampled, look.want)
		}
	}
}

func TestNoteSaysHowTheSoakIsLookedAt(t *testing.T) {
	for _, tc := range []struct {
		name string
		edit func(*State)
		want string
	}{
		{"watched", func(*State) {}, "The soak is watched: a process stays and counts green looks that are no more than 1m apart; it has begun anew 2 times."},
		{"sampled", func(s *State) { s.Sampled, s.MaxGap = true, 25*time.Minute },
			"The soak is sampled: processes come and go, nobody looks in between, and the clock counts green looks that are no more than 25m apart; it has begun anew 2 times."},
		{"watched, after it was sampled", func(s *State) { s.Gate.Clock.Sampled = true },
			"The soak is sampled: processes come and go, nobody looks in between, and the clock counts green looks that are no more than 1m apart; it has begun anew 2 times."},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := open()
			s.Gate.Asked.Soak, s.Gate.Clock = time.Hour, checks.SoakClock{GreenSince: noon.Add(-time.Minute), LastSample: noon, Resets: 2}
			tc.edit(&s)
			status := describe(s)
			if note := status.note(); !strings.Contains(note, tc.want+"\n") {
				t.Errorf("the note does not say %q:\n%s", tc.want, note)
			}
			sampled := tc.name != "watched"
			if status.Soak.Sampled != sampled || strings.Contains(status.Healthy, "green in samples since ") != sampled {
				t.Errorf("sampled is %t, want %t: %s", status.Soak.Sampled, sampled, status.Healthy)
			}
		})
	}
}
