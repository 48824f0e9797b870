package syncz

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/linnet-bot/linnet/pkg/checks"
)

// Sweep asks all istiod pods of a cluster.
type Sweep struct {
	Ask      func(context.Context, Target) (Answer, error) // Client.Ask
	Parallel int                                           // how many are asked at once, at least 1
	Timeout  time.Duration                                 // for each pod
	// Retries is how often whoever may know a missing proxy is asked again, each time after Pause.
	Retries int
	Pause   time.Duration
}

// DefaultSweep asks in a way that is right for every cluster: a proxy that changes replicas is back within seconds, and a pod that has not answered
// after ten hangs.
func DefaultSweep(c *Client) Sweep {
	return Sweep{Ask: c.Ask, Parallel: 8, Timeout: 10 * time.Second, Retries: 2, Pause: 20 * time.Second}
}

// Seen is what a sweep found out about one istiod pod.
type Seen struct {
	checks.Istiod
	Visibility Visibility
	Root       string // see Answer
}

// Run asks every target, and again those that may know the expected proxies that nobody named. Pods that have ended are not asked. The result has
// the order of the targets and one entry for each, whatever happened: a pod that was not asked, too, has not answered. When Run returns,
// nothing that it started is running.
func (s Sweep) Run(ctx context.Context, targets []Target, expected []Expected) []Seen {
	found := make([]Seen, len(targets))
	for i := range targets {
		found[i].Istiod = targets[i].Istiod
		found[i].Answered, found[i].Error = false, "it was not asked"
	}
	ask := make([]int, 0, len(targets))
	for i := range targets {
		if !ended(&targets[i].Istiod) {
			ask = append(ask, i)
		}
	}
	for round := 0; ; round++ {
		s.round(ctx, targets, ask, found)
		ask = again(found, Missing(expected, found))
		if len(ask) == 0 || round >= s.Retries || !pause(ctx, s.Pause) {
			return found
		}
	}
}

// round asks some of the targets at once, no more than Parallel at a time. The latest word counts: a pod that has fallen silent has not answered.
func (s Sweep) round(ctx context.Context, targets []Target, ask []int, found []Seen) {
	var running sync.WaitGroup
	free := make(chan struct{}, max(s.Parallel, 1))
	for _, i := range ask {
		free <- struct{}{}
		running.Go(func() {
			defer func() { <-free }()
			found[i] = s.one(ctx, targets[i])
		})
	}
	running.Wait()
}

func (s Sweep) one(ctx context.Context, t Target) Seen {
	ctx, cancel := context.WithTimeout(ctx, s.Timeout)
	defer cancel()
	a, err := s.Ask(ctx, t)
	seen := Seen{Istiod: t.Istiod}
	var refused *Refusal
	switch {
	case errors.As(err, &refused):
		seen.Error = refused.Reason
	case err != nil:
		seen.Error = err.Error()
	default:
		seen.Answered, seen.Error, seen.AskedAt = true, "", a.At
		if a.Version != "" {
			seen.Version = a.Version
		}
		seen.Connections, seen.Filtered = a.Connections, a.Visibility.Suspicion()
		seen.Visibility, seen.Root = a.Visibility, a.Root
	}
	return seen
}

// pause waits, and reports whether there is still somebody to wait for.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

func ended(it *checks.Istiod) bool { return it.Phase == "Succeeded" || it.Phase == "Failed" }

// Istiods are the istiods of an observation.
func Istiods(seen []Seen) []checks.Istiod {
	all := make([]checks.Istiod, len(seen))
	for i := range seen {
		all[i] = seen[i].Istiod
	}
	return all
}

// ByPod are the same by pod, as mesh.WithAnswers wants them.
func ByPod(istiods []checks.Istiod) map[checks.NamespacedName]checks.Istiod {
	by := make(map[checks.NamespacedName]checks.Istiod, len(istiods))
	for _, it := range istiods {
		by[checks.NamespacedName{Namespace: it.Namespace, Name: it.Pod}] = it
	}
	return by
}

// Roots are the root certificates of an observation, as the istiods that answered showed them.
func Roots(seen []Seen) []checks.RootCertificate {
	var roots []checks.RootCertificate
	for i := range seen {
		if it := &seen[i]; it.Answered && it.Root != "" {
			roots = append(roots, checks.RootCertificate{Source: "istiod", Namespace: it.Namespace, Name: it.Pod, Revision: it.Revision, Fingerprint: it.Root})
		}
	}
	slices.SortFunc(roots, func(a, b checks.RootCertificate) int {
		return slices.Compare([]string{a.Namespace, a.Name}, []string{b.Namespace, b.Name})
	})
	return roots
}
