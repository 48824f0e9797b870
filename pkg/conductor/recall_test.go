package conductor

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/forge/local"
)

// alive is a forge with a pulse, that counts how often it is asked for that and for merge requests and what stands below them.
type alive struct {
	recorder
	mark          string
	silent        error
	pulses, reads int
}

func (a *alive) Pulse(context.Context, string) (string, error) { a.pulses++; return a.mark, a.silent }

func (a *alive) Find(ctx context.Context, q forge.Query) ([]forge.MergeRequest, error) {
	a.reads++
	return a.Forge.Find(ctx, q)
}

func (a *alive) Get(ctx context.Context, number int) (forge.MergeRequest, error) {
	a.reads++
	return a.Forge.Get(ctx, number)
}

func (a *alive) Comments(ctx context.Context, number int) ([]forge.Comment, error) {
	a.reads++
	return a.Forge.Comments(ctx, number)
}

// asked is how often it was asked since the last time.
func (a *alive) asked() (pulses, reads int) {
	pulses, reads = a.pulses, a.reads
	a.pulses, a.reads = 0, 0
	return pulses, reads
}

// calm has the first merge request open, its gate green, and a person wanted.
func calm(t *testing.T) (*lab, *Conductor, *alive) {
	l := newLab(t, "git")
	a := &alive{recorder: recorder{Forge: l.bot}, mark: "1"}
	c := l.conductorAs(a)
	l.ready(c, 1)
	l.pass(2 * pulseEvery)
	l.look(c) // reads what it wrote last
	a.writes = nil
	a.asked()
	return l, c, a
}

func TestAForgeOnWhichNothingHappensIsAskedForItsPulseAlone(t *testing.T) {
	l, c, a := calm(t)
	var looks int
	for range 20 {
		l.pass(30 * time.Second)
		l.look(c)
		looks++
	}
	if !c.Recalled() {
		t.Error("the last look is said to have read")
	}
	pulses, reads := a.asked()
	if most := int(20 * 30 * time.Second / pulseEvery); pulses == 0 || pulses > most || reads != 0 {
		t.Errorf("%d looks felt its pulse %d times, at most %d are allowed, read it %d times, and wrote %q", looks, pulses, most, reads, a.writes)
	}
}

func TestWhatHappensIsSeenWithThePulse(t *testing.T) {
	l, c, a := calm(t)
	l.comment(l.ana, 1, "/canary promote")
	l.pass(pulseEvery)
	if s := l.look(c); s.Done != 0 {
		t.Fatal("it was seen without a pulse: this test shows nothing")
	}
	a.mark = "2"
	l.pass(pulseEvery)
	if s := l.look(c); s.Done != 1 {
		t.Errorf("the pulse has changed, and still:\n%s", s.Text(80))
	}
}

func TestWhoIsWokenReadsEverything(t *testing.T) {
	l, c, _ := calm(t)
	l.comment(l.ana, 1, "/canary promote")
	c.Wake()
	if s := l.look(c); s.Done != 1 || c.Recalled() {
		t.Errorf("woken, and still, or recalled (%t):\n%s", c.Recalled(), s.Text(80))
	}
}

func TestAPulseDoesNotSeeEverythingSoAllIsReadAgainAfterAnHour(t *testing.T) {
	l, c, a := calm(t)
	l.comment(l.ana, 1, "/canary promote")
	l.pass(recallFor)
	if s := l.look(c); s.Done != 1 {
		t.Errorf("an hour later, and still:\n%s", s.Text(80))
	}
	if _, reads := a.asked(); reads == 0 {
		t.Error("nothing was read")
	}
}

func TestNothingIsDoneUponWhatIsRecalled(t *testing.T) {
	l, c, a := calm(t)
	l.pass(pulseEvery)
	l.look(c)
	if _, reads := a.asked(); reads > 0 {
		t.Fatal("nothing happens, and it is read: this test shows nothing")
	}
	l.blind = errors.New("away") // of which the forge is to be told
	readBefore := -1
	a.before = func(n int) error {
		if n == 0 {
			readBefore = a.reads
		}
		return nil
	}
	l.pass(30 * time.Second)
	l.look(c)
	if len(a.writes) == 0 || readBefore <= 0 {
		t.Errorf("wrote %q after %d reads", a.writes, readBefore)
	}
}

func TestAForgeWithoutAPulseOrWhosePulseFailsIsReadAtEachLook(t *testing.T) {
	l, c, a := calm(t)
	a.silent = errors.New("away")
	for range 3 {
		l.pass(pulseEvery)
		l.look(c)
		if _, reads := a.asked(); reads == 0 {
			t.Error("a look without a pulse has read nothing")
		}
	}
}

// Checks of others do not show in a pulse, and a merge may wait for them. Approvals do.
func TestWhileAMergeWaitsForChecksOfOthersTheForgeIsReadAtEachLook(t *testing.T) {
	for _, row := range []struct {
		name  string
		want  local.Settings
		reads bool
	}{
		{"a check", local.Settings{RequiredChecks: []local.RequiredCheck{{Name: "lint"}}}, true},
		{"an approval", local.Settings{RequiredApprovals: 1}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			l, c, a := calm(t)
			if err := l.bot.SetSettings(t.Context(), row.want); err != nil {
				t.Fatal(err)
			}
			l.comment(l.ana, 1, "/canary promote")
			a.mark = "2"
			l.pass(pulseEvery)
			if s := l.look(c); s.Done != 0 {
				t.Fatal("it was merged")
			}
			l.pass(2 * pulseEvery)
			l.look(c)
			a.asked()
			l.pass(30 * time.Second)
			l.look(c)
			if _, reads := a.asked(); reads > 0 != row.reads {
				t.Errorf("read %d times", reads)
			}
		})
	}
}

func TestThePulseIsFeltOnceForAllEnvironments(t *testing.T) {
	var shared Pulse
	a := &alive{mark: "1"}
	now := time.Date(2026, 3, 9, 8, 0, 0, 0, time.UTC)
	for _, row := range []struct {
		after  time.Duration
		target string
		pulses int
	}{{0, "main", 1}, {feltTogether - 1, "main", 0}, {1, "main", 1}, {0, "release", 1}, {-time.Minute, "release", 1}} {
		now = now.Add(row.after)
		if mark, err := shared.feel(t.Context(), a, row.target, now); mark != "1" || err != nil {
			t.Errorf("got %q, %v", mark, err)
		}
		if pulses, _ := a.asked(); pulses != row.pulses {
			t.Errorf("%s of %s: %d pulses, want %d", now.Format(time.TimeOnly), row.target, pulses, row.pulses)
		}
	}
}
