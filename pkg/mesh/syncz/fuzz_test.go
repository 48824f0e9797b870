package syncz

import (
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/linnet-bot/linnet/pkg/checks"
)

var states = []checks.SyncState{checks.Synced, checks.Stale, checks.NotSent, checks.Errored, Unknown}

// sound checks what holds of every connection that was read, whatever it was read from.
func sound(t *testing.T, list []checks.Connection) {
	t.Helper()
	for _, p := range list {
		if p.Proxy == "" || !slices.Contains(states, p.State) || !utf8.ValidString(p.Detail) || p.State == checks.Synced && p.Detail != "" || p.State != checks.Synced && p.Detail == "" {
			t.Errorf("connection %+v", p)
		}
	}
}

func FuzzPage(f *testing.F) {
	f.Add([]byte(`[{"proxy":"a.b","cluster_sent":"1","resources":{"x":{"sent":"1","acked":"2","lastError":"no"}}}]`))
	f.Add([]byte("[]"))
	f.Add([]byte("404 page not found\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := readPage(data)
		if err != nil && list != nil {
			t.Errorf("readPage = %+v, %v", list, err)
		}
		sound(t, list)
	})
}

func FuzzIdentify(f *testing.F) {
	f.Add((&istiod{pod: "istiod-0", version: "1.29.3"}).identifier())
	f.Add(`{"ID":""}`)
	f.Fuzz(func(t *testing.T, text string) {
		who, err := identify(text)
		if err == nil && who.ID == "" {
			t.Errorf("identify(%q) = nobody, and no error", text)
		}
		if err != nil && !utf8.ValidString(err.Error()) {
			t.Errorf("identify(%q): %q", text, err)
		}
	})
}
