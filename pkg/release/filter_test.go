package release_test

import (
	"context"
	"errors"
	"testing"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/google/go-cmp/cmp"
	"github.com/linnet-bot/linnet/pkg/release"
)

const operatorValues = `istio:
  enabled: true
  git:
    repo: https://git.example.com/apps/core/istio-controlplane.git
    path: "./chart"
    tag: "1.17.3-bb.0"
istiooperator:
  enabled: true
  git:
    repo: https://git.example.com/apps/core/istio-operator.git
    path: "./chart"
    tag: "1.17.2-bb.0"
`

const ambientSwitch = "istio:\n  ambient:\n    enabled: false\n"

// traps is a repository with everything that would fool a reader of tags.
func traps(t testing.TB) *fixture {
	f := newFixture(t)
	// Releases of every era; 1.57.1 is a lightweight tag.
	f.lightweight("1.57.1", f.commit("2023-03-01", bigbang("1.57.1", operatorValues)))
	f.release("2.54.0", "2025-06-01", bigbang("2.54.0",
		block("istio", "true", "istio", `"1.23.5-bb.1"`)+block("istioOperator", "true", "istio-operator", `"1.23.5-bb.0"`)+
			block("istioCRDs", "false", "istio-crds", "1.25.3-bb.0")+block("istiod", "false", "istiod", "1.25.3-bb.0")))
	f.release("3.3.0", "2025-07-24", bigbang("3.3.0", istiod("1.26.2-bb.0")))
	f.release("3.5.0", "2025-08-21", bigbang("3.5.0", istiod("1.26.3-bb.1")))
	f.release("3.10.0", "2025-10-30", bigbang("3.10.0", istiod("1.27.3-bb.0")))
	f.release("3.30.0", "2026-08-06", bigbang("3.30.0", ambientSwitch+istiod("1.30.3-bb.0")+block("ztunnel", "false", "ztunnel", "1.30.3-bb.0")))

	// A backport, published after a newer minor; the tag's date counts, not the commit's.
	f.annotated("3.3.2", "2025-08-29", f.commit("2025-08-20", bigbang("3.3.2", istiod("1.26.2-bb.1"))), plumbing.CommitObject)
	// A tag of a tag.
	inner := f.annotated("inner", "2025-09-01", f.commit("2025-09-01", bigbang("3.6.0", istiod("1.27.0-bb.0"))), plumbing.CommitObject)
	f.annotated("3.6.0", "2025-09-04", inner, plumbing.TagObject)

	// Other charts, two of them under names that look like releases.
	f.release("1.2.3", "2022-03-18", umbrella("hello-pkg-pipeline", "1.2.3", "1.2.3", "a: 1\n"))
	f.release("1.2.4", "2022-04-12", umbrella("bigbang-staging", "1.2.4", "1.2.4", "a: 1\n"))
	f.release("1.22.0-bb.0", "2022-01-04", umbrella("mattermost-operator", "1.22.0-bb.0", "1.22.0-bb.0", "a: 1\n"))
	f.release("2.10.7", "2023-10-01", map[string]string{"README.md": "no chart here\n"})
	// Tags on the wrong commit.
	f.release("2.9.1", "2023-10-16", bigbang("2.12.0", operatorValues))
	f.release("1.0.4", "2021-01-20", bigbang("1.0.3", operatorValues))
	f.release("1.0.0", "2021-01-08", umbrella("bigbang", "1.0.0", "0.0.2", operatorValues))
	f.annotated("1.1.1", "2021-02-20", f.mustRevision("refs/tags/1.0.4^{commit}"), plumbing.CommitObject)
	// Candidates and strays.
	f.release("2.23.1-rc.1", "2024-03-20", bigbang("2.23.0", operatorValues))
	f.release("v2.0.0", "2023-05-01", bigbang("2.0.0", operatorValues))
	f.release("v1.0", "2021-05-01", bigbang("1.0.0", operatorValues))
	f.release("testttttt", "2021-05-01", bigbang("1.0.0", operatorValues))
	f.release("1.43.1-test-bb.0", "2022-10-01", bigbang("1.43.1", operatorValues))
	f.release("03.1.0", "2025-07-01", bigbang("03.1.0", istiod("1.26.0-bb.0")))
	f.release("99999999999999999999.0.0", "2025-07-01", bigbang("99999999999999999999.0.0", istiod("1.26.0-bb.0")))
	// Files that are not what they should be.
	f.release("3.90.0", "2026-01-01", umbrella("bigbang", "3.90.0", "3.90.0", "istiod: [unclosed\n"))
	f.release("3.91.0", "2026-01-01", map[string]string{"chart/Chart.yaml": "-> ../Chart.yaml", "chart/values.yaml": "", "base/gitrepository.yaml": gitRepository("3.91.0")})
	withoutBase := bigbang("3.92.0", istiod("1.28.0-bb.0"))
	delete(withoutBase, "base/gitrepository.yaml")
	f.release("3.92.0", "2026-01-01", withoutBase)
	f.release("3.93.0", "2026-01-01", map[string]string{"chart": "a file\n", "base": "a file\n"})
	// A tag that is on no commit.
	f.lightweight("3.94.0", f.blob("just a blob\n"))
	return f
}

func (f *fixture) mustRevision(rev string) plumbing.Hash {
	h, err := f.repo.ResolveRevision(plumbing.Revision(rev))
	if err != nil {
		f.t.Fatal(err)
	}
	return *h
}

var trapReasons = map[string]string{
	"1.0.0":                    "its base/gitrepository.yaml fetches tag 0.0.2",
	"1.0.4":                    "its chart/Chart.yaml says version 1.0.3",
	"1.1.1":                    "its chart/Chart.yaml says version 1.0.3",
	"1.2.3":                    "it belongs to the chart hello-pkg-pipeline, not to bigbang",
	"1.2.4":                    "it belongs to the chart bigbang-staging, not to bigbang",
	"1.22.0-bb.0":              "the version of a package (it ends in -bb.N), not of Big Bang",
	"1.43.1-test-bb.0":         "the name is not of the form X.Y.Z",
	"2.10.7":                   "it has no file chart/Chart.yaml",
	"2.23.1-rc.1":              "a release candidate, not a release",
	"2.9.1":                    "its chart/Chart.yaml says version 2.12.0",
	"3.90.0":                   "its chart/values.yaml is not valid YAML: line 1: did not find expected ',' or ']'",
	"3.91.0":                   "it has no file chart/Chart.yaml",
	"3.92.0":                   "it has no file base/gitrepository.yaml",
	"3.93.0":                   "it has no file chart/Chart.yaml",
	"3.94.0":                   "it is not on a commit but on a blob",
	"03.1.0":                   "the name is not a version: it has a leading zero or a number out of range",
	"99999999999999999999.0.0": "the name is not a version: it has a leading zero or a number out of range",
	"inner":                    "the name is not of the form X.Y.Z",
	"testttttt":                "the name is not of the form X.Y.Z",
	"v1.0":                     "the name starts with v; releases are named X.Y.Z",
	"v2.0.0":                   "the name starts with v; releases are named X.Y.Z",
}

func TestScanKeepsReleasesAndRejectsEveryTrap(t *testing.T) {
	f := traps(t)
	got, err := open(t, release.Options{URL: f.dir}).Scan(context.Background(), "")
	if err != nil {
		t.Fatal(err)
	}
	checkTraps(t, got)
}

func checkTraps(t *testing.T, got release.Scan) {
	t.Helper()
	want := []string{"1.57.1", "2.54.0", "3.3.0", "3.3.2", "3.5.0", "3.6.0", "3.10.0", "3.30.0"}
	if diff := cmp.Diff(want, versions(got)); diff != "" {
		t.Errorf("releases (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(trapReasons, reasons(got)); diff != "" {
		t.Errorf("rejected tags (-want +got):\n%s", diff)
	}
	type facts struct{ Istio, ControlPlane, Era, Date, After string }
	wantFacts := map[string]facts{
		"1.57.1": {"1.17.3", "istio", "operator", "2023-03-01", ""},
		"2.54.0": {"1.23.5", "istio", "both", "2025-06-01", ""},
		"3.3.0":  {"1.26.2", "istiod", "operatorless", "2025-07-24", ""},
		"3.3.2":  {"1.26.2", "istiod", "operatorless", "2025-08-29", "3.5.0"},
		"3.5.0":  {"1.26.3", "istiod", "operatorless", "2025-08-21", ""},
		"3.6.0":  {"1.27.0", "istiod", "operatorless", "2025-09-04", ""},
		"3.10.0": {"1.27.3", "istiod", "operatorless", "2025-10-30", ""},
		"3.30.0": {"1.30.3", "istiod", "operatorless", "2026-08-06", ""},
	}
	gotFacts := map[string]facts{}
	for _, r := range got.Releases {
		gotFacts[r.Version] = facts{r.Istio(), r.ControlPlane(), string(r.Era), r.Date.Format("2006-01-02"), r.PublishedAfter}
	}
	if diff := cmp.Diff(wantFacts, gotFacts); diff != "" {
		t.Errorf("facts (-want +got):\n%s", diff)
	}
}

func TestScanSinceLeavesOutWhatIsLower(t *testing.T) {
	f := traps(t)
	s := open(t, release.Options{URL: f.dir})
	got, err := s.Scan(context.Background(), "3.5.0")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"3.5.0", "3.6.0", "3.10.0", "3.30.0"}, versions(got)); diff != "" {
		t.Errorf("releases (-want +got):\n%s", diff)
	}
	if _, ok := reasons(got)["2.9.1"]; ok {
		t.Error("2.9.1 is reported although it is lower than 3.5.0")
	}
	if _, ok := reasons(got)["3.92.0"]; !ok {
		t.Error("3.92.0 is not reported although it is higher than 3.5.0")
	}
	if got, err := s.Scan(context.Background(), "100"); err != nil || len(got.Releases) != 0 {
		t.Errorf("a start above everything gives %d releases and error %v, want none and none", len(got.Releases), err)
	}
	if _, err := s.Scan(context.Background(), "latest"); err == nil {
		t.Error("a start that is no version is accepted")
	}
}

func TestTwoTagsOnOneCommitAreToldApart(t *testing.T) {
	f := newFixture(t)
	commit := f.commit("2025-08-21", bigbang("3.5.0", istiod("1.26.3-bb.1")))
	f.lightweight("3.5.0", commit)
	f.lightweight("3.5.7", commit)
	s := open(t, release.Options{URL: f.dir})
	for range 2 {
		if r, err := s.Release(context.Background(), "3.5.0"); err != nil || r.Version != "3.5.0" {
			t.Errorf("Release(3.5.0) = %s, %v", r.Version, err)
		}
		if r, err := s.Release(context.Background(), "3.5.7"); !errors.Is(err, release.ErrUnknownRelease) {
			t.Errorf("Release(3.5.7) = %s, %v, want an unknown release", r.Version, err)
		}
	}
}

func TestReleaseNamesWhatIsThereInstead(t *testing.T) {
	f := traps(t)
	s := open(t, release.Options{URL: f.dir})
	for _, row := range []struct{ version, want string }{
		{"3.4.0", "unknown release 3.4.0: " + f.dir + " has no such tag; near it are 3.3.2, 3.5.0, 3.6.0, 3.94.0"},
		{"v3.5.0", "unknown release v3.5.0: " + f.dir + " has no such tag; near it are 3.3.2, 3.5.0, 3.6.0, 3.94.0"},
		{"nonsense", "unknown release nonsense: " + f.dir + " has no such tag; near it are 3.92.0, 3.93.0, 3.94.0"},
		{"2.9.1", "tag 2.9.1 of " + f.dir + " is an unknown release: its chart/Chart.yaml says version 2.12.0"},
		{"v2.0.0", "tag v2.0.0 of " + f.dir + " is an unknown release: the name starts with v; releases are named X.Y.Z"},
	} {
		_, err := s.Release(context.Background(), row.version)
		if err == nil || err.Error() != row.want || !errors.Is(err, release.ErrUnknownRelease) {
			t.Errorf("Release(%s) fails with\n%v, want\n%s", row.version, err, row.want)
		}
		if _, err := s.Base(context.Background(), row.version); !errors.Is(err, release.ErrUnknownRelease) {
			t.Errorf("Base(%s) fails with %v, want an unknown release", row.version, err)
		}
	}
	r, err := s.Release(context.Background(), "3.30.0")
	if err != nil {
		t.Fatal(err)
	}
	want := release.Release{
		Version: "3.30.0", Commit: f.mustRevision("refs/tags/3.30.0^{commit}").String(), KubeVersion: ">=1.33.0-0",
		Era: release.Operatorless, Date: day("2026-08-06"),
		Packages: map[string]release.Package{
			"istioCRDs":    pkg("istioCRDs", "istio-crds", "1.30.3-bb.0", true),
			"istiod":       pkg("istiod", "istiod", "1.30.3-bb.0", true),
			"istioGateway": pkg("istioGateway", "gateway", "1.30.3-bb.0", true),
			"ztunnel":      pkg("ztunnel", "ztunnel", "1.30.3-bb.0", false),
		},
	}
	if diff := cmp.Diff(want, r); diff != "" {
		t.Errorf("release (-want +got):\n%s", diff)
	}
}

func pkg(key, chart, tag string, enabled bool) release.Package {
	return release.Package{
		Key: key, GitTag: tag, GitRepo: "https://git.example.com/packages/" + key + ".git", GitPath: "./chart",
		HelmTag: tag, HelmRepo: "registry1", ChartName: chart, SourceType: "git", Enabled: enabled,
	}
}

func TestFolderGivesRegularFilesBelowIt(t *testing.T) {
	f := newFixture(t)
	files := bigbang("3.5.0", istiod("1.26.3-bb.1"))
	files["chart/templates/istiod/namespace.yaml"] = "kind: Namespace\n"
	files["chart/link"] = "-> Chart.yaml"
	f.release("3.5.0", "2025-08-21", files)
	s := open(t, release.Options{URL: f.dir})
	chart, err := s.Chart(context.Background(), "3.5.0")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]byte{
		"Chart.yaml": []byte(files["chart/Chart.yaml"]), "values.yaml": []byte(files["chart/values.yaml"]),
		"templates/istiod/namespace.yaml": []byte("kind: Namespace\n"),
	}
	if diff := cmp.Diff(want, chart); diff != "" {
		t.Errorf("chart/ (-want +got):\n%s", diff)
	}
	inner, err := s.Folder(context.Background(), "3.5.0", "chart/templates/")
	if diff := cmp.Diff(map[string][]byte{"istiod/namespace.yaml": []byte("kind: Namespace\n")}, inner); diff != "" || err != nil {
		t.Errorf("chart/templates/ gives %v (-want +got):\n%s", err, diff)
	}
	for _, missing := range []string{"tests", "chart/Chart.yaml", "chart/Chart.yaml/x"} {
		_, err := s.Folder(context.Background(), "3.5.0", missing)
		if want := "cannot read the folder " + missing + " of 3.5.0 from " + f.dir + ": it has no folder " + missing + "/"; err == nil || err.Error() != want {
			t.Errorf("Folder(%s) fails with %v, want %s", missing, err, want)
		}
	}
}
