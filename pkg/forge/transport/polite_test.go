package transport

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestALimitIsToldApartFromARight(t *testing.T) {
	for _, row := range []struct {
		name      string
		status    int
		body      string
		pairs     []string
		after     time.Duration // 0: it is no limit
		secondary bool
	}{
		{"no right", 403, "Resource not accessible by integration", []string{"X-RateLimit-Remaining", "4999", "X-RateLimit-Reset", "+600"}, 0, false},
		{"GitHub's budget is spent", 403, "", []string{"X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "+600"}, 600 * time.Second, false},
		{"GitHub's secondary limit, with a time", 403, "", []string{"Retry-After", "90"}, 90 * time.Second, true},
		{"GitHub's secondary limit, without", 403, "You have exceeded a secondary rate limit", nil, time.Minute, true},
		{"429 as GitLab", 429, "Retry later", []string{"RateLimit-Remaining", "0", "RateLimit-Reset", "+30", "Retry-After", "31"}, 31 * time.Second, false},
		{"429 with seconds from now", 429, "", []string{"RateLimit-Remaining", "0", "RateLimit-Reset", "12"}, 12 * time.Second, false},
		{"429 without anything", 429, "", nil, time.Minute, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				now := time.Now()
				for i, v := range row.pairs {
					if seconds, ok := strings.CutPrefix(v, "+"); ok {
						n, _ := strconv.Atoi(seconds)
						row.pairs[i] = strconv.FormatInt(now.Unix()+int64(n), 10)
					}
				}
				f := &fake{says: func(n int, _ *http.Request) (*http.Response, error) {
					if n == 1 {
						return say(row.status, row.body, row.pairs...), nil
					}
					return say(200, ""), nil
				}}
				tr := over(f)
				status, body, err := do(tr, request(t, "GET", "/a"))
				if row.after == 0 {
					if status != row.status || body != row.body || err != nil {
						t.Errorf("got %d %q, %v", status, body, err)
					}
					return
				}
				until := now.Add(row.after)
				wantLimited(t, err, until, row.secondary)
				_, _, err = do(tr, request(t, "POST", "/b"))
				wantLimited(t, err, until, row.secondary)
				if _, _, err := do(tr, request(t, "POST", "/graphql")); (err != nil) != row.secondary {
					t.Errorf("another budget: got %v", err)
				}
				if got := f.asked(); row.secondary && got != 1 {
					t.Errorf("asked %d times in spite of the limit", got)
				}
				time.Sleep(row.after)
				if _, _, err := do(tr, request(t, "GET", "/a")); err != nil {
					t.Errorf("after the limit: %v", err)
				}
			})
		})
	}
}

func TestASpentBudgetIsNotAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reset := time.Unix(time.Now().Unix()+60, 0)
		f := always(200, "", "X-RateLimit-Limit", "5000", "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", strconv.FormatInt(reset.Unix(), 10))
		tr := over(f)
		if _, _, err := do(tr, request(t, "GET", "/a")); err != nil {
			t.Fatal(err)
		}
		_, _, err := do(tr, request(t, "GET", "/a"))
		wantLimited(t, err, reset, false)
		if f.asked() != 1 {
			t.Errorf("asked %d times", f.asked())
		}
	})
}

func TestWritesGoOneByOneWithAGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var mu sync.Mutex
		var begun []time.Duration
		f := &fake{says: func(_ int, r *http.Request) (*http.Response, error) {
			if r.Method == "POST" {
				mu.Lock()
				begun = append(begun, time.Since(start))
				mu.Unlock()
				time.Sleep(2 * time.Second)
			}
			return say(201, ""), nil
		}}
		tr := over(f, func(o *Options) { o.WriteGap = time.Second })
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() { _, _, _ = do(tr, request(t, "POST", "/repos/a/b/pulls")) })
		}
		synctest.Wait()
		if _, _, err := do(tr, request(t, "GET", "/a")); err != nil || time.Since(start) != 0 {
			t.Errorf("a read waited %v for writes: %v", time.Since(start), err)
		}
		query := request(t, "POST", "/graphql")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, _, err := do(tr, query.WithContext(ctx)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want that waiting for a turn can be ended", err)
		}
		all.Wait()
		if len(begun) != 3 || begun[0] != 0 || begun[1] != 3*time.Second || begun[2] != 6*time.Second {
			t.Errorf("writes began at %v, want 0, 3 s, 6 s", begun)
		}
		if got := tr.Counts()["POST /repos/{}/{}/pulls"]; got != (Counts{Writes: 3}) {
			t.Errorf("got %+v", got)
		}
		_, _, err := do(tr, query.WithContext(ReadOnly(t.Context())))
		if got := tr.Counts()["POST /graphql"]; err != nil || got != (Counts{Billed: 1}) {
			t.Errorf("a query: got %+v, %v", got, err)
		}
	})
}

func TestAForgeThatIsDownIsLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		up := false
		f := &fake{says: func(int, *http.Request) (*http.Response, error) {
			if !up {
				return nil, errors.New("broken")
			}
			time.Sleep(time.Second)
			return say(200, ""), nil
		}}
		tr := over(f)
		for range failuresToOpen {
			_, _, _ = do(tr, request(t, "POST", "/a"))
		}
		var down *UnavailableError
		if _, _, err := do(tr, request(t, "GET", "/a")); !errors.As(err, &down) || !down.Until.Equal(time.Now().Add(restWhenDown)) || f.asked() != failuresToOpen {
			t.Errorf("got %v after %d", err, f.asked())
		}
		time.Sleep(restWhenDown)
		if _, _, err := do(tr, request(t, "POST", "/a")); err == nil || f.asked() != failuresToOpen+1 {
			t.Errorf("the probe: got %v after %d", err, f.asked())
		}
		if _, _, err := do(tr, request(t, "POST", "/a")); !errors.As(err, &down) || f.asked() != failuresToOpen+1 {
			t.Errorf("after a probe that failed: got %v after %d", err, f.asked())
		}
		time.Sleep(restWhenDown)
		up = true
		probe := make(chan error)
		go func() { _, _, err := do(tr, request(t, "GET", "/a")); probe <- err }()
		synctest.Wait()
		if _, _, err := do(tr, request(t, "GET", "/b")); !errors.As(err, &down) {
			t.Errorf("while probing: got %v, want unavailable", err)
		}
		if err := <-probe; err != nil {
			t.Error(err)
		}
		if _, _, err := do(tr, request(t, "GET", "/b")); err != nil {
			t.Errorf("after a probe that went well: %v", err)
		}
		up = false
		for range failuresToOpen {
			if _, _, err := do(tr, request(t, "POST", "/a")); errors.As(err, &down) {
				t.Error("after a probe that went well it is not asked as often as before")
			}
		}
	})
}

func TestCallersThatGoAwayDoNotMakeAForgeLookDown(t *testing.T) {
	f := &fake{says: func(_ int, r *http.Request) (*http.Response, error) { return nil, r.Context().Err() }}
	tr := over(f)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 2 * failuresToOpen {
		_, err := tr.attempt(ctx, request(t, "POST", "/a"), "", true)
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("got %v, want cancelled", err)
		}
	}
}

func TestTemplatesHoldNoNames(t *testing.T) {
	sha := strings.Repeat("ab", 20)
	for path, want := range map[string]string{
		"/repos/acme/gitops/pulls/12/reviews":                   "/repos/{}/{}/pulls/{}/reviews",
		"/repos/acme/gitops/git/ref/heads/linnet/a/b":           "/repos/{}/{}/git/ref/heads/{}",
		"/repos/acme/gitops/commits/" + sha + "/check-runs":     "/repos/{}/{}/commits/{}/check-runs",
		"/api/v4/projects/acme%2Fgitops/merge_requests/3/notes": "/api/v4/projects/{}/merge_requests/{}/notes",
		"/api/v4/projects/7/repository/branches/linnet%2Fa":     "/api/v4/projects/{}/repository/branches/{}",
		"/api/v4/projects/7/statuses/" + sha:                    "/api/v4/projects/{}/statuses/{}",
		"/app/installations/5/access_tokens":                    "/app/installations/{}/access_tokens",
		"/graphql":                                              "/graphql",
	} {
		if got := template(request(t, "GET", path)); got != "GET "+want {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
	}
}

func TestGitStreamsThrough(t *testing.T) {
	f := always(200, strings.Repeat("x", largestAnswer+1))
	tr := over(f)
	for _, r := range []*http.Request{request(t, "GET", "/a.git/info/refs?service=git-upload-pack"), request(t, "POST", "/a.git/git-upload-pack")} {
		if _, body, err := do(tr, r); err != nil || len(body) != largestAnswer+1 {
			t.Errorf("got %d bytes, %v", len(body), err)
		}
	}
	if got := tr.Counts(); len(got) != 1 || got["git"] != (Counts{Git: 2}) {
		t.Errorf("got %v", got)
	}
	f.says = func(int, *http.Request) (*http.Response, error) { return say(429, "", "Retry-After", "5"), nil }
	var limited *LimitedError
	if _, _, err := do(tr, request(t, "POST", "/a.git/git-upload-pack")); !errors.As(err, &limited) {
		t.Errorf("got %v, want limited", err)
	}
}
