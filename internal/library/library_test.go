package library_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/linnet-bot/linnet/internal/library"
	"github.com/linnet-bot/linnet/pkg/release"
)

// shelf is a source of releases and packages that counts what it is asked.
type shelf struct {
	mu    sync.Mutex
	asked map[string]int
	fail  error // for the next answer
	chart string
}

func (s *shelf) ask(what string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.asked == nil {
		s.asked = map[string]int{}
	}
	s.asked[what]++
	err := s.fail
	s.fail = nil
	return err
}

func (s *shelf) Release(_ context.Context, version string) (release.Release, error) {
	return release.Release{Version: version}, s.ask("release " + version)
}

func (s *shelf) Folder(_ context.Context, version, folder string) (map[string][]byte, error) {
	return map[string][]byte{"Chart.yaml": []byte(s.chart)}, s.ask("folder " + version + " " + folder)
}

func (s *shelf) Chart(_ context.Context, name, tag string) (map[string][]byte, error) {
	return map[string][]byte{"Chart.yaml": []byte(s.chart)}, s.ask("chart " + name + " " + tag)
}

const chart = "apiVersion: v2\nname: bigbang\nversion: 3.18.0\n"

func TestEachThingIsFetchedOnceHoweverManyAsk(t *testing.T) {
	s := &shelf{chart: chart}
	l := library.New(t.Context(), s, s)
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for _, err := range []error{
				second(l.Release("3.18.0")), second(l.Folder("3.18.0", "base")), second(l.Umbrella("3.18.0")), second(l.Package("istiod", "1.28.3-bb.0")),
			} {
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	for what, n := range s.asked {
		if n != 1 {
			t.Errorf("%s was fetched %d times", what, n)
		}
	}
	if len(s.asked) != 4 {
		t.Errorf("fetched were %v, want release, base, chart and package", s.asked)
	}
}

func second[T any](_ T, err error) error { return err }

func TestAFailureThatMayPassIsAskedAgain(t *testing.T) {
	s := &shelf{chart: chart, fail: release.ErrUnreachable}
	l := library.New(t.Context(), s, s)
	if _, err := l.Release("3.18.0"); !errors.Is(err, release.ErrUnreachable) {
		t.Errorf("got %v, want that the source cannot be reached", err)
	}
	if r, err := l.Release("3.18.0"); err != nil || r.Version != "3.18.0" {
		t.Errorf("asked again: %v, %v", r, err)
	}
}

func TestThatAChartIsNotAtHandIsKept(t *testing.T) {
	s := &shelf{chart: chart, fail: fmt.Errorf("no archive: %w", release.ErrNotAtHand)}
	l := library.New(t.Context(), s, s)
	for range 2 {
		if _, err := l.Package("istiod", "1.29.0-bb.0"); !errors.Is(err, release.ErrNotAtHand) {
			t.Errorf("got %v, want not at hand both times: a plan must get the same answer each time", err)
		}
	}
	if _, err := library.New(t.Context(), s, nil).Package("istiod", "1.28.3-bb.0"); !errors.Is(err, release.ErrNotAtHand) {
		t.Errorf("without packages: %v, want not at hand", err)
	}
}

func TestAChartThatCannotBeLoadedIsNamed(t *testing.T) {
	s := &shelf{chart: "name: [\n"}
	l := library.New(t.Context(), s, s)
	if _, err := l.Umbrella("3.18.0"); err == nil || !strings.HasPrefix(err.Error(), "load the umbrella chart of Big Bang 3.18.0: ") {
		t.Errorf("umbrella: %v", err)
	}
	if _, err := l.Package("istiod", "1.28.3-bb.0"); err == nil || !strings.HasPrefix(err.Error(), "load chart istiod 1.28.3-bb.0: ") {
		t.Errorf("package: %v", err)
	}
}
