package render_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/linnet-bot/linnet/internal/shareddata"
	"github.com/linnet-bot/linnet/pkg/gitops/render"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// realChart reads one of the real charts.
func realChart(t testing.TB, name string) *render.Chart {
	t.Helper()
	content, err := os.ReadFile(shareddata.Path(t, "charts", name+".tgz"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := render.LoadArchive(content)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return c
}

// realBase answers remote references to a release's base/ from the real bases.
func realBase(t testing.TB) render.Remotes {
	t.Helper()
	releases := shareddata.Path(t, "bigbang")
	return func(url render.RemoteURL) (map[string][]byte, error) {
		if url.Path != "base" {
			return nil, fmt.Errorf("no folder %q", url.Path)
		}
		dir := filepath.Join(releases, url.Ref, "base")
		files := map[string][]byte{}
		err := filepath.Walk(dir, func(p string, info os.FileInfo, err error) error {
			if err != nil || info.IsDir() {
				return err
			}
			content, err := os.ReadFile(p)
			rel, _ := filepath.Rel(dir, p)
			files[filepath.ToSlash(rel)] = content
			return err
		})
		return files, err
	}
}

// realRepository is a real customer repository with its SOPS files made from the plain samples beside them, and its remote reference at the given release.
func realRepository(t testing.TB, name, release string) tree.Tree {
	t.Helper()
	repo, err := tree.FromDir(shareddata.Path(t, "gitops-repos", name))
	if err != nil {
		t.Fatal(err)
	}
	var changes []tree.Change
	for _, p := range repo.Paths() {
		content, _ := repo.Read(p)
		if strings.HasSuffix(p, "secret.yaml") && !strings.HasSuffix(p, "cosignsecret.yaml") {
			changes = append(changes, tree.Change{Path: strings.TrimSuffix(p, ".yaml") + ".enc.yaml", Content: content})
		}
		if release == "" {
			continue
		}
		if at := strings.Index(string(content), "base?ref="); at >= 0 && strings.HasSuffix(p, "kustomization.yaml") {
			line, rest, _ := strings.Cut(string(content)[at:], "\n")
			_ = line
			changes = append(changes, tree.Change{Path: p, Content: []byte(string(content)[:at] + "base?ref=" + release + "\n" + rest)})
		}
	}
	return repo.With(changes...)
}

var kubernetes = map[string]string{"3.12.0": "1.32.0", "3.18.0": "1.33.0", "3.19.0": "1.33.0", "3.26.0": "1.33.5", "3.30.0": "1.34.0"}

func TestRealUmbrellasRenderWithTheTemplatesDevValues(t *testing.T) {
	for release, kube := range kubernetes {
		for _, flavour := range []string{"gitRepo", "helmRepo"} {
			t.Run(release+" "+flavour, func(t *testing.T) {
				repo := realRepository(t, "customer-template-2026-02", release)
				objs, err := render.Overlay(repo, flavour+"/dev", realBase(t))
				if err != nil {
					t.Fatal(err)
				}
				hr, ok := objs.Find("HelmRelease", "", "bigbang")
				if !ok {
					t.Fatalf("no HelmRelease bigbang among %v", objs.IDs())
				}
				r, err := render.Release(objs, hr, realChart(t, "bigbang-"+release), kube)
				if release == "3.30.0" {
					var refused *render.SchemaViolations
					if !errors.As(err, &refused) {
						t.Fatalf("got %v, want 3.30.0 to refuse the template's values", err)
					}
					t.Log(err)
					if len(refused.Errors) != 1 || refused.Errors[0].Path != "promtail" {
						t.Fatalf("got %v, want promtail alone refused", refused.Errors)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				istiod, ok := r.Objects.Find("HelmRelease", "bigbang", "istiod")
				if !ok {
					t.Fatalf("no HelmRelease istiod among %v", r.Objects.IDs())
				}
				t.Log(len(r.Objects), istiod.ID(), r.Duplicates)
				for _, l := range r.Layers {
					t.Logf("%+v", l)
				}
			})
		}
	}
}
