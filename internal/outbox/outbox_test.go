package outbox_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/linnet-bot/linnet/internal/outbox"
)

// box is a receiver that remembers what it got.
type box struct {
	*httptest.Server
	mu     sync.Mutex
	got    []string
	answer int
}

func newBox(t *testing.T, answer int) *box {
	t.Helper()
	b := &box{answer: answer}
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		b.got = append(b.got, r.Header.Get("X-Delivery")+" "+string(body))
		if b.answer == http.StatusFound {
			w.Header().Set("Location", r.URL.Path+"/elsewhere")
		}
		w.WriteHeader(b.answer)
	}))
	t.Cleanup(b.Close)
	return b
}

func delivery(id string) outbox.Delivery {
	return outbox.Delivery{ID: id, Event: "push", Header: http.Header{"X-Delivery": {id}}, Body: []byte("body of " + id)}
}

func put(o *outbox.Outbox, ids string) {
	for id := range strings.FieldsSeq(ids) {
		o.Put(delivery(id))
	}
	o.Settle()
}

func TestDeliveriesArriveOnceAndInOrder(t *testing.T) {
	b := newBox(t, http.StatusAccepted)
	o := outbox.New(outbox.Options{URL: b.URL})
	o.Settle() // there is nothing to wait for
	var want []string
	var putting sync.WaitGroup
	for i := range 20 {
		id := fmt.Sprintf("d-%02d", i)
		o.Put(delivery(id))
		want = append(want, id+" body of "+id)
		putting.Go(o.Settle) // whoever waits is in nobody's way
	}
	putting.Wait()
	o.Settle()
	if !slices.Equal(b.got, want) {
		t.Errorf("got %q, want %q", b.got, want)
	}
	if sent := o.Sent(); len(sent) != 20 || sent[7].ID != "d-07" || sent[7].Status != http.StatusAccepted {
		t.Errorf("sent %+v", sent)
	}
}

// What is handed over in the place of a delivery is sent, in that order: nothing, two, an older one.
func TestDeliverDecidesWhatIsSent(t *testing.T) {
	b := newBox(t, http.StatusAccepted)
	var held []outbox.Delivery
	o := outbox.New(outbox.Options{URL: b.URL, Deliver: func(d outbox.Delivery) []outbox.Delivery {
		switch d.ID {
		case "lost":
			return nil
		case "late":
			held = append(held, d)
			return nil
		case "twice":
			return []outbox.Delivery{d, d}
		}
		return append([]outbox.Delivery{d}, held...)
	}})
	put(o, "lost late twice plain")
	want := []string{"twice body of twice", "twice body of twice", "plain body of plain", "late body of late"}
	if !slices.Equal(b.got, want) {
		t.Errorf("got %q, want %q", b.got, want)
	}
	if _, known := o.Find("lost"); !known {
		t.Error("what was lost cannot be found any more")
	}
	if _, known := o.Find("unknown"); known {
		t.Error("what was never put in is found")
	}
}

// An answer other than 2xx, a redirect among them, is a failure, and so is none; nothing is sent again by itself.
func TestFailuresAreToldAndNotRepeated(t *testing.T) {
	for _, row := range []struct {
		answer int
		ok     bool
	}{{200, true}, {202, true}, {302, false}, {401, false}, {500, false}, {0, false}} {
		b := newBox(t, max(row.answer, 200))
		if row.answer == 0 {
			b.Close()
		}
		var answered []bool
		o := outbox.New(outbox.Options{URL: b.URL, Answered: func(ok bool) { answered = append(answered, ok) }})
		put(o, "d")
		sent := o.Sent()
		if !slices.Equal(answered, []bool{row.ok}) || len(sent) != 1 || sent[0].Status != row.answer || (sent[0].Err != nil) != (row.answer == 0) {
			t.Errorf("answer %d: told %v, sent %+v", row.answer, answered, sent)
		}
	}
}

func TestWhatIsNotEnabledIsNotSent(t *testing.T) {
	b := newBox(t, http.StatusAccepted)
	left := 2
	o := outbox.New(outbox.Options{URL: b.URL, Enabled: func() bool { left--; return left >= 0 }})
	put(o, "a b c")
	if want := []string{"a body of a", "b body of b"}; !slices.Equal(b.got, want) || len(o.Sent()) != 2 {
		t.Errorf("got %q, want %q", b.got, want)
	}
}
