package release_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/linnet-bot/linnet/internal/shareddata"
	"github.com/linnet-bot/linnet/pkg/release"
)

func archive(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	packed := gzip.NewWriter(&b)
	w := tar.NewWriter(packed)
	var names []string
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(files[name])), Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(files[name])); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), packed.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func chartFile(name, version string) string {
	return "apiVersion: v2\nname: " + name + "\nversion: " + version + "\n"
}

func write(t *testing.T, dir string, files map[string][]byte) string {
	t.Helper()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func openPackages(t *testing.T, o release.PackagesOptions) release.Packages {
	t.Helper()
	p, err := release.OpenPackages(o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestArchivesAreWhatTheirChartSays(t *testing.T) {
	istiod := archive(t, map[string]string{
		"istiod/Chart.yaml": chartFile("istiod", "1.28.3-bb.0"), "istiod/templates/a.yaml": "kind: A\n",
		"istiod/charts/upstream/Chart.yaml": chartFile("inner", "1"), "../outside": "x", "stray": "x",
	})
	dir := write(t, t.TempDir(), map[string][]byte{
		"istiod-9.9.9.tgz":   istiod, // the name lies
		"copy.tgz":           istiod,
		"gateway.tgz":        archive(t, map[string]string{"gateway/Chart.yaml": chartFile("gateway", "1.28.2-bb.0")}),
		"truncated.tgz":      istiod[:len(istiod)/2],
		"text.tgz":           []byte("hello"),
		"no-chart.tgz":       archive(t, map[string]string{"x/values.yaml": "a: 1\n"}),
		"istiod-1.0.0.other": []byte("left alone"),
	})
	p := openPackages(t, release.PackagesOptions{Dir: dir})
	got, err := p.Chart(context.Background(), "istiod", "1.28.3-bb.0")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for name := range got {
		names = append(names, name)
	}
	slices.Sort(names)
	if diff := cmp.Diff([]string{"Chart.yaml", "charts/upstream/Chart.yaml", "outside", "templates/a.yaml"}, names); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	for _, name := range []string{"gateway", "istio-gateway"} {
		if _, err := p.Chart(context.Background(), name, "1.28.2-bb.0"); err != nil {
			t.Errorf("chart %s: %v", name, err)
		}
	}
	_, err = p.Chart(context.Background(), "istiod", "9.9.9")
	if !errors.Is(err, release.ErrNotAtHand) {
		t.Fatalf("a chart that is not there fails with %v, want not at hand", err)
	}
	for _, want := range []string{"chart istiod 9.9.9 is not at hand in the folder " + dir + ": it holds 1.28.3-bb.0; these archives could not be read: ", "no-chart.tgz (no readable Chart.yaml)", "text.tgz (not a gzip file", "truncated.tgz ("} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q does not say %q", err, want)
		}
	}
}

func TestTwoArchivesThatClaimOneChartAreRefused(t *testing.T) {
	dir := write(t, t.TempDir(), map[string][]byte{
		"a.tgz": archive(t, map[string]string{"istiod/Chart.yaml": chartFile("istiod", "1.28.3-bb.0"), "istiod/values.yaml": "a: 1\n"}),
		"b.tgz": archive(t, map[string]string{"istiod/Chart.yaml": chartFile("istiod", "1.28.3-bb.0"), "istiod/values.yaml": "a: 2\n"}),
	})
	_, err := release.OpenPackages(release.PackagesOptions{Dir: dir})
	if want := "a.tgz and b.tgz of " + dir + " both say they are chart istiod 1.28.3-bb.0 and differ; remove one"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

func TestPackageChartsFromGit(t *testing.T) {
	f := newFixture(t)
	f.config(allowFilter + allowAny)
	f.release("1.28.3-bb.0", "2026-01-26", map[string]string{"chart/Chart.yaml": chartFile("istiod", "1.28.3-bb.0"), "chart/values.yaml": "a: 1\n", "docs/x.md": "x\n"})
	f.release("1.29.0-bb.0", "2026-02-26", map[string]string{"chart/Chart.yaml": chartFile("istiod", "1.28.3-bb.0")})
	f.release("1.30.0-bb.0", "2026-02-26", map[string]string{"README.md": "no chart\n"})
	server, url := serve(t, f)
	empty := t.TempDir()
	p := openPackages(t, release.PackagesOptions{Dir: empty, Git: map[string]release.Options{"istiod": {URL: url, CacheDir: t.TempDir()}}})
	for range 2 {
		got, err := p.Chart(context.Background(), "istiod", "1.28.3-bb.0")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[string][]byte{"Chart.yaml": []byte(chartFile("istiod", "1.28.3-bb.0")), "values.yaml": []byte("a: 1\n")}, got); diff != "" {
			t.Errorf("files (-want +got):\n%s", diff)
		}
	}
	if diff := cmp.Diff([]string{advertise, pack, pack}, server.take()); diff != "" {
		t.Errorf("requests for one chart, twice (-want +got):\n%s", diff)
	}
	for _, row := range []struct {
		name, tag, want string
		notAtHand       bool
	}{
		{"istiod", "1.31.0-bb.0", "has no tag 1.31.0-bb.0", true},
		{"ztunnel", "1.28.3-bb.0", "no repository is configured for the package ztunnel", true},
		{"istiod", "1.29.0-bb.0", "holds version 1.28.3-bb.0 of the chart, so it is not taken for istiod 1.29.0-bb.0", false},
		{"istiod", "1.30.0-bb.0", "it has no folder chart/", false},
	} {
		_, err := p.Chart(context.Background(), row.name, row.tag)
		if err == nil || !strings.Contains(err.Error(), row.want) || errors.Is(err, release.ErrNotAtHand) != row.notAtHand {
			t.Errorf("chart %s %s fails with %v, want %q, not at hand: %v", row.name, row.tag, err, row.want, row.notAtHand)
		}
	}
	if _, err := openPackages(t, release.PackagesOptions{}).Chart(context.Background(), "istiod", "1"); !errors.Is(err, release.ErrNotAtHand) {
		t.Errorf("without any source a chart fails with %v, want not at hand", err)
	}
}

func TestRealArchivesAreRead(t *testing.T) {
	p := openPackages(t, release.PackagesOptions{Dir: shareddata.Path(t, "charts")})
	for name, tag := range map[string]string{"istiod": "1.28.3-bb.0", "istio-gateway": "1.28.2-bb.0", "bigbang": "3.30.0"} {
		files, err := p.Chart(context.Background(), name, tag)
		if err != nil || len(files["values.yaml"]) == 0 {
			t.Errorf("chart %s %s: %d files, error %v", name, tag, len(files), err)
		}
	}
}
