package planner_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/linnet-bot/linnet/internal/library"
	"github.com/linnet-bot/linnet/internal/miniature"
	"github.com/linnet-bot/linnet/internal/shareddata"
	"github.com/linnet-bot/linnet/pkg/gitops/render"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
	"github.com/linnet-bot/linnet/pkg/planner"
	"github.com/linnet-bot/linnet/pkg/release"
)

// miniatureMaterial answers from the small Big Bang written for this project.
func miniatureMaterial(t testing.TB) planner.Material {
	t.Helper()
	releases, packages := t.TempDir(), t.TempDir()
	if err := miniature.Releases(releases); err != nil {
		t.Fatal(err)
	}
	if err := miniature.PackagesDir(packages); err != nil {
		t.Fatal(err)
	}
	return openMaterial(t, releases, packages)
}

func openMaterial(t testing.TB, releases, packages string) *library.Library {
	t.Helper()
	source, err := release.Open(release.Options{URL: releases})
	if err != nil {
		t.Fatal(err)
	}
	charts, err := release.OpenPackages(release.PackagesOptions{Dir: packages})
	if err != nil {
		t.Fatal(err)
	}
	return library.New(t.Context(), source, charts)
}

// realMaterial answers from the real umbrella charts and package charts. Where a package is not there at the tag that a release asks for, the
// same Istio version under another -bb suffix stands in, and is noted.
type realMaterial struct {
	*library.Library
	mu       sync.Mutex
	standIns map[string]string
}

func newRealMaterial(t testing.TB) *realMaterial {
	t.Helper()
	return &realMaterial{Library: openMaterial(t, shareddata.Releases(t), shareddata.Path(t, "charts")), standIns: map[string]string{}}
}

func (m *realMaterial) Package(name, tag string) (*render.Chart, error) {
	chart, err := m.Library.Package(name, tag)
	if !errors.Is(err, release.ErrNotAtHand) {
		return chart, err
	}
	istio, _, _ := strings.Cut(tag, "-bb.")
	if standIn := istio + "-bb.0"; standIn != tag {
		if chart, other := m.Library.Package(name, standIn); other == nil {
			m.mu.Lock()
			defer m.mu.Unlock()
			m.standIns[name+" "+tag] = standIn
			return chart, nil
		}
	}
	return nil, err
}

// realRepository is a real GitOps repository set to a start release. The encrypted files that it leaves out are made from the plain samples beside
// them, and values that no release in question takes any more are removed.
func realRepository(t testing.TB, name, written, start string) tree.Tree {
	t.Helper()
	files, err := tree.FromDir(shareddata.Path(t, "gitops-repos", name))
	if err != nil {
		t.Fatal(err)
	}
	var changes []tree.Change
	for _, p := range files.Paths() {
		content, _ := files.Read(p)
		if stem, ok := strings.CutSuffix(p, "secret.yaml"); ok {
			changes = append(changes, tree.Change{Path: stem + "secret.enc.yaml", Content: content})
		}
		text := strings.NewReplacer("ref="+written, "ref="+start, "version: "+written, "version: "+start, "promtail:\n  enabled: true\n", "").Replace(string(content))
		if text != string(content) {
			changes = append(changes, tree.Change{Path: p, Content: []byte(text)})
		}
	}
	return files.With(changes...)
}
