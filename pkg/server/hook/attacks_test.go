package hook

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// unread fails the test when somebody reads what was refused already.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body is read before the request is refused")
	return 0, io.EOF
}

func TestAttackForgedWebhook(t *testing.T) {
	hub := func(signature ...string) func(*http.Request) {
		return func(r *http.Request) { r.Header["X-Hub-Signature-256"] = signature }
	}
	right := githubRequest("issue_comment", "d-1", githubNewComment).Header.Get("X-Hub-Signature-256")
	for name, change := range map[string]func(*http.Request){
		"no signature":             hub(),
		"an empty one":             hub(""),
		"without its name":         hub(strings.TrimPrefix(right, "sha256=")),
		"only its beginning":       hub(right[:len(right)-2]),
		"more than it":             hub(right + "00"),
		"another one":              hub("sha256=" + strings.Repeat("0", 64)),
		"no hexadecimal":           hub("sha256=" + strings.Repeat("g", 64)),
		"two, one of them right":   hub(right, "sha256="+strings.Repeat("0", 64)),
		"SHA-1 under SHA-256":      hub("sha1=" + strings.Repeat("0", 40)),
		"another body":             func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader(githubNewComment + " ")) },
		"the secret as GitLab's":   func(r *http.Request) { hub()(r); r.Header.Set("X-Gitlab-Token", testSecret) },
		"the right SHA-1 and none": func(r *http.Request) { hub()(r); r.Header.Set("X-Hub-Signature", "sha1="+strings.Repeat("0", 40)) },
	} {
		t.Run("github, "+name, func(t *testing.T) {
			p := github(t)
			r := githubRequest("issue_comment", "d-1", githubNewComment)
			change(r)
			p.wants(t, r, 401)
			if got := p.woken(); len(got) != 0 {
				t.Errorf("a forged event wakes with %+v", got)
			}
			// What was forged must not make the real one a duplicate.
			p.wants(t, githubRequest("issue_comment", "d-1", githubNewComment), 202)
			if got := p.woken(); len(got) != 1 {
				t.Errorf("after a forged delivery with its id the real one wakes %d times, want once", len(got))
			}
		})
	}
	for name, tokens := range map[string][]string{
		"no token": nil, "an empty one": {""}, "its beginning": {testSecret[:5]}, "more than it": {testSecret + "x"}, "another case": {strings.ToUpper(testSecret)},
		"two, one of them right": {testSecret, "x"},
	} {
		t.Run("gitlab, "+name, func(t *testing.T) {
			p := gitlab(t, fixed(testSecret), nil)
			r := gitlabRequest("Note Hook", "d-1", "")
			r.Body = io.NopCloser(unread{t})
			r.Header["X-Gitlab-Token"] = tokens
			p.wants(t, r, 401)
		})
	}
	t.Run("without a secret nothing starts", func(t *testing.T) {
		o := (&place{memory: NewMemory()}).options()
		for name, s := range map[string]Secret{"none": nil, "an empty list": fixed(), "an empty one": fixed(""), "one of two empty": fixed("x", ""),
			"one that cannot be read": func() ([]string, error) { return nil, errors.New("no such file") }} {
			if _, err := NewGitHub(s, o); err == nil {
				t.Errorf("a receiver for GitHub is made with %s", name)
			}
			if _, err := NewGitLab(s, nil, o); err == nil {
				t.Errorf("a receiver for GitLab is made with the token %s", name)
			}
			if _, err := NewGitLab(nil, s, o); err == nil {
				t.Errorf("a receiver for GitLab is made with the signing token %s", name)
			}
		}
	})
}

func TestAttackSecretInLogs(t *testing.T) {
	p := gitlab(t, fixed(testSecret), fixed(testSigning))
	guess := "glpat-guess-near-the-secret"
	r := gitlabRequest("Note Hook", "d-1", gitlabNewNote)
	r.Header.Set("X-Gitlab-Token", guess)
	w := p.do(r)
	s := signed(withToken(gitlabRequest("Note Hook", "d-2", gitlabNewNote)), gitlabNewNote, time.Unix(0, 0), testSigning)
	p.wants(t, s, 401)
	p.wants(t, withToken(gitlabRequest("Note Hook", "d-3", `{"object_kind": "note", "project": "`+guess+`"}`)), 202)
	said := p.log.String() + w.Body.String()
	for _, secret := range []string{guess, testSecret, testSigning, s.Header.Get("Webhook-Signature"), "d-1", "d-2"} {
		if strings.Contains(said, secret) {
			t.Errorf("log or answer holds %q:\n%s", secret, said)
		}
	}
	first, _, _ := strings.Cut(p.log.String(), "\n")
	for _, want := range []string{`msg="bad signature"`, "source=192.0.2.1:1234", "request="} {
		if !strings.Contains(first, want) {
			t.Errorf("the log lacks %s: %s", want, first)
		}
	}
	_, id, _ := strings.Cut(first, "request=")
	if id, _, _ = strings.Cut(id, " "); !strings.Contains(w.Body.String(), id) {
		t.Errorf("the answer %q lacks the request id %s of the log", w.Body, id)
	}
}

// endless gives zeros and counts them.
type endless struct{ read int }

func (e *endless) Read(b []byte) (int, error) {
	e.read += len(b)
	return len(b), nil
}

func TestAttackHugeBodyBeforeAuthentication(t *testing.T) {
	t.Run("declared", func(t *testing.T) {
		p := github(t)
		r := githubRequest("push", "d-1", "")
		r.Body, r.ContentLength = io.NopCloser(unread{t}), largestBody+1
		p.wants(t, r, 413)
	})
	t.Run("not declared", func(t *testing.T) {
		p, body := github(t), &endless{}
		r := githubRequest("push", "d-1", "")
		r.Body, r.ContentLength = io.NopCloser(body), -1
		p.wants(t, r, 413)
		if body.read > 2*largestBody {
			t.Errorf("%d bytes are read, want not much more than %d", body.read, largestBody)
		}
	})
	t.Run("without what may be a signature no byte is read", func(t *testing.T) {
		for _, signature := range []string{"", "sha256=", "sha256=00", "sha1=" + strings.Repeat("0", 64)} {
			r := githubRequest("push", "d-1", "")
			r.Header.Set("X-Hub-Signature-256", signature)
			r.Body, r.ContentLength = io.NopCloser(unread{t}), largestBody
			github(t).wants(t, r, 401)
		}
	})
	t.Run("as large as the forges send", func(t *testing.T) {
		p := github(t)
		start := `{"zen": "`
		end := `", "hook": {}}`
		body := start + strings.Repeat("z", largestBody-len(start)-len(end)) + end
		p.wants(t, githubRequest("ping", "d-1", body), 202)
		if got := p.woken(); len(got) != 1 {
			t.Errorf("a body of %d bytes wakes %d times, want once", len(body), len(got))
		}
	})
}

func TestAttackManyBodiesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := github(t)
		var open []*io.PipeWriter
		var done sync.WaitGroup
		for range bodiesAtOnce {
			reader, writer := io.Pipe()
			open = append(open, writer)
			r := githubRequest("push", "d-1", "")
			r.Body, r.ContentLength = reader, -1
			done.Go(func() { p.do(r) })
		}
		synctest.Wait()
		start := time.Now()
		r := githubRequest("issue_comment", "d-2", githubNewComment)
		r.Body = io.NopCloser(unread{t})
		w := p.do(r)
		if w.Code != 503 || w.Header().Get("Retry-After") == "" || time.Since(start) != longestWait {
			t.Errorf("with %d bodies open one more is answered %d %v after %s, want 503 with Retry-After after %s", bodiesAtOnce, w.Code, w.Header(),
				time.Since(start), longestWait)
		}
		for _, writer := range open {
			_ = writer.CloseWithError(io.ErrUnexpectedEOF)
		}
		done.Wait()
		p.wants(t, githubRequest("issue_comment", "d-2", githubNewComment), 202)
	})
}

func TestAttackSlowBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := github(t)
		w := &deadlines{ResponseRecorder: httptest.NewRecorder()}
		p.ServeHTTP(w, githubRequest("issue_comment", "d-1", githubNewComment))
		if want := time.Now().Add(longestRead); !w.read.Equal(want) {
			t.Errorf("the body may be read until %s, want %s", w.read, want)
		}
	})
}

type deadlines struct {
	*httptest.ResponseRecorder
	read time.Time
}

func (d *deadlines) SetReadDeadline(at time.Time) error {
	d.read = at
	return nil
}

func TestAttackCrashByContent(t *testing.T) {
	t.Run("what is decoded", func(t *testing.T) {
		for name, body := range map[string]string{
			"nothing": "", "null": "null", "a list": "[]", "a number": "1", "empty": "{}", "nulls": `{"issue": null, "comment": null, "repository": null}`,
			"cut off": githubNewComment[:60], "two values": githubNewComment + githubNewComment, "deep": strings.Repeat("[", 1<<20),
			"a huge number": strings.ReplaceAll(githubNewComment, "40", "1"+strings.Repeat("0", 400)), "a negative number": strings.ReplaceAll(githubNewComment, "7", "-7"),
			"no number": strings.ReplaceAll(githubNewComment, "7", "0"), "no comment": strings.ReplaceAll(githubNewComment, "40", "0"),
			"no project":           strings.ReplaceAll(githubNewComment, "acme/gitops", ""),
			"a path in a project":  strings.ReplaceAll(githubNewComment, "acme/gitops", "acme/../x"),
			"a query in a project": strings.ReplaceAll(githubNewComment, "acme/gitops", "acme/gitops?x"),
			"a line in a project":  strings.ReplaceAll(githubNewComment, "acme/gitops", `acme/gitops\n`),
		} {
			p := github(t)
			p.wants(t, githubRequest("issue_comment", "d-1", body), 202)
			if got := p.woken(); len(got) != 0 || !strings.Contains(p.log.String(), "event not understood") {
				t.Errorf("%s wakes with %+v, want that it is not understood\nlog: %s", name, got, p.log.String())
			}
			if strings.Contains(p.log.String(), "panic") {
				t.Errorf("%s makes the program panic:\n%s", name, p.log.String())
			}
		}
	})
	t.Run("what panics is quarantined by its id", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p := github(t)
			p.wake = func(Hint) { panic("content: " + testSecret) }
			p.wants(t, githubRequest("issue_comment", "poison", githubNewComment), 202)
			if got := p.memory.Quarantined(); len(got) != 1 || got[0] != "github/poison" {
				t.Errorf("quarantined is %v, want github/poison", got)
			}
			if log := p.log.String(); !strings.Contains(log, "delivery=github/poison") || strings.Contains(log, testSecret) {
				t.Errorf("the log must name the delivery and not what was thrown:\n%s", log)
			}
			p.wake = nil
			time.Sleep(10 * RememberedFor)
			p.wants(t, githubRequest("issue_comment", "poison", githubNewComment), 202)
			p.wants(t, githubRequest("issue_comment", "d-2", githubNewComment), 202)
			if got := p.woken(); len(got) != 2 {
				t.Errorf("woken %d times, want by the poison the first time and by the next event", len(got))
			}
		})
	})
	t.Run("a panic gives its place back", func(t *testing.T) {
		p := gitlab(t, fixed(testSecret), nil)
		p.wake = func(Hint) { panic("x") }
		for range 2 * bodiesAtOnce {
			p.wants(t, withToken(gitlabRequest("Note Hook", "", gitlabNewNote)), 202)
		}
	})
}

func TestAttackReplay(t *testing.T) {
	t.Run("github, under its id", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p := github(t)
			for range 3 {
				p.wants(t, githubRequest("issue_comment", "d-1", githubNewComment), 202)
				time.Sleep(RememberedFor / 3)
			}
			p.wants(t, githubRequest("issue_comment", "d-1", githubNewComment), 202)
			if got := p.woken(); len(got) != 1 {
				t.Errorf("replayed for three days it wakes %d times, want once", len(got))
			}
		})
	})
	t.Run("github, under another id, which is not signed", func(t *testing.T) {
		p := github(t)
		p.wants(t, githubRequest("issue_comment", "d-1", githubNewComment), 202)
		p.wants(t, githubRequest("issue_comment", "d-2", githubNewComment), 202)
		for _, got := range p.woken() {
			if got != githubCommentHint {
				t.Errorf("a replay wakes with %+v, want the same hint %+v, which says nothing of what to do", got, githubCommentHint)
			}
		}
	})
	t.Run("github, as another event, which is not signed", func(t *testing.T) {
		for event := range githubEvents {
			p := github(t)
			p.wants(t, githubRequest(event, "d-1", githubNewComment), 202)
			if got := p.woken(); event != "issue_comment" && len(got) != 0 {
				t.Errorf("a comment sent as %s wakes with %+v, want nothing", event, got)
			}
		}
	})
	t.Run("gitlab, after five minutes", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p := gitlab(t, nil, fixed(testSigning))
			at := time.Now()
			time.Sleep(oldest + time.Second)
			p.wants(t, signed(gitlabRequest("Note Hook", "d-1", gitlabNewNote), gitlabNewNote, at, testSigning), 401)
		})
	})
	t.Run("gitlab, under another id, which is signed", func(t *testing.T) {
		p := gitlab(t, nil, fixed(testSigning))
		r := signed(gitlabRequest("Note Hook", "d-1", gitlabNewNote), gitlabNewNote, time.Now(), testSigning)
		r.Header.Set("Webhook-Id", "d-2")
		p.wants(t, r, 401)
		// The other id beside it does not count.
		for _, key := range []string{"d-3", "d-4"} {
			r = signed(gitlabRequest("Note Hook", "d-1", gitlabNewNote), gitlabNewNote, time.Now(), testSigning)
			r.Header.Set("Idempotency-Key", key)
			p.wants(t, r, 202)
		}
		if got := p.woken(); len(got) != 1 {
			t.Errorf("woken %d times, want once", len(got))
		}
	})
	t.Run("gitlab, with the time moved by somebody's comment", func(t *testing.T) {
		// Signed long ago was id.time.body; the body holds a dot, a later time and a dot.
		old, now := time.Now().Add(-time.Hour), time.Now()
		later := signed(gitlabRequest("", "x", ""), "", now, testSigning).Header.Get("Webhook-Timestamp")
		body := `{"note": "x.` + later + `.` + gitlabNewNote + `"}`
		r := signed(gitlabRequest("Note Hook", "d-1", body), body, old, testSigning)
		before, after, _ := strings.Cut(body, "."+later+".")
		r.Header.Set("Webhook-Id", "d-1."+r.Header.Get("Webhook-Timestamp")+"."+before)
		r.Header.Set("Webhook-Timestamp", later)
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(after)), int64(len(after))
		gitlab(t, nil, fixed(testSigning)).wants(t, r, 401)
	})
}

func TestAttackEditedComment(t *testing.T) {
	p := github(t)
	for _, action := range []string{"edited", "deleted", ""} {
		p.wants(t, githubRequest("issue_comment", "d-"+action, strings.ReplaceAll(githubNewComment, "created", action)), 202)
	}
	if got := p.woken(); len(got) != 0 {
		t.Errorf("edited and deleted comments of GitHub wake with %+v", got)
	}
	p = gitlab(t, fixed(testSecret), nil)
	p.wants(t, withToken(gitlabRequest("Note Hook", "d-1", strings.ReplaceAll(gitlabNewNote, "create", "update"))), 202)
	if got := p.woken(); len(got) != 0 {
		t.Errorf("an edited note of GitLab wakes with %+v", got)
	}
}
