package faults

import (
	"flag"
	"fmt"
	"os"
	"runtime/debug"
	"testing"

	"go.uber.org/goleak"
)

var (
	seeds  = flag.Int("faults.seeds", 40, "lives to play, half of them on each forge")
	deaths = flag.Int("faults.deaths", 9, "kill at one moment of so many; 1 = at each")
	one    = flag.Int64("faults.seed", -1, "play the life of this seed only, and tell it")
)

func TestMain(m *testing.M) {
	flag.Parse()
	debug.SetGCPercent(800) // lives are short and leave nothing behind
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
