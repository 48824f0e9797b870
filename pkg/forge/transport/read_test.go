package transport

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestWhatHasNotChangedIsAnsweredFromMemory(t *testing.T) {
	f := &fake{says: func(n int, r *http.Request) (*http.Response, error) {
		if r.Header.Get("If-None-Match") == `"v1"` {
			return say(304, "", "X-RateLimit-Remaining", "41", "X-RateLimit-Reset", "9999999999"), nil
		}
		return say(200, "body", "ETag", `"v1"`, "Content-Type", "application/json", "X-RateLimit-Remaining", "42", "X-RateLimit-Reset", "9999999999"), nil
	}}
	tr := over(f)
	for i, remaining := range []string{"42", "41", "41"} {
		response, err := tr.RoundTrip(request(t, "GET", "/repos/acme/gitops/pulls/7"))
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != 200 || response.ContentLength != 4 || response.Header.Get("Content-Type") != "application/json" || response.Header.Get("X-Ratelimit-Remaining") != remaining {
			t.Errorf("answer %d: got %d %v", i, response.StatusCode, response.Header)
		}
	}
	want := map[string]Counts{"GET /repos/{}/{}/pulls/{}": {Billed: 1, NotModified: 2}}
	if got := tr.Counts(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := tr.Budgets(); len(got) != 1 || got[0].Remaining != 41 || got[0].Resource != "core" {
		t.Errorf("got %+v", got)
	}
}

func TestMemoryIsNotSharedBetweenCredentials(t *testing.T) {
	f := always(200, "body", "ETag", `"v1"`)
	value := "Bearer one"
	tr := over(f, func(o *Options) {
		o.Credential = func(context.Context) (Credential, error) {
			return Credential{Header: "Authorization", Value: value}, nil
		}
	})
	_, _, _ = do(tr, request(t, "GET", "/a"))
	value = "Bearer two"
	_, _, _ = do(tr, request(t, "GET", "/a"))
	tr.o.Credential = nil // a client library that authenticates by itself
	for _, own := range []string{"Bearer three", "Bearer four"} {
		r := request(t, "GET", "/a")
		r.Header.Set("Authorization", own)
		_, _, _ = do(tr, r)
	}
	for i, r := range f.seen {
		if got := r.Header.Get("If-None-Match"); got != "" {
			t.Errorf("credential %d asked with another one's ETag %s", i+1, got)
		}
	}
}

func TestACallersOwnConditionReachesTheForge(t *testing.T) {
	tr := over(always(304, "", "ETag", `"v1"`))
	r := request(t, "GET", "/a")
	r.Header.Set("If-None-Match", `"v1"`)
	if status, _, err := do(tr, r); status != 304 || err != nil {
		t.Errorf("got %d, %v, want 304", status, err)
	}
}

func TestTheCacheForgetsWhatWasUsedLongestAgo(t *testing.T) {
	c := newCache(3 * (overhead + 10))
	put := func(key string) { c.put(key, &answer{body: make([]byte, 5)}) }
	put("a")
	put("b")
	put("c")
	c.get("a")
	put("d")
	put("d")
	for key, want := range map[string]bool{"a": true, "b": false, "c": true, "d": true} {
		if _, got := c.get(key); got != want {
			t.Errorf("%s: got %v, want %v", key, got, want)
		}
	}
	c.put("large", &answer{body: make([]byte, 4*overhead)})
	if c.bytes != 0 || len(c.byKey) != 0 || c.order.Len() != 0 {
		t.Errorf("one that does not fit: %d bytes, %d keys", c.bytes, len(c.byKey))
	}
}

func TestEqualReadsAtOnceAreOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{says: func(_ int, r *http.Request) (*http.Response, error) {
			select {
			case <-time.After(time.Second):
				return say(200, "body"), nil
			case <-r.Context().Done():
				return nil, r.Context().Err()
			}
		}}
		tr := over(f)
		ctx, cancel := context.WithCancel(t.Context())
		var all sync.WaitGroup
		all.Go(func() { // the first one goes away
			if _, _, err := do(tr, request(t, "GET", "/a").WithContext(ctx)); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, want cancelled", err)
			}
		})
		synctest.Wait()
		for range 5 {
			all.Go(func() {
				if _, body, err := do(tr, request(t, "GET", "/a")); body != "body" || err != nil {
					t.Errorf("got %q, %v", body, err)
				}
			})
		}
		synctest.Wait()
		cancel()
		all.Wait()
		if f.asked() != 1 {
			t.Errorf("asked %d times, want 1", f.asked())
		}
	})
}

func TestAReadThatNobodyWaitsForEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended := make(chan struct{})
		f := &fake{says: func(_ int, r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			close(ended)
			return nil, r.Context().Err()
		}}
		ctx, cancel := context.WithCancel(t.Context())
		go func() { synctest.Wait(); cancel() }()
		if _, _, err := do(over(f), request(t, "GET", "/a").WithContext(ctx)); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want cancelled", err)
		}
		<-ended
	})
}

func TestAReadAfterAWriteDoesNotShareOneFromBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{says: func(n int, r *http.Request) (*http.Response, error) {
			if n == 1 {
				time.Sleep(time.Minute / 4)
				return say(200, "old"), nil
			}
			return say(200, "new"), nil
		}}
		tr := over(f)
		var all sync.WaitGroup
		all.Go(func() { _, _, _ = do(tr, request(t, "GET", "/a")) })
		synctest.Wait()
		if _, _, err := do(tr, request(t, "POST", "/a")); err != nil {
			t.Fatal(err)
		}
		if _, body, err := do(tr, request(t, "GET", "/a")); body != "new" || err != nil {
			t.Errorf("got %q, %v, want new", body, err)
		}
		all.Wait()
	})
}

func TestReadsAreTriedAgainAndWritesAreNot(t *testing.T) {
	for _, row := range []struct {
		method string
		asked  int
		status int
	}{{"GET", 3, 200}, {"HEAD", 3, 200}, {"POST", 1, 502}, {"PUT", 1, 502}, {"DELETE", 1, 502}} {
		synctest.Test(t, func(t *testing.T) {
			f := &fake{says: func(n int, _ *http.Request) (*http.Response, error) {
				if n < 3 {
					return say(502, ""), nil
				}
				return say(200, ""), nil
			}}
			start := time.Now()
			status, _, err := do(over(f), request(t, row.method, "/a"))
			if err != nil || status != row.status || f.asked() != row.asked {
				t.Errorf("%s: got %d, %v after %d, want %d after %d", row.method, status, err, f.asked(), row.status, row.asked)
			}
			// Half of one second, then half of two.
			if took := time.Since(start); row.asked == 3 && took != 1500*time.Millisecond {
				t.Errorf("%s: waited %v", row.method, took)
			}
		})
	}
}

func TestAReadWaitsAsLongAsTheForgeAsksUnlessThatIsLong(t *testing.T) {
	for seconds, want := range map[string]time.Duration{"7": 14 * time.Second, "3600": 0} {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			status, _, err := do(over(always(503, "", "Retry-After", seconds)), request(t, "GET", "/a"))
			if took := time.Since(start); status != 503 || err != nil || took != want {
				t.Errorf("Retry-After %s: got %d, %v after %v, want %v", seconds, status, err, took, want)
			}
		})
	}
}

func TestAnAttemptEndsInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{says: func(_ int, r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}}
		_, _, err := do(over(f), request(t, "POST", "/a"))
		if err == nil || !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "did not answer within 30s; the write may have happened") {
			t.Errorf("got %v", err)
		}
	})
}

func TestAnAnswerIsBounded(t *testing.T) {
	f := always(200, strings.Repeat("x", largestAnswer+1))
	if _, _, err := do(over(f), request(t, "GET", "/a")); err == nil || !strings.Contains(err.Error(), "longer than 32 MiB") || f.asked() != 1 {
		t.Errorf("got %v after %d", err, f.asked())
	}
}
