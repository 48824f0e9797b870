package conductor

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// edits counts how often notes of merge requests were edited.
func (r *recorder) edits() int {
	return len(slices.DeleteFunc(slices.Clone(r.writes), func(w string) bool { return !strings.HasPrefix(w, "edit ") }))
}

func TestDetailsOfAGateAreBroughtUpToDateNowAndThen(t *testing.T) {
	l := newLab(t, "git")
	r := &recorder{Forge: l.bot}
	c := l.conductorAs(r)
	for n := 1; n <= 3; n++ {
		l.ready(c, n)
		l.comment(l.ana, n, "/canary promote")
		l.look(c)
	}
	// The first wave rolls, and the gate of the next phase follows it.
	r.writes = nil
	began := l.cluster.Now()
	seen := map[string]bool{}
	s := l.until(c, "the gate is green", func(s Status) bool {
		if !s.Gate.Green() {
			seen[s.gateText] = true
		}
		return s.Gate.Green()
	})
	took := l.cluster.Now().Sub(began)
	if most := 1 + int(took/detailEvery); len(seen) < 3 || r.edits() > most+1 {
		t.Errorf("the gate had %d faces in %s, and the note was edited %d times, at most %d were to be expected", len(seen), took, r.edits(), most+1)
	}
	l.wantNote(4, "Yes: the gate has been green since "+clock(s.Soak.Since))
}

func TestAGreenGateIsToldOnce(t *testing.T) {
	l := newLab(t, "git")
	r := &recorder{Forge: l.bot}
	c := l.conductorAs(r)
	l.ready(c, 1)
	r.writes = nil
	counts := map[string]bool{}
	for range 60 {
		l.pass(30 * time.Second)
		counts[l.look(c).gateText] = true
	}
	if len(counts) < 2 || len(r.writes) > 0 {
		t.Errorf("the green gate had %d faces, and the bot wrote %q", len(counts), r.writes)
	}
}

func TestWhatIsAboutToBeMergedIsNotToldBefore(t *testing.T) {
	l := newLab(t, "git")
	r := &recorder{Forge: l.bot}
	c := l.conductorAs(r)
	l.ready(c, 1)
	r.writes = nil
	l.comment(l.ana, 1, "/canary promote")
	l.look(c)
	merged := slices.IndexFunc(r.writes, func(w string) bool { return strings.HasPrefix(w, "merge ") })
	told := slices.IndexFunc(r.writes, func(w string) bool { return strings.HasPrefix(w, "edit ") })
	if merged < 0 || told < merged {
		t.Errorf("the bot wrote %q, want the note only after the merge", r.writes)
	}
	l.wantNote(1, "on the word of", "is merged as")
}

func TestGistIsWhatPeopleHaveToKnow(t *testing.T) {
	note := "**Happening** Phase 1.\n\n**Healthy** Not yet: 3 of 7.\n\n**In the way**\n\n- Pod a/b: old.\n- The forge: Approvals are missing.\n\n**Wanted** Nobody.\n\n```text\n… 3 of 7\n```\n"
	for _, row := range []struct {
		name, from, to string
		same           bool
	}{
		{"why it is not green", "3 of 7.", "4 of 7.", true},
		{"a straggler", "- Pod a/b: old.\n", "", true},
		{"the gate", "… 3 of 7", "… 4 of 7", true},
		{"green or not", "Not yet:", "No:", false},
		{"what the forge wants", "- The forge: Approvals are missing.\n", "", false},
		{"what a person is to do", "Nobody.", "A reviewer.", false},
		{"what happens", "Phase 1.", "Phase 2.", false},
	} {
		if changed := strings.Replace(note, row.from, row.to, 1); changed == note || (gist(changed) == gist(note)) != row.same {
			t.Errorf("%s: %q and %q", row.name, gist(note), gist(changed))
		}
	}
}
