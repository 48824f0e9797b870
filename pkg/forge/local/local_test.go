package local_test

import (
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/pkg/forge/forgetest"
	"github.com/linnet-bot/linnet/pkg/forge/local"
)

func TestLocalForgeKeepsTheContract(t *testing.T) {
	forgetest.Run(t, func(t *testing.T) forgetest.Fixture {
		dir := create(t, local.CreateOptions{})
		c := newClock()
		bot := open(t, dir, "linnet", c)
		return forgetest.Fixture{
			Bot: bot, SecondBot: open(t, dir, "linnet", c),
			Person: open(t, dir, "pat", c), SecondPerson: open(t, dir, "sam", c),
			Remote: bot.GitDir(),
			RequireApprovals: func(t *testing.T, n int) {
				change(t, bot, func(s *local.Settings) { s.RequiredApprovals = n })
			},
			RequireCheck: func(t *testing.T, name string) {
				change(t, bot, func(s *local.Settings) {
					s.RequiredChecks = append(s.RequiredChecks, local.RequiredCheck{Name: name, By: "linnet"})
				})
			},
		}
	})
}

func create(t *testing.T, o local.CreateOptions) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "forge")
	if err := local.Create(dir, o); err != nil {
		t.Fatal(err)
	}
	return dir
}

func open(t *testing.T, dir, who string, c *clock) *local.Forge {
	t.Helper()
	f, err := local.Open(dir, who, local.WithClock(c.now))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Shutdown(); err != nil {
			t.Error(err)
		}
	})
	return f
}

func change(t *testing.T, f *local.Forge, edit func(*local.Settings)) {
	t.Helper()
	s, err := f.Settings(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	edit(&s)
	if err := f.SetSettings(t.Context(), s); err != nil {
		t.Fatal(err)
	}
}

// clock goes on by a second each time it is read.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(time.Second)
	return c.at
}
