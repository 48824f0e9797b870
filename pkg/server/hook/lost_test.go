package hook

import (
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// watcher is the smallest loop that is woken: it reads the forge when it is told to and by the clock. What it has done is a function of the forge.
type watcher struct {
	forge *int // comments that exist
	done  []int
	looks int
}

func (w *watcher) look() {
	w.looks++
	for len(w.done) < *w.forge {
		w.done = append(w.done, len(w.done)+1)
	}
}

// Events are lost, doubled, reordered and replayed by a seed; the receiver restarts with an empty memory in between. Each comment is handled once, in
// the order of the forge.
func TestEventsLostDoubledReorderedAndReplayedChangeNothingButTheDelay(t *testing.T) {
	const comments = 12
	for _, vendor := range []string{"github", "gitlab"} {
		for seed := range uint64(150) {
			random := rand.New(rand.NewPCG(seed, 1))
			exist := 0
			w := &watcher{forge: &exist}
			fresh := func() *place {
				if vendor == "github" {
					return github(t)
				}
				return gitlab(t, fixed(testSecret), nil)
			}
			p := fresh()
			p.wake = func(Hint) { w.look() }
			var waiting, sent []int
			send := func(n int) {
				id := "d-" + strconv.Itoa(n)
				var r *http.Request
				if vendor == "github" {
					r = githubRequest("issue_comment", id, strings.ReplaceAll(githubNewComment, "40", strconv.Itoa(n)))
				} else {
					r = withToken(gitlabRequest("Note Hook", id, strings.ReplaceAll(gitlabNewNote, "40", strconv.Itoa(n))))
				}
				p.wants(t, r, 202)
				sent = append(sent, n)
			}
			for exist < comments || len(waiting) > 0 {
				if exist < comments {
					exist++
					if random.IntN(3) > 0 { // else lost
						waiting = append(waiting, exist)
					}
				}
				if len(waiting) > 0 && random.IntN(2) == 0 || exist == comments && len(waiting) > 0 {
					i := random.IntN(len(waiting))
					send(waiting[i])
					waiting = slices.Delete(waiting, i, i+1)
				}
				if len(sent) > 0 && random.IntN(3) == 0 {
					send(sent[random.IntN(len(sent))])
				}
				if random.IntN(8) == 0 {
					p = fresh()
					p.wake = func(Hint) { w.look() }
				}
			}
			w.look() // by the clock
			want := make([]int, comments)
			for i := range want {
				want[i] = i + 1
			}
			if !slices.Equal(w.done, want) {
				t.Fatalf("%s, seed %d: handled %v, want %v", vendor, seed, w.done, want)
			}
			if w.looks > len(sent)+1 {
				t.Fatalf("%s, seed %d: %d looks after %d deliveries", vendor, seed, w.looks, len(sent))
			}
		}
	}
}

func TestADoubledEventWakesOnce(t *testing.T) {
	p := github(t)
	q := gitlab(t, fixed(testSecret), nil)
	s := gitlab(t, nil, fixed(testSigning))
	for range 5 {
		p.wants(t, githubRequest("issue_comment", "d-1", githubNewComment), 202)
		q.wants(t, withToken(gitlabRequest("Note Hook", "d-1", gitlabNewNote)), 202)
		s.wants(t, signed(gitlabRequest("Note Hook", "d-1", gitlabNewNote), gitlabNewNote, time.Now(), testSigning), 202)
	}
	for name, c := range map[string]struct {
		p    *place
		want Hint
	}{"github": {p, githubCommentHint}, "gitlab by token": {q, gitlabNoteHint}, "gitlab by signature": {s, gitlabNoteHint}} {
		if got := c.p.woken(); len(got) != 1 || got[0] != c.want {
			t.Errorf("%s, delivered five times, wakes with %+v, want once with %+v", name, got, c.want)
		}
	}
}

func TestAnOldGitLabWithoutIDsWakesEachTime(t *testing.T) {
	p := gitlab(t, fixed(testSecret), nil)
	for range 3 {
		r := withToken(gitlabRequest("Note Hook", "", gitlabNewNote))
		r.Header.Del("Idempotency-Key")
		// Hooks that caused each other share this one.
		r.Header.Set("X-Gitlab-Event-UUID", "u-1")
		p.wants(t, r, 202)
	}
	if got := p.woken(); len(got) != 3 {
		t.Errorf("woken %d times, want 3", len(got))
	}
}

// A redelivery asked for by a person days later is new again: it may be how they wake a bot that missed it.
func TestARedeliveryAfterThreeDaysWakesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := github(t)
		p.wants(t, githubRequest("issue_comment", "d-1", githubNewComment), 202)
		time.Sleep(RememberedFor + time.Second)
		p.wants(t, githubRequest("issue_comment", "d-1", githubNewComment), 202)
		if got := p.woken(); len(got) != 2 {
			t.Errorf("woken %d times, want 2", len(got))
		}
	})
}
