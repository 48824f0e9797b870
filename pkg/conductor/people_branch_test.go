package conductor

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// dropBranch deletes a branch as somebody with a clone does, whatever is open from it.
func (l *lab) dropBranch(branch string) {
	l.Helper()
	if err := os.Remove(filepath.Join(l.dir, "repo.git", "refs", "heads", filepath.FromSlash(branch))); err != nil {
		l.Fatal(err)
	}
}

func TestDeletedBranchOfAnOpenRequestStopsTheBot(t *testing.T) {
	for name, start := range map[string]func(*testing.T) (*lab, *Conductor){"forward": oneIn, "back": goingBack} {
		t.Run(name, func(t *testing.T) {
			l, c := start(t)
			at := l.newest()
			r := l.get(at)
			l.dropBranch(r.Source)
			s := l.look(c)
			text := oneLine(s.Text(400))
			if s.Situation != Stopped || !strings.Contains(text, fmt.Sprintf("The branch %s of !%d is gone, so somebody deleted it.", r.Source, at)) {
				t.Errorf("got:\n%s", s.Text(100))
			}
			way := map[string]string{"forward": "resume", "back": "rollback"}[name]
			if !strings.Contains(text, fmt.Sprintf("Bring the branch back at %.8s and reopen !%d, or comment `/canary abort` and then `/canary %s` below !%d", r.Head, at, way, at)) {
				t.Errorf("got:\n%s", text)
			}
			l.quietLook("it was said")
			l.say("/canary abort")
			l.look(c)
			l.say("/canary " + way)
			l.ready(c, at+1)
			if got := l.get(at + 1).Source; !strings.HasPrefix(got, "linnet/dev/3.19.0/2-02-") {
				t.Errorf("the branch is %s", got)
			}
		})
	}
}

// Some forges leave a merge request open whose branch is gone.
func TestRequestThatOutlivesItsBranchStopsTheBot(t *testing.T) {
	s := open()
	s.Steps[1].Head, s.Head = "", Head{}
	if got := describe(s); got.Situation != Stopped || !strings.Contains(got.Wanted[0], "Bring the branch back at 22222222, or close !5 and comment") {
		t.Errorf("got:\n%s", got.Text(100))
	}
	for _, a := range Decide(s) {
		if text := a.String(); !strings.HasPrefix(text, "set check") && !strings.HasPrefix(text, "write the note") {
			t.Errorf("it would %s", text)
		}
	}
}
