package crash

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// BenchmarkResumeAfterAKill measures how long it takes from the start of a process until it has finished a merge in the middle of which the one before it was
// killed, and all that follows: the next merge request with description, check and note. The process has nothing in memory, and plans first.
func BenchmarkResumeAfterAKill(b *testing.B) {
	looks := undisturbed(b, func(s *stage) {
		s.watched = true
		s.promote()
	})
	last := looks[len(looks)-1]
	at := slices.IndexFunc(last.answer.Instants, func(i Instant) bool { return i.Side == Within && i.What == onForge+"merge !1" })
	if at < 0 {
		b.Fatalf("the last look merges nothing: %v", last.answer.Instants)
	}
	dir := b.TempDir()
	killed := last
	killed.before = filepath.Join(dir, "killed")
	o := last.restored(b, killed.before)
	o.Stop = at
	if a := send(b, o)[0]; !a.Killed {
		b.Fatal("it was not killed")
	}
	var spent time.Duration
	n := 0
	for ; b.Loop(); n++ {
		b.StopTimer()
		o := killed.restored(b, filepath.Join(dir, fmt.Sprint(n)))
		b.StartTimer()
		p := start(b)
		answers := p.look(o)
		b.StopTimer()
		p.end()
		if a := answers[0]; a.Done != 1 || a.Request != 2 {
			b.Fatalf("it did not go on: %s", a.Happening)
		}
		spent += p.cmd.ProcessState.UserTime() + p.cmd.ProcessState.SystemTime()
		b.StartTimer()
	}
	b.ReportMetric(float64(spent.Milliseconds())/float64(n), "cpu-ms/op") // of the process, on a machine that is never quiet
}
