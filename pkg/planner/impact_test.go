package planner_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/linnet-bot/linnet/internal/miniature"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
	"github.com/linnet-bot/linnet/pkg/planner"
)

// A reviewer reads what changes, not how a list was renumbered.
func TestChangesAreToldShortly(t *testing.T) {
	plan := mustPlan(t, planner.Input{Tree: tree.New(miniature.Repository("git")), Environment: "dev", To: "3.19.0", Material: miniatureMaterial(t)})
	for _, phase := range plan.Phases {
		for _, line := range phase.Render.Changed {
			if len(line) > 200 {
				t.Errorf("phase %s: a change is told in %d characters: %s", phase.Name, len(line), line)
			}
			if strings.Contains(line, "app.kubernetes.io/version") {
				t.Errorf("phase %s: a label that every object carries is told: %s", phase.Name, line)
			}
		}
		want := ""
		switch phase.Name {
		case "wave-observability":
			want = "HelmRelease bigbang/bigbang: spec.postRenderers[1]: (none) -> {1 key}"
		case "home-stateless":
			want = "HelmRelease bigbang/bigbang: spec.postRenderers: other entries"
		case "bump":
			want = "GitRepository bigbang/istiod: spec.ref.tag: 1.28.3-bb.0 -> 1.29.0-bb.0"
		}
		if want != "" && !slices.Contains(phase.Render.Changed, want) {
			t.Errorf("phase %s changes %q, want %q among it", phase.Name, phase.Render.Changed, want)
		}
	}
}
