package sim

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/pkg/checks"
)

func TestMisbehavioursAreNamedOnceAndSayWhatMustBecomeOfThem(t *testing.T) {
	names := map[string]bool{}
	for _, m := range Misbehaviours() {
		if names[m.Name] || !strings.HasSuffix(m.Sentence, ".") || !slices.Contains([]Expectation{StaysClosed, GoesOn, RefusedAtPlan}, m.Expected) {
			t.Errorf("%q: %q, %q", m.Name, m.Sentence, m.Expected)
		}
		names[m.Name] = true
	}
}

func TestMisbehavioursThatDoNotExistAreRefused(t *testing.T) {
	releases, _ := Miniature()
	if _, err := New(Options{Environment: "dev", Releases: releases, Misbehave: []string{"stuck-proxi"}}); err == nil || !strings.Contains(err.Error(), `did you mean "stuck-proxy"?`) {
		t.Errorf("got %v", err)
	}
	l := newLab(t, "git")
	if err := l.Heal("stuck-proxy"); err == nil {
		t.Error("what does not misbehave was healed")
	}
}

func TestWhereThereIsNoVictimTheClusterSaysSo(t *testing.T) {
	releases, packages := Miniature()
	c, err := New(Options{Start: start, Environment: "dev", Releases: releases, Packages: packages, Misbehave: []string{"endless-job"}})
	if err != nil {
		t.Fatal(err)
	}
	c.after(restTime, c.misbehaveAtRest) // nothing was pushed, so nothing runs
	if err := c.Advance(10 * time.Minute); err == nil || !strings.Contains(err.Error(), "no Deployment of a package runs in the mesh") {
		t.Errorf("got %v", err)
	}
}

func TestAPodThatCameAndWentBetweenTwoLooksIsSeenAsTerminating(t *testing.T) {
	l := newLab(t, "git", crds, canary, moved(kiali))
	l.pass(settle)
	l.startPassing("kiali", "default")
	l.pass(45 * time.Second)
	probe := func() *checks.Pod {
		o := l.Observe()
		if i := slices.IndexFunc(o.Pods, func(p checks.Pod) bool { return strings.HasPrefix(p.Name, "probe-") }); i >= 0 {
			return &o.Pods[i]
		}
		return nil
	}
	if p := probe(); p == nil || !p.Deleting || p.Annotations["istio.io/rev"] != "default" {
		t.Fatalf("45 s later: %+v", p)
	}
	first := checks.Scope{Name: "wave-1", Namespaces: []string{"kiali"}}
	gate := checks.Moved(upgrade, first, upgrade.Old, upgrade.Canary, checks.Effects{}, 0)
	l.wantGate(gate, checks.Wait)
	l.pass(time.Minute)
	if p := probe(); p != nil {
		t.Errorf("and for ever: %+v", p)
	}
	l.wantGate(gate, checks.Pass)
}

func TestPruningThatIsTurnedOffInTheClusterAloneIsSeenByThePreflight(t *testing.T) {
	l := newLab(t, "git")
	if err := l.Misbehave("no-prune"); err != nil {
		t.Fatal(err)
	}
	l.wantGate(checks.Preflight(upgrade), checks.Fail)
	if err := l.Heal("no-prune"); err != nil {
		t.Fatal(err)
	}
	l.wantGate(checks.Preflight(upgrade), checks.Pass)
}
