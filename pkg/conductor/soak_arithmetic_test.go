package conductor

import (
	"bytes"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/planner"
)

// The length of a soak is held against the cluster's own time: the gate opens neither before the soak has passed since the first green look, nor later than
// one look after that. Half-way something is lost: what loses the soak begins it anew, and nothing shortens it.
func TestASoakLastsAsLongAsItSays(t *testing.T) {
	const process, note, key = "the process", "process and note", "process and key"
	for _, tc := range []struct {
		name           string
		interval, need time.Duration
		sampled        bool
	}{
		{"watched every 10 s", 10 * time.Second, 2 * time.Minute, false},
		{"watched every 30 s", 30 * time.Second, 4 * time.Minute, false},
		{"sampled every 10 min", 10 * time.Minute, time.Hour, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			maxGap, seal := max(DefaultMaxGap, tc.interval*5/2), byte('a')
			l := newLab(t, "git")
			l.policy = planner.Policy{Soak: planner.Soak{Wave: tc.need, Gateway: tc.need, Bump: tc.need, Cleanup: tc.need}}
			l.plans = &plans{most: 64} // of this policy
			l.edit = func(s *Settings) {
				m, err := forge.NewMarker(bytes.Repeat([]byte{seal}, forge.MinMarkerKey))
				if err != nil {
					t.Fatal(err)
				}
				s.MaxGap, s.Sampled, s.Marker = maxGap, tc.sampled, &m
			}
			c := l.conductor()
			for n := 1; n <= 3; n++ {
				l.ready(c, n)
				l.comment(l.ana, n, "/canary promote")
				l.look(c)
			}
			for _, lost := range []string{"", process, note, key} {
				if tc.sampled && lost == process {
					continue // that is so at each look
				}
				l.pass(3 * maxGap) // too long for the row before to go on
				var since time.Time
				var s Status
				anew := lost == note || lost == key
				halfway := false
				for looks := 0; s.Situation != Ready; looks++ {
					if looks == 100 {
						t.Fatalf("%q was lost, and a hundred looks later the gate is still closed:\n%s", lost, s.Text(100))
					}
					l.pass(tc.interval)
					if tc.sampled {
						c = l.conductor()
					}
					if s = l.look(c); s.Health == checks.Pass && since.IsZero() {
						since = l.cluster.Now()
					}
					if since.IsZero() || halfway || l.cluster.Now().Sub(since) < tc.need/2 {
						continue
					}
					halfway = true
					switch lost {
					case note:
						l.forget(4)
					case key:
						seal++
					}
					if lost != "" {
						c = l.conductor()
					}
					if anew {
						since = time.Time{}
					}
				}
				if lasted := l.cluster.Now().Sub(since); lasted < tc.need || lasted >= tc.need+tc.interval {
					t.Errorf("%q was lost half-way: the gate opened after %s of green, want %s:\n%s", lost, lasted, tc.need, s.Text(100))
				}
				if s.Soak.Sampled != tc.sampled {
					t.Errorf("sampled is %t, want %t", s.Soak.Sampled, tc.sampled)
				}
			}
		})
	}
}

// forget deletes the bot's note below a merge request.
func (l *lab) forget(number int) {
	l.Helper()
	all, err := l.bot.Comments(l.Context(), number)
	if err != nil {
		l.Fatal(err)
	}
	for _, c := range all {
		if n, ok := forge.NoteName(c.Body); ok && n == noteName {
			if err := l.bot.DeleteComment(l.Context(), number, c.ID); err != nil {
				l.Fatal(err)
			}
		}
	}
}
