package stories

import (
	"flag"
	"fmt"
	"hash/crc32"
	"os"
	"strconv"
	"strings"
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

// tellers are at it side by side, each with stories and a share of the transitions of its own, so that what is told does not depend on how fast who is, nor on
// how many processors there are.
const tellers = 2

// What all stories come to, and the sum of their texts' checksums, which tells whether two runs told the same.
var (
	transitions, ended, told atomic.Int64
	texts                    atomic.Uint32
)

func TestMain(m *testing.M) {
	flag.Parse()
	defaults := map[string]string{"rapid.steps": "60", "rapid.checks": "1", "rapid.nofailfile": "true"}
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

// seeded is rapid.Check, once, with a seed.
func seeded(t *testing.T, from uint64, property func(*rapid.T)) {
	seeding.Lock()
	if err := flag.Set("rapid.seed", strconv.FormatUint(from, 10)); err != nil {
		t.Fatal(err)
	}
	taken := sync.OnceFunc(seeding.Unlock)
	defer taken()
	rapid.Check(t, func(rt *rapid.T) {
		taken()
		property(rt)
	})
}

// tellOne checks the story of a seed, and counts its transitions.
func tellOne(t *testing.T, mine *int64, from uint64) {
	seeded(t, from, func(rt *rapid.T) {
		s := tell(rt, mine)
		ends := rapid.SampledFrom([]string{"open", "open", "open", "forwards", "back"}).Draw(rt, "end")
		rt.Repeat(map[string]func(*rapid.T){"next": func(*rapid.T) { s.next() }})
		told.Add(1)
		if ends != "open" {
			s.end(ends == "back")
			ended.Add(1)
		}
		texts.Add(crc32.ChecksumIEEE([]byte(strings.Join(s.lines, "\n"))))
	})
}

// TestStoriesKeepThePromises goes through as many transitions as the flag -stories says, in stories that follow from the seed. A teller whose story breaks a
// promise is done, and the other goes on, since it may find another one.
func TestStoriesKeepThePromises(t *testing.T) {
	if testing.Short() {
		*goal /= 10
	}
	t.Run("by", func(t *testing.T) {
		for teller := range uint64(tellers) {
			t.Run(fmt.Sprint(teller), func(t *testing.T) {
				t.Parallel()
				mine := int64(0)
				for n := teller; mine < int64(*goal)/tellers && !t.Failed(); n += tellers {
					tellOne(t, &mine, *seed+n*1000)
				}
				transitions.Add(mine)
			})
		}
	})
	t.Logf("%d transitions in %d stories, of which %d went on to their end; checksum %08x", transitions.Load(), told.Load(), ended.Load(), texts.Load())
}
