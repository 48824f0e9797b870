package planner_test

import (
	"errors"
	"testing"

	"github.com/linnet-bot/linnet/pkg/planner"
	"github.com/linnet-bot/linnet/pkg/release"
)

func shipping(version, istio string) release.Release {
	return release.Release{Version: version, Era: "operatorless", Packages: map[string]release.Package{
		"istiod": {Key: "istiod", GitTag: istio + "-bb.0", Enabled: true},
	}}
}

func TestChoiceOfATarget(t *testing.T) {
	current := shipping("3.18.0", "1.28.3")
	all := []release.Release{
		shipping("3.17.0", "1.28.2"), current, shipping("3.18.1", "1.28.4"), shipping("3.18.2", "1.28.4"), shipping("3.19.0", "1.29.0"),
		shipping("3.20.0", "1.29.1"), shipping("3.27.0", "1.30.1"),
	}
	rows := []struct {
		name     string
		releases []release.Release
		choice   planner.Choice
		want     string // version, or the error
		why      string
	}{
		{"the newest of the next minor", all, planner.Choice{Start: planner.StartMinor}, "3.20.0",
			"the newest release that brings the next Istio minor (1.28.3 to 1.29.1); 3.27.0 is newer, but it ships Istio 1.30.1, which skips a minor"},
		{"minor is what counts without a word", all, planner.Choice{}, "3.20.0",
			"the newest release that brings the next Istio minor (1.28.3 to 1.29.1); 3.27.0 is newer, but it ships Istio 1.30.1, which skips a minor"},
		{"a patch does not begin an upgrade by itself", all[:4], planner.Choice{Start: planner.StartMinor},
			"choose a release after Big Bang 3.18.0: no release to upgrade to, since none up to 3.18.2 moves Istio 1.28.3 by one minor; name one with --to, or set policy.start to patch", ""},
		{"unless policy says so", all[:4], planner.Choice{Start: planner.StartPatch}, "3.18.2", "the newest release that brings the next Istio minor or a new patch (1.28.3 to 1.28.4)"},
		{"a range", all, planner.Choice{Start: planner.StartPatch, Target: "~3.18"}, "3.18.2",
			"the newest release that brings the next Istio minor or a new patch (1.28.3 to 1.28.4) and that policy.target ~3.18 allows; 3.27.0 is newer, but it ships Istio 1.30.1, which skips a minor"},
		{"one version", all, planner.Choice{Target: "3.19.0"}, "3.19.0",
			"the newest release that brings the next Istio minor (1.28.3 to 1.29.0) and that policy.target 3.19.0 allows; 3.27.0 is newer, but it ships Istio 1.30.1, which skips a minor"},
		{"a range that allows none", all, planner.Choice{Target: "<= 3.18.9"},
			"choose a release after Big Bang 3.18.0: no release to upgrade to, since policy.target <= 3.18.9 allows none of those that bring the next Istio minor; name one with --to, or change policy.target", ""},
		{"the newest already", all[:2], planner.Choice{},
			"choose a release after Big Bang 3.18.0: no release to upgrade to, since it is the newest; name one with --to, or give another --releases", ""},
		{"a packaging of the same Istio", []release.Release{current, shipping("3.18.1", "1.28.3")}, planner.Choice{Start: planner.StartPatch},
			"choose a release after Big Bang 3.18.0: no release to upgrade to, since none up to 3.18.1 moves Istio 1.28.3 by one minor or a patch; name one with --to", ""},
		{"a newer release with an older Istio", []release.Release{current, shipping("3.18.9", "1.27.9")}, planner.Choice{Start: planner.StartPatch},
			"choose a release after Big Bang 3.18.0: no release to upgrade to, since none up to 3.18.9 moves Istio 1.28.3 by one minor or a patch; name one with --to", ""},
		{"a newest one that does not change Istio", []release.Release{current, shipping("3.19.0", "1.29.0"), shipping("3.20.0", "1.28.3")}, planner.Choice{}, "3.19.0",
			"the newest release that brings the next Istio minor (1.28.3 to 1.29.0); 3.20.0 is newer, but it does not change Istio"},
		{"a newest one that policy leaves out", all[:5], planner.Choice{Start: planner.StartPatch, Target: "< 3.19"}, "3.18.2",
			"the newest release that brings the next Istio minor or a new patch (1.28.3 to 1.28.4) and that policy.target < 3.19 allows; 3.19.0 is newer, but policy.target does not allow it"},
		{"no range", all, planner.Choice{Target: "soon"}, `read policy.target "soon": improper constraint: "soon"; write a release or a range such as 3.19.0, ~3.18 or <= 3.30.0`, ""},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			to, why, err := planner.Choose(row.releases, current, row.choice)
			got := to.Version
			if err != nil {
				got = err.Error()
				if row.choice.Target != "soon" && !errors.Is(err, planner.ErrUpToDate) {
					t.Errorf("the error is not ErrUpToDate: %v", err)
				}
			}
			if got != row.want {
				t.Errorf("got %q, want %q", got, row.want)
			}
			if why != row.why {
				t.Errorf("why is %q, want %q", why, row.why)
			}
		})
	}
}
