package checks

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// results are what is rendered below: a wave on its way, one that has arrived, a filtered answer, and a small mess.
func results() map[string]Result {
	u := upgrade()
	waveGate := Moved(u, wave("monitoring", "logging"), old, canary, Effects{
		UmbrellaChanges: true, QuietTime: true,
		Namespaces: []NamespaceEffect{{Name: "monitoring", Want: map[string]string{labelRevision: "1-29-0"}, Absent: []string{labelInjection}}},
	}, 30*time.Minute)

	onTheWay := observe(during("monitoring", "logging"))
	for _, name := range []string{"grafana-0", "grafana-1", "prometheus-main-0"} {
		pod(onTheWay, "monitoring", name).Annotations = map[string]string{labelRevision: "default"}
		disconnect(onTheWay, name+".monitoring")
		connect(onTheWay, name+".monitoring", "default", "1.28.3")
	}
	workload(onTheWay, "monitoring", "grafana").Paused = true
	workload(onTheWay, "monitoring", "prometheus-main").UpdatedReplicas = 1

	filtered := observe(during("monitoring", "logging"))
	for i := range filtered.Istiods {
		filtered.Istiods[i].Connections = nil
	}

	mess := observe(allOnCanary())
	mess.Namespaces = append(mess.Namespaces, Namespace{Name: "mission-with-a-rather-long-name", Labels: injectionLabels("default")})
	mess.Pods = append(mess.Pods, Pod{
		Namespace: "mission-with-a-rather-long-name", Name: "legacy", Phase: "Running", Ready: true, Created: noon.Add(-90 * 24 * time.Hour),
		Annotations: map[string]string{labelRevision: "default"}, Containers: []Container{{Name: "istio-proxy"}},
	})
	connect(mess, "legacy.mission-with-a-rather-long-name", "default", "1.28.3")
	release(mess, "monitoring").Failures = 1

	return map[string]Result{
		"wave-moving":   waveGate.Evaluate(onTheWay, theMerge()),
		"wave-moved":    waveGate.Evaluate(observe(during("monitoring", "logging")), theMerge()),
		"filtered":      waveGate.Evaluate(filtered, theMerge()),
		"bump-entry":    Join("bump", "Big Bang may be bumped", Unused(u, old, 0), Gate{Checks: []Check{settled(u, Effects{})}}).Evaluate(mess, theMerge()),
		"not-observed":  waveGate.Evaluate(nil, theMerge()),
		"single-answer": visibleOnly(),
	}
}

func visibleOnly() Result {
	return running(canary, 2).Evaluate(observe(start()), Merge{})
}

func TestTextGoldens(t *testing.T) {
	for name, r := range results() {
		for style, s := range map[string]Style{"80": {Width: 80}, "60": {Width: 60}, "120": {Width: 120}, "ascii": {ASCII: true}, "full": {Width: 100, Full: true}} {
			if (style == "60" || style == "full") && name != "wave-moving" {
				continue
			}
			t.Run(name+"-"+style, func(t *testing.T) {
				got := s.Text(r)
				file := filepath.Join("testdata", name+"-"+style+".txt")
				if *update {
					if err := os.MkdirAll("testdata", 0o755); err != nil {
						t.Fatal(err)
					}
					if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(string(want), got); diff != "" {
					t.Errorf("-want +got\n%s", diff)
				}
				width := s.Width
				if width == 0 {
					width = 80
				}
				fits(t, got, width, s.ASCII)
			})
		}
	}
}

type failer interface{ Errorf(string, ...any) }

// fits checks what holds of every text: the width, the alphabet, and no line that a forge would obey.
func fits(t failer, text string, width int, ascii bool) {
	for _, line := range strings.Split(text, "\n") {
		if n := utf8.RuneCountInString(line); n > width {
			t.Errorf("line of %d columns, %d allowed: %q", n, width, line)
		}
		if strings.HasPrefix(line, "/") || strings.HasPrefix(line, "@") || strings.Contains(line, "`") {
			t.Errorf("a forge would take this line for something else: %q", line)
		}
		if line != strings.TrimRight(line, " ") {
			t.Errorf("trailing space: %q", line)
		}
		if ascii && strings.ContainsFunc(line, func(r rune) bool { return r > 126 }) {
			t.Errorf("not ASCII: %q", line)
		}
	}
}

func TestTextIsSafeWhateverItIsGiven(t *testing.T) {
	words := []string{"/promote", "@everyone", "```", "`x`", "\n/merge", "\r\n@a", "\x1b[31m", "\u202e", "long" + strings.Repeat("x", 150), "ü", "…", "", " ", "a b c"}
	text := rapid.Map(rapid.SliceOfN(rapid.SampledFrom(words), 0, 6), func(w []string) string { return strings.Join(w, " ") })
	var result func(depth int) *rapid.Generator[Result]
	result = func(depth int) *rapid.Generator[Result] {
		return rapid.Custom(func(t *rapid.T) Result {
			r := Result{
				Name: text.Draw(t, "name"), Question: text.Draw(t, "question"), Reason: text.Draw(t, "reason"), Required: text.Draw(t, "required"), Found: text.Draw(t, "found"),
				Verdict: Verdict(rapid.IntRange(0, 3).Draw(t, "verdict")),
			}
			for range rapid.IntRange(0, 2).Draw(t, "stragglers") {
				r.Stragglers = append(r.Stragglers, Straggler{Namespace: text.Draw(t, "namespace"), Kind: text.Draw(t, "kind"), Name: text.Draw(t, "owner"), Reason: text.Draw(t, "why"), Remedy: text.Draw(t, "remedy")})
			}
			if depth > 0 {
				r.Children = rapid.SliceOfN(result(depth-1), 0, 2).Draw(t, "children")
			}
			return r
		})
	}
	rapid.Check(t, func(t *rapid.T) {
		r := result(3).Draw(t, "result")
		width := rapid.IntRange(-5, 200).Draw(t, "width")
		allowed := 80
		if width != 0 {
			allowed = min(max(width, 60), 120)
		}
		fits(t, Text(r, width), allowed, false)
		fits(t, Style{Width: width, ASCII: true, Full: true}.Text(r), allowed, true)
		s := Summary(r)
		fits(t, s, 1<<20, false)
		if strings.ContainsAny(s, "\n\r") || strings.Contains(s, " @") {
			t.Errorf("summary %q", s)
		}
	})
}

func TestVeryDeepTreesStillFit(t *testing.T) {
	r := Result{Name: "leaf", Question: strings.Repeat("word ", 30), Verdict: Wait, Reason: "waiting"}
	for range 60 {
		r = tree("parent", "a question", r)
	}
	fits(t, Text(r, 60), 60, false)
}

func TestSummary(t *testing.T) {
	all := results()
	for name, want := range map[string]string{
		"wave-moved":   "wave-1: pass, 8 of 8 checks pass",
		"not-observed": "wave-1: unknown; the cluster has not been observed",
		"wave-moving":  "wave-1: wait, 3 of 8 checks pass; StatefulSet monitoring/prometheus-main: 1 of 2 pods have the newest template (4 stragglers)",
	} {
		if got := Summary(all[name]); got != want {
			t.Errorf("%s:\ngot  %q\nwant %q", name, got, want)
		}
	}
	if got := Summary(Result{Verdict: Wait, NoSample: true, Reason: "busy"}); got != "gate: wait (routine); busy" {
		t.Errorf("got %q", got)
	}
}

func TestLongListsOfStragglersAreCut(t *testing.T) {
	r := Result{Name: "x", Verdict: Wait}
	for i := range 40 {
		r.Stragglers = append(r.Stragglers, Straggler{Namespace: "a", Kind: "Deployment", Name: strings.Repeat("d", i+1), Pod: "p", Reason: "not restarted"})
	}
	text := Text(r, 80)
	if !strings.Contains(text, "and 28 more") || !strings.Contains(text, "40 stragglers") {
		t.Errorf("got\n%s", text)
	}
}
