package sim_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnet-bot/linnet/internal/library"
	"github.com/linnet-bot/linnet/internal/shareddata"
	"github.com/linnet-bot/linnet/internal/sim"
	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/gitops/render"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
	"github.com/linnet-bot/linnet/pkg/planner"
	"github.com/linnet-bot/linnet/pkg/release"
)

// nearest is a plan's material that takes a package's -bb.0 where the -bb.N that a release asks for is not at hand.
type nearest struct{ *library.Library }

func (m nearest) Package(name, tag string) (*render.Chart, error) {
	chart, err := m.Library.Package(name, tag)
	if istio, _, ok := strings.Cut(tag, "-bb."); ok && errors.Is(err, release.ErrNotAtHand) {
		return m.Library.Package(name, istio+"-bb.0")
	}
	return chart, err
}

// template is the official customer template at release 3.18.0: its encrypted files made from the samples beside them, and without the value that
// no release takes any more.
func template(t *testing.T) tree.Tree {
	t.Helper()
	files, err := tree.FromDir(shareddata.Path(t, "gitops-repos", "customer-template-2026-02"))
	if err != nil {
		t.Fatal(err)
	}
	var changes []tree.Change
	for _, name := range files.Paths() {
		content, _ := files.Read(name)
		if stem, ok := strings.CutSuffix(name, "secret.yaml"); ok {
			changes = append(changes, tree.Change{Path: stem + "secret.enc.yaml", Content: content})
		}
		text := strings.NewReplacer("ref=3.2.0", "ref=3.18.0", "promtail:\n  enabled: true\n", "").Replace(string(content))
		changes = append(changes, tree.Change{Path: name, Content: []byte(text)})
	}
	return files.With(changes...)
}

func TestPlanForTheRealUmbrellaMovesTheCluster(t *testing.T) {
	if testing.Short() {
		t.Skip("renders real umbrellas many times; run without -short")
	}
	source, err := release.Open(release.Options{URL: shareddata.Releases(t)})
	if err != nil {
		t.Fatal(err)
	}
	charts, err := release.OpenPackages(release.PackagesOptions{Dir: shareddata.Path(t, "charts")})
	if err != nil {
		t.Fatal(err)
	}
	start := template(t)
	plan, err := planner.Make(planner.Input{
		Tree: start, Environment: "gitRepo/dev", To: "3.19.0", Policy: planner.Policy{Kubernetes: "1.34.0"},
		Material: nearest{library.New(t.Context(), source, charts)},
	})
	if err != nil {
		t.Fatal(err)
	}
	w := newWalkOf(t, sim.Options{Environment: "gitRepo/dev", Releases: source, Packages: charts}, start)
	w.wantGreen(checks.Preflight(plan.Upgrade), checks.Merge{})
	at := start
	for _, phase := range plan.Phases {
		w.wantGreen(phase.EntryGate, w.last)
		at = at.With(phase.Changes()...)
		w.merge(at)
		w.pass(8 * time.Minute)
		w.wantGreen(phase.ExitGate, w.last)
		if t.Failed() {
			t.Fatalf("after phase %d, %s; stand-ins:\n%s", phase.Number, phase.Name, strings.Join(w.cluster.StandIns(), "\n"))
		}
	}
	inPlace := newWalkOf(t, sim.Options{Environment: "gitRepo/dev", Releases: source, Packages: charts}, start)
	inPlace.merge(plan.InPlace)
	inPlace.pass(8 * time.Minute)
	if diff := cmp.Diff(stable(inPlace.cluster.Observe()), stable(w.cluster.Observe())); diff != "" {
		t.Errorf("the cluster is not that of an in-place bump (-want +got):\n%s", diff)
	}
}
