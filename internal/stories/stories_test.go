package stories

import (
	"flag"
	"fmt"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

var (
	goal = flag.Int("stories", 2_000, "transitions to go through")
	seed = flag.Uint64("stories.seed", 1, "of the first story")
)

// What all stories come to, and who told the first that broke a promise: then the others fall silent.
var transitions, ended, told, failed atomic.Int64

func TestMain(m *testing.M) {
	flag.Parse()
	defaults := map[string]string{"rapid.steps": "60", "rapid.checks": "4", "rapid.nofailfile": "true"}
	given := map[string]bool{}
	flag.Visit(func(f *flag.Flag) { given[f.Name] = true })
	for name, value := range defaults {
		if given[name] {
			continue
		}
		if err := flag.Set(name, value); err != nil {
			panic(err)
		}
	}
	code := m.Run()
	if temporary != "" {
		_ = os.RemoveAll(temporary)
	}
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// seeding guards rapid's seed, which is a flag of the process, while a check takes it.
var seeding sync.Mutex

// tellMany checks stories from a seed on.
func tellMany(t *testing.T, teller int64, from uint64) {
	seeding.Lock()
	if err := flag.Set("rapid.seed", strconv.FormatUint(from, 10)); err != nil {
		t.Fatal(err)
	}
	taken := sync.OnceFunc(seeding.Unlock)
	defer taken()
	rapid.Check(t, func(rt *rapid.T) {
		taken()
		s := tell(rt, teller)
		ends := rapid.SampledFrom([]string{"open", "open", "open", "forwards", "back"}).Draw(rt, "end")
		rt.Repeat(map[string]func(*rapid.T){"next": func(*rapid.T) { s.next() }})
		told.Add(1)
		if by := failed.Load(); ends != "open" && (by == 0 || by == teller) {
			s.end(ends == "back")
			ended.Add(1)
		}
	})
}

// TestStoriesKeepThePromises goes through as many transitions as the flag -stories says, in stories that follow from the seed.
func TestStoriesKeepThePromises(t *testing.T) {
	tellers := 2
	if testing.Short() {
		*goal /= 10
	}
	t.Run("by", func(t *testing.T) {
		for teller := range tellers {
			t.Run(fmt.Sprint(teller), func(t *testing.T) {
				t.Parallel()
				for n := uint64(teller); transitions.Load() < int64(*goal) && failed.Load() == 0; n += uint64(tellers) {
					tellMany(t, int64(teller)+1, *seed+n*1000)
				}
			})
		}
	})
	t.Logf("%d transitions in %d stories, of which %d went on to their end", transitions.Load(), told.Load(), ended.Load())
}
