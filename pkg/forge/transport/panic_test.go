package transport

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestAPanicReachesAllWhoWaitForTheRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{says: func(n int, _ *http.Request) (*http.Response, error) {
			time.Sleep(time.Second)
			if n == 1 {
				panic("poison")
			}
			return say(200, "body"), nil
		}}
		tr := over(f)
		var all sync.WaitGroup
		var caught atomic.Int32
		for range 3 {
			all.Go(func() {
				defer func() {
					if p := fmt.Sprint(recover()); strings.HasPrefix(p, "poison\n") && strings.Contains(p, "panic_test.go") {
						caught.Add(1)
					}
				}()
				_, _, err := do(tr, request(t, "GET", "/a"))
				t.Errorf("got %v, want a panic", err)
			})
		}
		all.Wait()
		if caught.Load() != 3 || f.asked() != 1 {
			t.Errorf("%d of 3 caught the panic of %d reads, want all of one", caught.Load(), f.asked())
		}
		if _, body, err := do(tr, request(t, "GET", "/a")); body != "body" || err != nil {
			t.Errorf("the next one got %q, %v", body, err)
		}
	})
}
