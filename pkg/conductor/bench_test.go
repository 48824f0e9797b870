package conductor

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	"github.com/linnet-bot/linnet/pkg/forge"
)

// BenchmarkDecide200Environments decides once for each of 200 environments. They stand where one whole upgrade stands, look after look: before a merge request
// is opened, while its gate waits, while it soaks, promoted, merged, finished. Below each merge request people talk; below every third they talk a lot and ask
// the bot for everything.
func BenchmarkDecide200Environments(b *testing.B) {
	met := statesOfAnUpgrade(b)
	all := make([]State, 200)
	busy := 0
	for i := range all {
		all[i] = met[i*len(met)/len(all)]
		if len(Decide(all[i])) > 0 {
			busy++
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		for _, s := range all {
			Decide(s)
		}
	}
	b.ReportMetric(float64(busy), "with-actions")
}

// statesOfAnUpgrade are all that a bot meets in a whole upgrade, in order, those between two actions of one look included.
func statesOfAnUpgrade(b testing.TB) []State {
	b.Helper()
	marker, err := forge.NewMarker(bytes.Repeat([]byte{1}, forge.MinMarkerKey))
	if err != nil {
		b.Fatal(err)
	}
	met := &states{}
	l := newLab(b, "git")
	l.edit = func(s *Settings) { s.Marker, s.Recorder = &marker, met }
	talked := map[int]bool{}
	l.until(l.conductor(), "the upgrade is finished", func(s Status) bool {
		if r := s.Request; r > 0 && !talked[r] {
			talked[r] = true
			remarks, commands := 8, []string{"promote"}
			if r%3 == 0 {
				remarks, commands = 60, []string{"explain", "stragglers", "accept logging/promtail it is taken down next week", "promote"}
			}
			for i := range remarks {
				l.comment(l.ana, r, fmt.Sprintf("Remark %d: the dashboards look as they did before %s.\n\nSee the panel on retransmissions.", i, s.Phase))
			}
			for _, command := range commands {
				l.comment(l.ana, r, "/canary "+command)
			}
		}
		return s.Situation == Finished
	})
	return met.all
}

// states is a Recorder that keeps every State.
type states struct{ all []State }

func (r *states) Looked(_ context.Context, _ Status, s State, _ Seen) error {
	r.all = append(r.all, s)
	return nil
}

func (r *states) Did(context.Context, Status, State, Action) error { return nil }
