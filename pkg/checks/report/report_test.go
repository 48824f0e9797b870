package report

import (
	"bytes"
	"encoding/xml"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnet-bot/linnet/pkg/checks"
)

// gate has one check of each verdict.
func gate() checks.Result {
	r := checks.Result{Name: "wave-1", Question: "has wave-1 moved", Children: []checks.Result{
		{Name: "visible", Verdict: checks.Pass, Found: "14 of 14", Children: []checks.Result{{Name: "answered", Verdict: checks.Pass, Found: "3 of 3"}}},
		{Name: "on-1-29-0", Question: "is every proxy on 1-29-0", Verdict: checks.Wait, Reason: "1 proxy is on default", Required: "all", Found: "13 of 14", Stragglers: []checks.Straggler{
			{Namespace: "monitoring", Kind: "StatefulSet", Name: "prometheus", Pod: "prometheus-0", Reason: "it is not rolled: OnDelete", Remedy: "kubectl -n monitoring delete pod prometheus-0"}}},
		{Name: "flux", Verdict: checks.Fail, Reason: "HelmRelease bigbang/kiali: @all | `x` <b>\nfailed"},
		{Name: "healthy", Verdict: checks.Unknown, Reason: "istiod-a did not answer"},
	}}
	r.Verdict, r.NoSample = checks.Combine(r.Children)
	return r
}

func TestJUnitHasACaseForEachCheckAndNoGreenForWhatIsNot(t *testing.T) {
	var out bytes.Buffer
	if err := JUnit(&out, "dev", time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC), gate()); err != nil {
		t.Fatal(err)
	}
	var got suites
	if err := xml.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	s := got.Suites[0]
	if s.Name != "dev wave-1" || s.Tests != 4 || s.Failures != 2 || s.Errors != 1 || s.Timestamp != "2026-11-27T12:00:00" {
		t.Errorf("got %s", out.String())
	}
	want := []testCase{
		{Class: "dev.wave-1.visible", Name: "answered", Out: "3 of 3"},
		{Class: "dev.wave-1", Name: "on-1-29-0", Failure: &told{"1 proxy is on default", "wait",
			"asked: is every proxy on 1-29-0\nwanted: all\nfound: 13 of 14\nStatefulSet monitoring/prometheus (pod prometheus-0): it is not rolled: OnDelete; kubectl -n monitoring delete pod prometheus-0\n"}},
		{Class: "dev.wave-1", Name: "flux", Failure: &told{"HelmRelease bigbang/kiali: @all | `x` <b>\nfailed", "fail", ""}},
		{Class: "dev.wave-1", Name: "healthy", Error: &told{"istiod-a did not answer", "unknown", ""}},
	}
	if diff := cmp.Diff(want, s.Cases); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestMarkdownTellsAllAndActsOnNothing(t *testing.T) {
	got := Markdown("dev", gate())
	for _, want := range []string{
		"## dev: wave-1: fail, 1 of 4 checks pass",
		"| `visible` | pass | 14 of 14 |\n",
		"| `on-1-29-0` | wait | 1 proxy is on default |\n",
		"| `flux` | fail | HelmRelease bigbang/kiali: &#64;all \\| 'x' &lt;b&gt; failed |\n",
		"| `healthy` | unknown | istiod-a did not answer |\n",
		"| `StatefulSet monitoring/prometheus` | `prometheus-0` | it is not rolled: OnDelete | `kubectl -n monitoring delete pod prometheus-0` |\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("it lacks %q:\n%s", want, got)
		}
	}
	outside, _, _ := strings.Cut(got, "<details>")
	if strings.Contains(outside, "@all") {
		t.Errorf("it mentions somebody:\n%s", got)
	}
	for line := range strings.Lines(got) {
		if strings.HasPrefix(line, "/") || strings.HasPrefix(line, "@") {
			t.Errorf("a forge would act on %q", line)
		}
	}
}

func TestNothingEndsTheFence(t *testing.T) {
	r := gate()
	r.Children[2].Reason = "```\n/promote"
	if got := Markdown("dev", r); strings.Count(got, "```") != 2 {
		t.Errorf("got:\n%s", got)
	}
}
