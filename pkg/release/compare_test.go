package release_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/linnet-bot/linnet/pkg/release"
)

// operatorless is a release with the given istiod tag; both and operator have an istio tag.
func operatorless(tag string) release.Release {
	return release.Release{Era: release.Operatorless, Packages: map[string]release.Package{"istiod": {Key: "istiod", GitTag: tag, SourceType: "git", Enabled: true}}}
}

func withOperator(era release.Era, tag string) release.Release {
	r := release.Release{Era: era, Packages: map[string]release.Package{"istio": {Key: "istio", GitTag: tag, SourceType: "git", Enabled: true}}}
	if era == release.Both {
		r.Packages["istiod"] = release.Package{Key: "istiod", GitTag: "1.25.3-bb.0"}
	}
	return r
}

func TestCompareNamesTheKindOfChange(t *testing.T) {
	helm := release.Release{Era: release.Operatorless, Packages: map[string]release.Package{
		"istiod": {Key: "istiod", GitTag: "1.27.0-bb.0", HelmTag: "1.28.3-bb.0", SourceType: "helmRepo", Enabled: true},
	}}
	off := operatorless("1.28.3-bb.0")
	off.Packages["istiod"] = release.Package{Key: "istiod", GitTag: "1.28.3-bb.0"}
	for _, row := range []struct {
		name     string
		from, to release.Release
		want     release.ChangeKind
	}{
		{"the same", operatorless("1.28.3-bb.0"), operatorless("1.28.3-bb.0"), release.None},
		{"another build of the package", operatorless("1.28.3-bb.0"), operatorless("1.28.3-bb.4"), release.None},
		{"a patch", operatorless("1.28.3-bb.0"), operatorless("1.28.5-bb.0"), release.Patch},
		{"a patch down", operatorless("1.28.3-bb.0"), operatorless("1.28.1-bb.0"), release.Patch},
		{"a minor", operatorless("1.28.3-bb.0"), operatorless("1.29.0-bb.0"), release.MinorChange},
		{"a minor past nine", operatorless("1.9.3-bb.0"), operatorless("1.10.0-bb.0"), release.MinorChange},
		{"a minor down", operatorless("1.29.0-bb.0"), operatorless("1.28.3-bb.0"), release.MinorChange},
		{"two minors", operatorless("1.28.3-bb.0"), operatorless("1.30.1-bb.0"), release.Skip},
		{"another major", operatorless("1.28.3-bb.0"), operatorless("2.0.0-bb.0"), release.Skip},
		{"the active source counts", helm, operatorless("1.28.3-bb.2"), release.None},
		{"operator, then both", withOperator(release.Operator, "1.23.3-bb.0"), withOperator(release.Both, "1.23.5-bb.0"), release.Patch},
		{"both, then operatorless", withOperator(release.Both, "1.23.5-bb.1"), operatorless("1.25.3-bb.0"), release.Layout},
		{"same version in another layout", withOperator(release.Both, "1.25.3-bb.1"), operatorless("1.25.3-bb.0"), release.Layout},
		{"no control plane by default", operatorless("1.28.3-bb.0"), off, release.Layout},
		{"nothing known", release.Release{}, release.Release{}, release.Layout},
		{"a branch", operatorless("1.28.3-bb.0"), operatorless(""), release.Layout},
		{"not a version", operatorless("1.28.3-bb.0"), operatorless("main"), release.Layout},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := release.Compare(row.from, row.to)
			if got.Kind != row.want || got.Istio != (row.want != release.None) {
				t.Errorf("Compare gives %q (Istio %v), want %q", got.Kind, got.Istio, row.want)
			}
			if back := release.Compare(row.to, row.from); back.Kind != got.Kind {
				t.Errorf("the other way round it is %q, want %q", back.Kind, got.Kind)
			}
		})
	}
}

func TestCompareListsPackages(t *testing.T) {
	from := release.Release{Era: release.Operatorless, Packages: map[string]release.Package{
		"istiod":   {Key: "istiod", GitTag: "1.28.3-bb.0", Enabled: true},
		"istioCNI": {Key: "istioCNI", GitTag: "1.28.3-bb.0"},
		"gone":     {Key: "gone", GitBranch: "main"},
		"same":     {Key: "same", GitTag: "1.0.0"},
	}}
	to := release.Release{Era: release.Operatorless, Packages: map[string]release.Package{
		"istiod":   {Key: "istiod", GitTag: "1.28.3-bb.1", Enabled: true},
		"istioCNI": {Key: "istioCNI", GitTag: "1.28.3-bb.0", Enabled: true},
		"ztunnel":  {Key: "ztunnel", GitTag: "1.28.3-bb.0"},
		"same":     {Key: "same", GitTag: "1.0.0"},
	}}
	want := []release.PackageChange{
		{Key: "gone", From: "branch main"},
		{Key: "istioCNI", From: "1.28.3-bb.0", To: "1.28.3-bb.0", EnabledTo: true},
		{Key: "istiod", From: "1.28.3-bb.0", To: "1.28.3-bb.1", EnabledFrom: true, EnabledTo: true},
		{Key: "ztunnel", To: "1.28.3-bb.0"},
	}
	if diff := cmp.Diff(want, release.Compare(from, to).Packages); diff != "" {
		t.Errorf("packages (-want +got):\n%s", diff)
	}
}
