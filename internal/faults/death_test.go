package faults

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/linnet-bot/linnet/internal/race"
)

// executioner kills the bot at one of its writes: from then on nothing reaches the forge that this process sends. The forge has its state elsewhere and a bot has
// none, so this is all that a forge can notice of a death.
type executioner struct {
	next   http.RoundTripper
	at     int  // the write of this number, counted from one; 0 = none
	after  bool // and not before it
	writes int
	dead   bool
	struck string // the write
}

var errDead = errors.New("the process is dead")

// RoundTrip implements http.RoundTripper.
func (e *executioner) RoundTrip(r *http.Request) (*http.Response, error) {
	if e.dead {
		return nil, errDead
	}
	var body []byte
	if r.GetBody != nil {
		again, err := r.GetBody()
		if err != nil {
			return nil, err
		}
		if body, err = io.ReadAll(again); err != nil {
			return nil, err
		}
	}
	if read(r, body).write {
		e.writes++
	}
	if e.writes != e.at || e.struck != "" {
		return e.next.RoundTrip(r)
	}
	e.dead, e.struck = true, r.Method+" "+r.URL.Path
	if e.after {
		if response, err := e.next.RoundTrip(r); err == nil {
			_ = response.Body.Close()
		}
	}
	return nil, errDead
}

// TestKilledBeforeOrAfterAnyWriteTheLifeEndsTheSame is the matrix of package crash on the two remote forges: one life for each
// moment, or for as many as the flag -faults.deaths says.
func TestKilledBeforeOrAfterAnyWriteTheLifeEndsTheSame(t *testing.T) {
	race.SkipAlone(t)
	for _, v := range []Vendor{GitHub, GitLab} {
		for _, back := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, back %t", v, back), func(t *testing.T) {
				t.Parallel()
				undisturbed := killed(t, v, back, &executioner{})
				t.Logf("%d writes, and so %d moments to be killed at", undisturbed.writes, 2*undisturbed.writes)
				for moment := *deaths / 2; moment < 2*undisturbed.writes; moment += max(*deaths, 1) {
					e := &executioner{at: 1 + moment/2, after: moment%2 == 1}
					t.Run(fmt.Sprintf("write %d, after %t", e.at, e.after), func(t *testing.T) {
						if killed(t, v, back, e); e.struck == "" {
							t.Error("nobody was killed")
						}
					})
				}
			})
		}
	}
}

func killed(t *testing.T, v Vendor, back bool, e *executioner) *executioner {
	t.Helper()
	w := newWorld(t, v, Schedule{}, func(w *world) { w.back = back })
	e.next, w.wire = w.wire, e
	w.restart()
	defer func() {
		if t.Failed() {
			t.Logf("killed at %s\n%s", e.struck, w.tell())
		}
	}()
	w.converge()
	w.judge()
	return e
}
