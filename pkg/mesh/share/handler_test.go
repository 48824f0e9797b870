package share_test

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/rest"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/mesh/share"
)

func TestTheNewestObservationIsGiven(t *testing.T) {
	key := rs256("k1", 0)
	w := newWorld(t, key)
	token := key.token(t, claims(w.clock.now(), nil))
	at := w.url + "/v1/observation"
	if got := askAs(t, at, token); got.code != 503 || !strings.Contains(got.body, "nothing was observed yet") {
		t.Errorf("before the first: got %+v", got)
	}
	w.see("east")
	want := w.see("west")
	got := askAs(t, at, token)
	var seen checks.Observation
	if err := json.Unmarshal([]byte(got.body), &seen); err != nil || got.code != 200 || got.header.Get("Content-Type") != "application/json" || got.header.Get("Cache-Control") != "no-store" {
		t.Fatalf("got %+v, %v", got, err)
	}
	if diff := cmp.Diff(*want, seen); diff != "" {
		t.Error(diff)
	}
	tag := got.header.Get("ETag")
	for _, has := range []string{tag, strings.TrimPrefix(tag, "W/"), `"other", ` + tag} {
		if got := askAs(t, at, token, "If-None-Match", has); got.code != 304 || got.body != "" || got.header.Get("ETag") != tag {
			t.Errorf("If-None-Match: %s: got %+v", has, got)
		}
	}
	w.see("west")
	if got := askAs(t, at, token, "If-None-Match", tag); got.code != 200 || got.header.Get("ETag") == tag {
		t.Errorf("a newer one: got %d with %s", got.code, got.header.Get("ETag"))
	}
	for _, method := range []string{"POST", "PUT", "DELETE"} {
		r := httptest.NewRequest(method, at, nil)
		r.Header.Set("Authorization", "Bearer "+token)
		answered := httptest.NewRecorder()
		if w.ServeHTTP(answered, r); answered.Code != 405 {
			t.Errorf("%s: got %d", method, answered.Code)
		}
	}
}

func TestItIsPackedWhereThatIsAsked(t *testing.T) {
	key := rs256("k1", 0)
	w := newWorld(t, key)
	w.see("east")
	token := key.token(t, claims(w.clock.now(), nil))
	plain := askAs(t, w.url+"/v1/observation", token).body
	for accepted, want := range map[string]string{"gzip": "gzip", "br, gzip;q=0.5": "gzip", "*": "gzip", "": "", "identity": "", "gzip;q=0": "", "gzip;q=0.0, br": "", "xgzip": ""} {
		got := askAs(t, w.url+"/v1/observation", token, "Accept-Encoding", accepted)
		if got.header.Get("Content-Encoding") != want || !strings.Contains(got.header.Get("Vary"), "Accept-Encoding") {
			t.Errorf("Accept-Encoding: %q: got %v", accepted, got.header)
		}
		if want == "gzip" {
			r, err := gzip.NewReader(strings.NewReader(got.body))
			if err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(r)
			if err != nil {
				t.Fatal(err)
			}
			got.body = string(text)
		}
		if got.body != plain || !json.Valid([]byte(plain)) {
			t.Errorf("Accept-Encoding: %q: got %q, want %q", accepted, got.body, plain)
		}
	}
}

func TestReadyMeansThatThereIsAYoungObservation(t *testing.T) {
	w := newWorld(t, rs256("k1", 0))
	is := func(want int, says string) {
		t.Helper()
		if got := ask(t, w.url+"/readyz"); got.code != want || got.body != says+"\n" {
			t.Errorf("got %d %q, want %d %q", got.code, got.body, want, says)
		}
		if got := ask(t, w.url+"/healthz"); got.code != 200 {
			t.Errorf("healthz: got %d", got.code)
		}
	}
	is(503, "nothing was observed yet")
	w.see("east")
	w.clock.pass(time.Minute)
	is(200, "ready")
	w.clock.pass(time.Second)
	is(503, "the newest observation is too old")
	w.see("east")
	is(200, "ready")
	if got := ask(t, w.url+"/"); got.code != 404 {
		t.Errorf("elsewhere: got %d", got.code)
	}
}

// inBubble is a Handler whose keys are known already, so that nothing of it waits for a network.
func inBubble(t *testing.T, do func(t *testing.T, w *world, get func(query string, headers ...string) *httptest.ResponseRecorder)) {
	key := rs256("k1", 0)
	w := newWorld(t, key)
	token := key.token(t, claims(w.clock.now(), nil))
	if got := askAs(t, w.url+"/v1/observation", token); got.code != 503 {
		t.Fatalf("got %+v", got)
	}
	w.see("first") // whatever waits from here on waits inside
	synctest.Test(t, func(t *testing.T) {
		do(t, w, func(query string, headers ...string) *httptest.ResponseRecorder {
			r := httptest.NewRequestWithContext(t.Context(), "GET", "/v1/observation"+query, nil)
			r.Header.Set("Authorization", "Bearer "+token)
			for i := 0; i < len(headers); i += 2 {
				r.Header.Set(headers[i], headers[i+1])
			}
			answered := httptest.NewRecorder()
			w.ServeHTTP(answered, r)
			return answered
		})
	})
}

func TestACallerMayWaitForANewerOne(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world, get func(string, ...string) *httptest.ResponseRecorder) {
		tag := get("?wait=60").Header().Get("ETag")
		opaque := func() string { return strings.Trim(strings.TrimPrefix(tag, "W/"), `"`) }
		for _, named := range []func() (query, has string){
			func() (string, string) { return "&after=" + opaque(), "" },
			func() (string, string) { return "&after=W/%22" + opaque() + "%22", "" },
			func() (string, string) { return "", tag },
		} {
			query, has := named()
			got, began := make(chan *httptest.ResponseRecorder, 1), time.Now()
			go func() { got <- get("?wait=60"+query, "If-None-Match", has) }()
			synctest.Wait()
			select {
			case early := <-got:
				t.Fatalf("%s: it did not wait: got %d", query, early.Code)
			default:
			}
			time.Sleep(7 * time.Second)
			w.see("newer")
			answered := <-got
			if answered.Code != 200 || !strings.Contains(answered.Body.String(), `"newer"`) || time.Since(began) != 7*time.Second {
				t.Errorf("%s: got %d after %s", query, answered.Code, time.Since(began))
			}
			tag = answered.Header().Get("ETag")
		}
		began := time.Now()
		if got := get("?wait=60", "If-None-Match", tag); got.Code != 304 || time.Since(began) != time.Minute {
			t.Errorf("nothing newer: got %d after %s", got.Code, time.Since(began))
		}
		began = time.Now()
		if got := get("", "If-None-Match", tag); got.Code != 304 || time.Since(began) != 0 {
			t.Errorf("without wait: got %d after %s", got.Code, time.Since(began))
		}
		if got := get("?wait=60&after=old"); got.Code != 200 || time.Since(began) != 0 {
			t.Errorf("after an older one: got %d after %s", got.Code, time.Since(began))
		}
	})
}

func TestAWaitIsANumberOfSecondsUpToAMinute(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *world, get func(string, ...string) *httptest.ResponseRecorder) {
		for _, wait := range []string{"61", "-1", "1.5", "soon", "99999999999999999999", "9223372036854775807"} {
			if got := get("?wait=" + wait); got.Code != 400 || got.Body.String() != "wait must be a number of seconds from 0 to 60\n" {
				t.Errorf("wait=%s: got %d %q", wait, got.Code, got.Body)
			}
		}
	})
}

func TestNobodyIsServedWithoutAnAudienceOrCallers(t *testing.T) {
	for _, o := range []share.Options{{Audience: "a"}, {Callers: []share.Caller{{Namespace: "a", Name: "b"}}}} {
		o.Cluster, o.Now, o.Log = &rest.Config{Host: "http://127.0.0.1"}, time.Now, slog.New(slog.DiscardHandler)
		if _, err := share.NewHandler(o); err == nil {
			t.Errorf("served with %+v", o)
		}
	}
}

func TestCallersAreServiceAccounts(t *testing.T) {
	if got, err := share.ParseCaller("linnet/bot.prod-1"); err != nil || got != (share.Caller{Namespace: "linnet", Name: "bot.prod-1"}) {
		t.Errorf("got %v, %v", got, err)
	}
	for _, text := range []string{"", "linnet", "/", "linnet/", "/linnet", "a/b/c", "a:b/c", "a/b:c", "A/b", "*/*", "a.b/c", "a /b", "system:serviceaccount:a:b"} {
		if got, err := share.ParseCaller(text); err == nil || !strings.Contains(err.Error(), "write NAMESPACE/NAME") {
			t.Errorf("%q: got %v, %v", text, got, err)
		}
	}
}
