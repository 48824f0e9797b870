package checks

import (
	"strings"
	"testing"
	"time"
)

func wave(names ...string) Scope { return Scope{Name: "wave-1", Namespaces: names} }

func gateway(name string) Scope {
	return Scope{Name: "gateway " + name, Namespaces: []string{"istio-gateway"}, Workloads: []WorkloadRef{{"istio-gateway", "Deployment", name}}}
}

// during is the state with some namespaces on the canary.
func during(namespaces ...string) state {
	s := state{on: map[string]string{}, builtIn: "1.28.3", canary: 2}
	for _, ns := range namespaces {
		s.on[ns] = canary.Revision
	}
	return s
}

func TestGatesPassOnTheStateTheyWaitFor(t *testing.T) {
	u := upgrade()
	bumped := allOnCanary()
	bumped.builtIn = home.Version
	atHome := state{builtIn: home.Version, canary: 2}
	done := state{builtIn: home.Version}
	quiet := Effects{UmbrellaChanges: true, QuietTime: true}
	for _, c := range []struct {
		name  string
		gate  Gate
		state state
	}{
		{"preflight", Preflight(u), start()},
		{"crds", CRDs(u, Effects{}), start()},
		{"canary", Canary(u, Effects{}), state{builtIn: "1.28.3", canary: 2}},
		{"wave", Moved(u, wave("monitoring"), old, canary, quiet, time.Hour), during("monitoring")},
		{"gateway", GatewayMoved(u, gateway("public-ingressgateway"), old, canary, quiet, time.Hour), allOnCanary()},
		{"unused built-in", Unused(u, old, 0), allOnCanary()},
		{"bump", Bumped(u, quiet, 0), bumped},
		{"home", Moved(u, wave("monitoring"), canary, home, quiet, 0), atHome},
		{"unused canary", Unused(u, canary, 24*time.Hour), atHome},
		{"pruned", Pruned(u, Effects{}), done},
	} {
		t.Run(c.name, func(t *testing.T) {
			if r := c.gate.Evaluate(observe(c.state), theMerge()); r.Verdict != Pass {
				t.Errorf("got %s, want pass:\n%s", r.Verdict, reasons(r))
			}
		})
	}
}

func TestGatesWaitOnTheStateBefore(t *testing.T) {
	u := upgrade()
	atHome := state{builtIn: home.Version, canary: 2}
	for _, c := range []struct {
		name  string
		gate  Gate
		state state
		want  Verdict
		leaf  string
	}{
		{"an upgrade half done", Preflight(u), allOnCanary(), Fail, "finished"},
		{"no canary yet", Canary(u, Effects{}), start(), Wait, "istiod-1-29-0"},
		{"one replica of two", Canary(u, Effects{}), state{builtIn: "1.28.3", canary: 1}, Wait, "istiod-1-29-0"},
		{"something moved by accident", Canary(u, Effects{}), during("logging"), Wait, "off-1-29-0"},
		{"wave not rolled", Moved(u, wave("monitoring"), old, canary, Effects{}, 0), during("logging"), Wait, "on-1-29-0"},
		{"one namespace left behind", Unused(u, old, 0), during("monitoring", "logging"), Wait, "namespaces"},
		{"bump with the built-in still old", Bumped(u, Effects{}, 0), allOnCanary(), Wait, "istiod-default"},
		{"canary still used", Unused(u, canary, 0), during("logging"), Wait, "connections"},
		{"canary not pruned", Pruned(u, Effects{}), atHome, Wait, "gone-1-29-0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := c.gate.Evaluate(observe(c.state), theMerge())
			if r.Verdict != c.want {
				t.Errorf("got %s, want %s:\n%s", r.Verdict, c.want, reasons(r))
			}
			if l := leaf(r, c.leaf); l == nil || l.Verdict == Pass {
				t.Errorf("leaf %s: got %+v, want it not to pass", c.leaf, l)
			}
		})
	}
}

func TestAGateThatAsksNothingIsNotGreen(t *testing.T) {
	if r := (Gate{Name: "empty"}).Evaluate(observe(start()), Merge{}); r.Verdict != Unknown || r.Reason == "" {
		t.Errorf("got %s (%q), want unknown with a reason", r.Verdict, r.Reason)
	}
	if r := Preflight(upgrade()).Evaluate(nil, Merge{}); r.Verdict != Unknown {
		t.Errorf("no observation: got %s, want unknown", r.Verdict)
	}
	for _, c := range Preflight(upgrade()).Checks {
		if r := c.Evaluate(nil, Merge{}); r.Verdict != Unknown {
			t.Errorf("%s of no observation: got %s, want unknown", r.Name, r.Verdict)
		}
	}
}

func TestAnEmptyObservationIsNeverGreen(t *testing.T) {
	u := upgrade()
	for _, g := range everyGate(u) {
		if r := g.Evaluate(&Observation{At: noon}, theMerge()); r.Verdict == Pass {
			t.Errorf("%s passes on an observation in which nothing was seen", g.Name)
		}
	}
}

func everyGate(u Upgrade) []Gate {
	e := Effects{UmbrellaChanges: true, QuietTime: true}
	return []Gate{
		Preflight(u), CRDs(u, e), Canary(u, e), Moved(u, wave("monitoring", "logging"), old, canary, e, 30*time.Minute),
		GatewayMoved(u, gateway("public-ingressgateway"), old, canary, e, time.Hour), CNI(u, e), Unused(u, old, 0), Bumped(u, e, 0),
		Moved(u, wave("monitoring"), canary, home, e, 0), Unused(u, canary, 24*time.Hour), Pruned(u, e),
	}
}

func TestWordsNameWhatTheyAreAbout(t *testing.T) {
	u := upgrade()
	u.Kubernetes = KubernetesRange{"1.31", "1.34"}
	e := Effects{Namespaces: []NamespaceEffect{{Name: "monitoring", Want: map[string]string{labelRevision: "1-29-0"}, Absent: []string{labelInjection}}}}
	words := strings.Join(Moved(u, wave("monitoring"), old, canary, e, 30*time.Minute).Words(), "\n")
	for _, want := range []string{"wave-1 (monitoring)", "1-29-0 (1.29.0)", "30m", "namespace monitoring has istio.io/rev=1-29-0 and no istio-injection"} {
		if !strings.Contains(words, want) {
			t.Errorf("the words do not say %q:\n%s", want, words)
		}
	}
	for _, g := range everyGate(u) {
		seen := map[string]bool{}
		for _, w := range g.Words() {
			if w == "" || len(w) > 260 || strings.HasSuffix(w, ".") || seen[w] {
				t.Errorf("%s: %q is empty, long, repeated or ends in a full stop", g.Name, w)
			}
			seen[w] = true
		}
	}
	if got := strings.Join(Preflight(u).Words(), "\n"); !strings.Contains(got, "between 1.31 and 1.34") {
		t.Errorf("preflight does not name the range of Kubernetes:\n%s", got)
	}
}

func TestJoinAsksTheSameOnceAndSoaksTheLongest(t *testing.T) {
	u := upgrade()
	a := Moved(u, wave("monitoring"), old, canary, Effects{}, 10*time.Minute)
	b := Moved(u, wave("logging"), old, canary, Effects{}, 30*time.Minute)
	g := Join("waves", "both waves", a, b)
	if g.Soak != 30*time.Minute {
		t.Errorf("got a soak of %s, want 30m", g.Soak)
	}
	if g := Join("waves", "both waves", b, a); g.Soak != 30*time.Minute {
		t.Errorf("the other way round: got a soak of %s, want 30m", g.Soak)
	}
	// flux-settled, effects and visible are the same question; the other five are about different namespaces.
	if got, want := len(g.Checks), 3+5+5; got != want {
		t.Errorf("got %d checks, want %d", got, want)
	}
	if r := g.Evaluate(observe(during("monitoring", "logging")), theMerge()); r.Verdict != Pass {
		t.Errorf("both waves moved: got %s\n%s", r.Verdict, reasons(r))
	}
	if r := g.Evaluate(observe(during("monitoring")), theMerge()); r.Verdict != Wait {
		t.Errorf("one wave moved: got %s, want wait", r.Verdict)
	}
}

func TestCombine(t *testing.T) {
	r := func(v Verdict, noSample bool) Result { return Result{Verdict: v, NoSample: noSample} }
	for _, c := range []struct {
		name     string
		children []Result
		want     Verdict
		noSample bool
	}{
		{"nothing", nil, Unknown, false},
		{"all pass", []Result{r(Pass, false), r(Pass, false)}, Pass, false},
		{"unknown is stronger than wait", []Result{r(Wait, false), r(Unknown, false), r(Pass, false)}, Unknown, false},
		{"fail is stronger than unknown", []Result{r(Unknown, false), r(Fail, false)}, Fail, false},
		{"only blinks", []Result{r(Pass, false), r(Wait, true)}, Wait, true},
		{"a blink beside a real wait", []Result{r(Wait, false), r(Wait, true)}, Wait, false},
		{"a blink beside a failure", []Result{r(Fail, false), r(Wait, true)}, Fail, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if v, n := Combine(c.children); v != c.want || n != c.noSample {
				t.Errorf("got %s (no sample: %t), want %s (%t)", v, n, c.want, c.noSample)
			}
		})
	}
}
