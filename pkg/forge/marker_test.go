package forge_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/linnet-bot/linnet/pkg/forge"
)

func newMarker(t testing.TB, fill byte) forge.Marker {
	t.Helper()
	m, err := forge.NewMarker(bytes.Repeat([]byte{fill}, forge.MinMarkerKey))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestMarkerKeepsTheTextOfPeople(t *testing.T) {
	m := newMarker(t, 1)
	old := m.Put("", "s", []byte("old"))
	other := m.Put("", "s", []byte("second"))
	for _, row := range []struct{ name, text, want string }{
		{"empty", "", "M"},
		{"appended on a line of its own", "hello", "hello\nM"},
		{"after a final newline", "hello\n", "hello\nM"},
		{"replaced where it stands", "before\r\n" + old + " after\r\n", "before\r\nM after\r\n"},
		{"a second one is taken out", "a" + old + "b" + other + "c", "aMbc"},
		{"a broken one is ordinary text", "<!-- linnet:state v1 x", "<!-- linnet:state v1 x\nM"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := m.Put(row.text, "s", []byte("new"))
			if want := strings.Replace(row.want, "M", m.Put("", "s", []byte("new")), 1); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestMarkerThatWasTamperedWithIsIgnored(t *testing.T) {
	m := newMarker(t, 1)
	text := "by hand\n" + m.Put("", "note linnet/dev/1", []byte(`{"since":"09:00"}`)) + "\nby hand"
	if got, err := m.Get(text, "note linnet/dev/1"); err != nil || string(got) != `{"since":"09:00"}` {
		t.Fatalf("got %q, %v", got, err)
	}
	at := strings.Index(text, "<!--") + len("<!-- linnet:state v1 ")
	flipped := []byte(text)
	flipped[at] ^= 1
	for _, row := range []struct {
		name, text, scope string
		marker            forge.Marker
	}{
		{"one bit of the payload", string(flipped), "note linnet/dev/1", m},
		{"another key", text, "note linnet/dev/1", newMarker(t, 2)},
		{"another merge request", text, "note linnet/dev/2", m},
		{"a scope that ends in the payload's first byte", text, `note linnet/dev/1{`, m},
		{"cut off", text[:at+4], "note linnet/dev/1", m},
		{"deleted", "by hand", "note linnet/dev/1", m},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got, err := row.marker.Get(row.text, row.scope); !errors.Is(err, forge.ErrNoMarker) {
				t.Errorf("got %q, %v, want none", got, err)
			}
		})
	}
	// A forged one in front of the genuine one does not hide it.
	forged := newMarker(t, 2).Put("", "note linnet/dev/1", []byte("forged"))
	if got, err := m.Get(forged+text, "note linnet/dev/1"); err != nil || string(got) != `{"since":"09:00"}` {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestMarkerNeedsALongKey(t *testing.T) {
	if _, err := forge.NewMarker([]byte("short")); err == nil || !strings.Contains(err.Error(), "at least 32") {
		t.Errorf("got %v", err)
	}
}

func FuzzMarker(f *testing.F) {
	m := newMarker(f, 1)
	f.Add("", "", []byte(nil))
	f.Add("text\r\n<!-- linnet:state v1 YQ== "+strings.Repeat("A", 43)+"= --> tail", "s", []byte("--> <!--"))
	f.Add(m.Put("a", "s", []byte("x"))+m.Put("b", "t", []byte("y")), "s", []byte{0, 255})
	shape := m.Put("", "s", nil)
	f.Add(shape+shape[:30]+shape+shape[30:], "s", []byte("the halves of one marker around another"))
	f.Fuzz(func(t *testing.T, text, scope string, payload []byte) {
		put := m.Put(text, scope, payload)
		got, err := m.Get(put, scope)
		if err != nil || !bytes.Equal(got, payload) {
			t.Fatalf("got %q, %v, want %q", got, err, payload)
		}
		if again := m.Put(put, scope, payload); again != put {
			t.Fatalf("putting it twice gives %q, then %q", put, again)
		}
		// Nothing but genuine markers is ever read from foreign text.
		if _, err := newMarker(t, 9).Get(put, scope); err == nil {
			t.Fatal("another key reads it")
		}
	})
}
