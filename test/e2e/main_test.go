package e2e_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/linnet-bot/linnet/test/e2e/binaries"
)

// live is what all tests share. They run one after the other, and each leaves it as it found it: the built-in istiod, and no namespaces but the cluster's own.
var live *world

func TestMain(m *testing.M) {
	flag.Parse()
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	if leaked := goleak.Find(); leaked != nil && code == 0 {
		fmt.Fprintln(os.Stderr, leaked)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	set, err := binaries.Build(func(s string) { fmt.Println("e2e:", s) })
	if errors.Is(err, binaries.ErrNoEtcd) {
		fmt.Println("e2e: skipped:", err)
		return 0, nil
	}
	if err != nil {
		return 1, err
	}
	dir, err := os.MkdirTemp("", "linnet-e2e-")
	if err != nil {
		return 1, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 25*time.Minute)
	defer cancel()
	began := time.Now()
	if live, err = startWorld(ctx, set, dir); err != nil {
		return 1, fmt.Errorf("%w\n(logs are in %s)", err, dir)
	}
	fmt.Printf("e2e: Kubernetes %s and istiod %s (%s) are up after %.1f s\n", binaries.Kubernetes, binaries.OldIstio, binaries.Snapshot, time.Since(began).Seconds())
	code = m.Run()
	live.stop()
	if code != 0 && os.Getenv("LINNET_E2E_KEEP") != "" {
		fmt.Println("e2e: logs are in", dir)
		return code, nil
	}
	return code, os.RemoveAll(dir)
}
