package release_test

import (
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/linnet-bot/linnet/internal/shareddata"
	"github.com/linnet-bot/linnet/pkg/release"
)

// row is one tag of the real umbrella repository, by column.
type row map[string]string

func readTruth(t testing.TB) []row {
	t.Helper()
	file, err := os.Open(shareddata.Path(t, "bigbang-releases.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	records, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var rows []row
	for _, record := range records[1:] {
		r := row{}
		for i, column := range records[0] {
			r[column] = record[i]
		}
		if r["kind"] != "untagged" {
			rows = append(rows, r)
		}
	}
	return rows
}

// packageColumns maps the prefix of the columns of a package to its key in values.yaml; the operator's key changed its case.
func (r row) packageColumns() map[string]string {
	columns := map[string]string{"istio": "istio", "istio_operator": r["operator_values_key"]}
	for _, key := range []string{"istioCore", "istioCRDs", "istiod", "istioGateway", "istioGatewayPublic", "istioGatewayPassthrough", "istioCNI", "ztunnel", "gatewayAPI"} {
		columns[key] = key
	}
	return columns
}

func (r row) has(column string) bool {
	return r[column+"_tag"] != "" || r[column+"_helm_tag"] != "" || r[column+"_enabled"] != ""
}

// files writes what the columns say.
func (r row) files(filler string) map[string]string {
	files := map[string]string{"README.md": r["release"] + "\n"}
	if r["chart_name"] != "" {
		files["chart/Chart.yaml"] = fmt.Sprintf("apiVersion: v2\nname: %s\nversion: %s\n", r["chart_name"], r["chart_version"])
		if r["kubeVersion"] != "" {
			files["chart/Chart.yaml"] += fmt.Sprintf("kubeVersion: %q\n", r["kubeVersion"])
		}
	}
	var values strings.Builder
	values.WriteString("domain: bigbang.dev\noffline: false\n")
	if r["release"] >= "3.22" && r["layout"] == "operatorless" {
		values.WriteString("istio:\n  ambient:\n    enabled: false\n")
	}
	for column, key := range r.packageColumns() {
		if r.has(column) {
			values.WriteString(r.block(column, key))
		}
	}
	values.WriteString(filler)
	files["chart/values.yaml"] = values.String()
	if base := r["base_gitrepository_ref"]; base != "" {
		files["base/gitrepository.yaml"] = gitRepository(strings.TrimPrefix(base, "tag="))
	}
	return files
}

func (r row) block(column, key string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:\n", key)
	if enabled := r[column+"_enabled"]; enabled != "" {
		fmt.Fprintf(&b, "  enabled: %s\n", enabled)
	}
	repo := "https://git.example.com/" + key + ".git"
	if key == "istiod" || key == "istio" {
		repo = r["control_plane_repo"]
	}
	fmt.Fprintf(&b, "  git:\n    repo: %s\n    path: ./chart\n", repo)
	if branch, ok := strings.CutPrefix(r[column+"_tag"], "branch:"); ok {
		fmt.Fprintf(&b, "    branch: %q\n", branch)
	} else {
		fmt.Fprintf(&b, "    tag: %s\n", r[column+"_tag"])
	}
	if tag := r[column+"_helm_tag"]; tag != "" {
		fmt.Fprintf(&b, "  sourceType: git\n  helmRepo:\n    repoName: %s\n    chartName: %s\n    tag: %s\n", r["helm_repoName"], key, tag)
	}
	return b.String()
}

func truthRepository(t testing.TB, rows []row, filler func(i int) string) *fixture {
	f := newFixture(t)
	for i, r := range rows {
		f.release(r["release"], r["date"], r.files(filler(i)))
	}
	return f
}

// baseRefExceptions are real releases whose base/ still fetched an older tag: a cluster that followed base/ never got them, and the filter
// leaves them out.
var baseRefExceptions = map[string]bool{"1.0.0": true, "1.0.1": true, "1.0.2": true, "1.0.6": true, "1.1.0": true}

func TestScanOfTheRealTags(t *testing.T) {
	rows := readTruth(t)
	f := truthRepository(t, rows, func(int) string { return "" })
	scan, err := open(t, release.Options{URL: f.dir}).Scan(context.Background(), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Run("gives the real releases", func(t *testing.T) { compareWithTruth(t, rows, scan) })
	t.Run("finds each change of the Istio minor", func(t *testing.T) { checkMinors(t, scan.Releases) })
}

func compareWithTruth(t *testing.T, rows []row, scan release.Scan) {
	t.Helper()
	got := map[string]release.Release{}
	for _, r := range scan.Releases {
		got[r.Version] = r
	}
	rejected := reasons(scan)
	for _, r := range rows {
		name := r["release"]
		found, isRelease := got[name]
		if want := r["kind"] == "ga" && !baseRefExceptions[name]; isRelease != want {
			t.Errorf("%s (%s): release is %v, want %v (%s)", name, r["kind"], isRelease, want, rejected[name])
			continue
		}
		if !isRelease {
			if rejected[name] == "" {
				t.Errorf("%s (%s) is rejected without a reason", name, r["kind"])
			}
			continue
		}
		delete(got, name)
		compareRow(t, r, found)
	}
	for name := range got {
		t.Errorf("%s is a release, but not in the table", name)
	}
	for i := 1; i < len(scan.Releases); i++ {
		if c := release.Compare(scan.Releases[i-1], scan.Releases[i]); c.Kind == release.Layout && scan.Releases[i].Version != "3.0.0" {
			t.Errorf("%s changes the layout, but only 3.0.0 does", scan.Releases[i].Version)
		}
	}
}

func compareRow(t *testing.T, r row, got release.Release) {
	t.Helper()
	name := r["release"]
	type columns struct{ Istio, Minor, Era, KubeVersion, Date string }
	want := columns{r["istio_default_version"], r["istio_default_minor"], r["layout"], r["kubeVersion"], r["date"]}
	have := columns{got.Istio(), release.Minor(got.Istio()), string(got.Era), got.KubeVersion, got.Date.Format("2006-01-02")}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
	n := 0
	for column, key := range r.packageColumns() {
		p, ok := got.Packages[key]
		if ok != r.has(column) {
			t.Errorf("%s: package %s there is %v, want %v", name, key, ok, r.has(column))
			continue
		}
		if !ok {
			continue
		}
		n++
		tag := p.GitTag
		if tag == "" && p.GitBranch != "" {
			tag = "branch:" + p.GitBranch
		}
		if tag != r[column+"_tag"] || p.HelmTag != r[column+"_helm_tag"] || p.Enabled != (r[column+"_enabled"] == "true") {
			t.Errorf("%s: package %s is %+v, want tag %q, helm tag %q, enabled %q", name, key, p, r[column+"_tag"], r[column+"_helm_tag"], r[column+"_enabled"])
		}
	}
	if n != len(got.Packages) {
		t.Errorf("%s has %d packages, want %d: %v", name, len(got.Packages), n, got.Packages)
	}
}

func checkMinors(t *testing.T, releases []release.Release) {
	t.Helper()
	got := map[string]string{}
	highest := releases[0]
	for _, r := range releases[1:] {
		if c := release.Compare(highest, r); c.Kind != release.None && c.Kind != release.Patch {
			got[r.Version] = fmt.Sprintf("%s %s -> %s", c.Kind, release.Minor(c.From), release.Minor(c.To))
		}
		highest = r
	}
	want := map[string]string{
		"1.6.0": "minor 1.7 -> 1.8", "1.15.0": "minor 1.8 -> 1.9", "1.16.0": "minor 1.9 -> 1.10", "1.18.0": "minor 1.10 -> 1.11",
		"1.29.0": "skip 1.11 -> 1.13", "1.40.0": "minor 1.13 -> 1.14", "1.44.0": "minor 1.14 -> 1.15", "1.50.0": "minor 1.15 -> 1.16",
		"1.56.0": "minor 1.16 -> 1.17",
		"2.7.0":  "minor 1.17 -> 1.18", "2.12.0": "minor 1.18 -> 1.19", "2.24.0": "minor 1.19 -> 1.20", "2.27.0": "minor 1.20 -> 1.21",
		"2.30.0": "minor 1.21 -> 1.22", "2.39.0": "minor 1.22 -> 1.23", "3.0.0": "layout 1.23 -> 1.25", "3.1.0": "minor 1.25 -> 1.26",
		"3.6.0": "minor 1.26 -> 1.27", "3.13.0": "minor 1.27 -> 1.28", "3.19.0": "minor 1.28 -> 1.29", "3.27.0": "minor 1.29 -> 1.30",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("changes of the Istio minor (-want +got):\n%s", diff)
	}
}

// The real files, not written from columns.
func TestRealReleasesAreReadAsTheTableSays(t *testing.T) {
	table := map[string]row{}
	for _, r := range readTruth(t) {
		table[r["release"]] = r
	}
	for _, version := range []string{"1.15.0", "1.57.1", "2.0.0", "2.30.0", "2.49.0", "2.54.0", "3.0.0", "3.13.0", "3.30.0"} {
		dir := shareddata.Path(t, "bigbang", version)
		files := map[string]string{}
		for _, name := range []string{"chart/Chart.yaml", "chart/values.yaml", "base/gitrepository.yaml"} {
			content, err := os.ReadFile(dir + "/" + name)
			if err != nil {
				t.Fatal(err)
			}
			files[name] = string(content)
		}
		f := newFixture(t)
		f.release(version, table[version]["date"], files)
		got, err := open(t, release.Options{URL: f.dir}).Release(context.Background(), version)
		if err != nil {
			t.Errorf("%s: %v", version, err)
			continue
		}
		compareRow(t, table[version], got)
		if cp := got.Packages[got.ControlPlane()]; cp.GitRepo != table[version]["control_plane_repo"] {
			t.Errorf("%s: the control plane comes from %s, want %s", version, cp.GitRepo, table[version]["control_plane_repo"])
		}
	}
}

// BenchmarkScan458Tags scans as many tags as a full mirror has, each with a values file of real size.
func BenchmarkScan458Tags(b *testing.B) {
	rows := readTruth(b)
	for i := len(rows); i < 458; i++ {
		rows = append(rows, row{"release": fmt.Sprintf("stray-%d", i), "date": "2024-01-01"})
	}
	f := truthRepository(b, rows, func(i int) string {
		var s strings.Builder
		for n := range 1200 {
			fmt.Fprintf(&s, "filler%d:\n  # a value of release %d\n  enabled: false\n  values: {}\n", n, i)
		}
		return s.String()
	})
	f.config(allowFilter + allowAny)
	server, url := serve(b, f)
	cache := b.TempDir()
	for _, bench := range []struct {
		name    string
		options release.Options
	}{
		{"path", release.Options{URL: f.dir}},
		{"server", release.Options{URL: url}},
		{"server cached", release.Options{URL: url, CacheDir: cache}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			server.take()
			for b.Loop() {
				scan, err := open(b, bench.options).Scan(context.Background(), "")
				if err != nil || len(scan.Releases) != 188 {
					b.Fatalf("scan gives %d releases and error %v", len(scan.Releases), err)
				}
			}
			b.ReportMetric(float64(len(server.take()))/float64(b.N), "requests/op")
		})
	}
}
