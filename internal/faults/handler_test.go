package faults

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/internal/race"
)

// counter is a forge with one list, which writes make longer.
type counter struct{ items int }

func (c *counter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost {
		c.items++
		w.WriteHeader(http.StatusCreated)
		return
	}
	var items []string
	size := 100
	if n, err := strconv.Atoi(r.URL.Query().Get("per_page")); err == nil {
		size = n
	}
	page, _ := strconv.Atoi(r.URL.Query().Get("page"))
	for i := max(page-1, 0) * size; i < c.items && len(items) < size; i++ {
		items = append(items, strconv.Itoa(i))
	}
	if max(page, 1)*size < c.items {
		w.Header().Set("X-Next-Page", strconv.Itoa(max(page, 1)+1))
	}
	text := strings.Join(items, " ")
	w.Header().Set("Etag", fmt.Sprintf("%q", text))
	if r.Header.Get("If-None-Match") == fmt.Sprintf("%q", text) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	_, _ = io.WriteString(w, text)
}

// bench is a counter behind a handler of which each request meets with the kinds that are allowed.
type bench struct {
	*testing.T
	counter *counter
	handler *Handler
	wire    Wire
	now     time.Time
	jumped  []time.Duration
}

func newBench(t *testing.T, v Vendor, s Schedule) *bench {
	b := &bench{T: t, counter: &counter{}, now: begin}
	b.handler = New(b.counter, v, s, func() time.Time { return b.now }, func(d time.Duration) { b.jumped = append(b.jumped, d) })
	b.wire = Wire{Handler: b.handler, Wait: func(d time.Duration) { b.now = b.now.Add(d) }, Timeout: 30 * time.Second}
	return b
}

// answer is what a client sees, and how many items there were before it asked.
type answer struct {
	status int
	text   string
	header http.Header
	err    error
	before int
}

// ask asks once.
func (b *bench) ask(method, path, tag string) answer {
	b.Helper()
	r, err := http.NewRequestWithContext(b.Context(), method, "http://forge.example"+path, http.NoBody)
	if err != nil {
		b.Fatal(err)
	}
	if tag != "" {
		r.Header.Set("If-None-Match", tag)
	}
	before := b.counter.items
	response, err := b.wire.RoundTrip(r)
	if err != nil {
		return answer{err: err, before: before}
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, string(text), response.Header, err, before}
}

// until asks until a kind has come.
func (b *bench) until(k Kind, method, path string) answer {
	b.Helper()
	for range 10_000 {
		a := b.ask(method, path, "")
		if events := b.handler.Events(); events[len(events)-1].Fault == k {
			return a
		}
	}
	b.Fatalf("%s never came", k)
	return answer{}
}

func TestEachKindIsWhatItsNameSays(t *testing.T) {
	always := Schedule{Seed: 1, Most: 1e6, Rate: 1}
	is := func(code int, name, value string) func(answer) bool {
		return func(a answer) bool {
			said := a.header.Get(name)
			return a.err == nil && a.status == code && (name == "" || said == value || value == "*" && said != "")
		}
	}
	fails := func(want error) func(answer) bool {
		return func(a answer) bool { return errors.Is(a.err, want) }
	}
	broken := func(a answer) bool { return a.err == nil && a.status >= 500 }
	for _, row := range []struct {
		vendor Vendor
		kind   Kind
		done   int // writes that have happened
		holds  func(answer) bool
	}{
		{GitHub, TooMany, 0, is(429, "Retry-After", "*")},
		{GitHub, Spent, 0, is(403, "X-RateLimit-Remaining", "0")},
		{GitHub, TooFast, 0, is(403, "Retry-After", "")},
		{GitHub, TooFastWait, 0, is(403, "Retry-After", "*")},
		{GitLab, TooMany, 0, is(429, "Retry-After", "*")},
		{GitLab, Spent, 0, is(429, "RateLimit-Remaining", "0")},
		{GitHub, Fails, 0, broken},
		{GitHub, FailsAfter, 1, broken},
		{GitLab, Cut, 0, fails(syscall.ECONNRESET)},
		{GitLab, CutAfter, 1, fails(syscall.ECONNRESET)},
		{GitLab, Silent, 0, fails(context.DeadlineExceeded)},
		{GitLab, SilentAfter, 1, fails(context.DeadlineExceeded)},
		{GitLab, Jump, 1, is(201, "", "")},
	} {
		t.Run(string(row.vendor)+" "+string(row.kind), func(t *testing.T) {
			b := newBench(t, row.vendor, always)
			a := b.until(row.kind, "POST", "/api/v4/things")
			if done := b.counter.items - a.before; !row.holds(a) || done != row.done {
				t.Errorf("the client sees %+v, and %d writes were done, want %d", a, done, row.done)
			}
			if row.kind == Jump && len(b.jumped) == 0 {
				t.Error("no clock has jumped")
			}
		})
	}
	t.Run("half an answer", func(t *testing.T) {
		b := newBench(t, GitLab, always)
		b.counter.items = 3
		if a := b.until(Half, "GET", "/api/v4/things"); a.text != "0 " || !errors.Is(a.err, io.ErrUnexpectedEOF) {
			t.Errorf("got %+v", a)
		}
	})
}

func TestATimeOutTakesTimeOnlyByTheClock(t *testing.T) {
	b := newBench(t, GitHub, Schedule{Seed: 2, Most: 1e6, Rate: 1})
	b.until(Silent, "POST", "/x")
	if gone := b.now.Sub(begin); gone == 0 || gone%(30*time.Second) != 0 {
		t.Errorf("%s have gone by", gone)
	}
}

func TestShortPagesAreReadWhole(t *testing.T) {
	b := newBench(t, GitLab, Schedule{Seed: 3, Most: 1e6, Rate: 1})
	b.counter.items = 5
	a := b.until(Short, "GET", "/api/v4/things?per_page=100")
	b.handler.End()
	all := strings.Fields(a.text)
	for page := a.header.Get("X-Next-Page"); page != "" && a.err == nil && len(all) < 9; page = a.header.Get("X-Next-Page") {
		a = b.ask("GET", "/api/v4/things?per_page=100&page="+page, "")
		all = append(all, strings.Fields(a.text)...)
	}
	if a.err != nil || !slices.Equal(all, []string{"0", "1", "2", "3", "4"}) {
		t.Errorf("read %v, %v", all, a.err)
	}
}

func TestAStaleListIsTheOneFromBeforeTheWriteAndNoOther(t *testing.T) {
	const list = "/api/v3/repos/acme/gitops/pulls?per_page=100"
	b := newBench(t, GitHub, Schedule{Seed: 4, Most: 1, Rate: 1})
	b.handler.left = 0
	b.counter.items = 1
	before := b.ask("GET", list, "")
	b.ask("POST", "/api/v3/repos/acme/gitops/pulls", "")
	b.handler.lists.lag(request("GET", list), 2)
	if a := b.ask("GET", list, ""); a.status != 200 || a.text != before.text {
		t.Errorf("got %d %q, want %q as before", a.status, a.text, before.text)
	}
	tag := before.header.Get("Etag")
	if a := b.ask("GET", list, tag); a.status != 304 {
		t.Errorf("got %d, want what the client has not to be sent again", a.status)
	}
	if a := b.ask("GET", list, tag); a.text != "0 1" {
		t.Errorf("got %q, want the list to have caught up", a.text)
	}
}

func TestWhoAsksBeforeTheTimeIsRemembered(t *testing.T) {
	b := newBench(t, GitHub, Schedule{Seed: 5, Most: 1e6, Rate: 1})
	b.until(TooFast, "GET", "/api/v3/x")
	b.handler.End()
	b.handler.impolite = nil
	for i, step := range []time.Duration{0, time.Hour} {
		b.now = b.now.Add(step)
		b.ask("GET", "/api/v3/y", "")
		b.ask("GET", "/acme/gitops.git/info/refs?service=git-upload-pack", "") // another interface
		if n := len(b.handler.Impolite()); n != 1 {
			t.Errorf("step %d: %d requests were impolite, want 1", i, n)
		}
	}
}

func TestALifeCanBeHadAgain(t *testing.T) {
	race.SkipAlone(t)
	for _, seed := range []uint64{6, 7} {
		var told []string
		for range 2 {
			told = append(told, live(t, seed).tell())
		}
		if told[0] != told[1] {
			t.Errorf("seed %d gave two lives:\n%s\n%s", seed, told[0], told[1])
		}
	}
}

func request(method, path string) *http.Request {
	return httptest.NewRequestWithContext(context.Background(), method, path, http.NoBody)
}
