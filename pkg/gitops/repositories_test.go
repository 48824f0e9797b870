package gitops_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linnet-bot/linnet/internal/shareddata"
	"github.com/linnet-bot/linnet/pkg/gitops"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// environmentFacts is one line a fact, so that a difference reads by itself.
func environmentFacts(e gitops.Environment) []string {
	facts := []string{fmt.Sprintf("%s: %s %s %s, %s", e.ID, e.Release.Reference, e.Release.Version, e.Era, e.Flavour)}
	for _, p := range e.Release.Places {
		state := "loses"
		switch {
		case p.Wins:
			state = "wins"
		case p.Inert:
			state = "inert"
		}
		facts = append(facts, fmt.Sprintf("  %s %s:%d %s = %s, shared with %d", state, p.Position.File, p.Position.Line, p.Kind, p.Value, len(p.SharedWith)))
	}
	for _, l := range e.Layers {
		state := "read"
		switch {
		case l.Unreadable != "":
			state = l.Unreadable
		case !l.Found && l.Optional:
			state = "optional"
		case !l.Found:
			state = "absent"
		}
		facts = append(facts, fmt.Sprintf("  values %s %s (%s)", l.Label(), l.Position.File, state))
	}
	if e.Flux != nil {
		facts = append(facts, fmt.Sprintf("  flux %s prune=%v %s:%d", e.Flux.Path, e.Flux.Prune, e.Flux.Position.File, e.Flux.Position.Line))
	}
	for _, m := range e.Missing {
		facts = append(facts, fmt.Sprintf("  missing %s for %s:%d", m.Path, m.NeededBy, m.Line))
	}
	for _, p := range e.Patches {
		facts = append(facts, fmt.Sprintf("  patch %s:%d %s", p.Position.File, p.Position.Line, strings.Join(p.Touches, ",")))
	}
	return facts
}

func repositoryFacts(r gitops.Repository) []string {
	var facts []string
	for _, e := range r.Environments {
		facts = append(facts, environmentFacts(e)...)
	}
	for _, u := range r.Unsupported {
		facts = append(facts, strings.TrimSpace(fmt.Sprintf("unsupported %s %s %s:%d", u.Environment, u.What, u.Position.File, u.Position.Line)))
	}
	for _, u := range r.Updaters {
		facts = append(facts, fmt.Sprintf("updater %s %s", u.Name, u.Position.File))
		for _, b := range u.Bumps {
			facts = append(facts, fmt.Sprintf("  bumps %s:%d by %s", b.Position.File, b.Position.Line, b.Manager))
		}
	}
	return facts
}

func realRepository(t testing.TB, name string) tree.Tree {
	t.Helper()
	files, err := tree.FromDir(shareddata.Path(t, "gitops-repos", name))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestRealRepositories: what is known of each real repository, fact by fact.
func TestRealRepositories(t *testing.T) {
	for name, want := range realFacts {
		t.Run(name, func(t *testing.T) {
			repository, err := gitops.Discover(realRepository(t, name), gitops.Options{})
			if err != nil {
				t.Fatal(err)
			}
			got := repositoryFacts(repository)
			if os.Getenv("LINNET_PRINT_FACTS") != "" {
				fmt.Printf("\t%q: {\n", name)
				for _, f := range got {
					fmt.Printf("\t\t%q,\n", f)
				}
				fmt.Println("\t},")
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("facts of %s (-want +got):\n%s", name, diff)
			}
		})
	}
}

// TestEveryRealRepositoryHasFacts: a repository added to the material is looked at.
func TestEveryRealRepositoryHasFacts(t *testing.T) {
	entries, err := os.ReadDir(shareddata.Path(t, "gitops-repos"))
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if _, ok := realFacts[entry.Name()]; entry.IsDir() && !ok {
			t.Errorf("%s has no facts", entry.Name())
		}
	}
}

// realBases answers with the real base/ folders at hand.
func realBases(t testing.TB) gitops.Options {
	root := shareddata.Path(t, "bigbang")
	return gitops.Options{Remotes: gitops.FromReleases(func(version, folder string) (map[string][]byte, error) {
		dir := filepath.Join(root, version, folder)
		base, err := tree.FromDir(dir)
		if err != nil {
			return nil, err
		}
		files := map[string][]byte{}
		for _, name := range base.Paths() {
			files[name], _ = base.Read(name)
		}
		return files, nil
	})}
}

// TestRealTemplateBuilds: with its secrets filled in and a release whose base/ is at hand, the official template builds, and the build
// confirms what was read.
func TestRealTemplateBuilds(t *testing.T) {
	files := map[string][]byte{}
	real := realRepository(t, "customer-template-2026-02")
	for _, name := range real.Paths() {
		files[name], _ = real.Read(name)
		if dir := filepath.Dir(name); strings.HasSuffix(name, "-secret.yaml") && (strings.HasSuffix(dir, "/secrets") || strings.HasSuffix(dir, "/base")) {
			files[strings.TrimSuffix(name, ".yaml")+".enc.yaml"] = files[name]
		}
	}
	replace(files, "gitRepo/base/kustomization.yaml", "ref=3.2.0", "ref=3.13.0")
	repository := discover(t, files, realBases(t))
	if len(repository.Environments) != 4 {
		t.Fatalf("got %d environments, want 4", len(repository.Environments))
	}
	for _, e := range repository.Environments {
		if e.Built == nil {
			t.Errorf("%s does not build: %s", e.ID, e.BuildError)
			continue
		}
		winner, ok := e.Release.Winner()
		if !ok || !winner.Proven {
			t.Errorf("%s: got winner %+v, want one proven by trial", e.ID, winner)
		}
		for _, l := range e.Layers {
			if !l.Found || l.Unreadable != "" || l.Position.File == "" || l.Values == nil {
				t.Errorf("%s: got layer %s found=%v unreadable=%q at %v, want it readable with its position", e.ID, l.Label(), l.Found, l.Unreadable, l.Position)
			}
		}
	}
	dev, err := repository.Environment("gitRepo/dev")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, l := range dev.Layers {
		names = append(names, l.Label())
	}
	want := []string{"Secret common-bb", "ConfigMap common", "ConfigMap environment", "Secret dev-bb-secret"}
	if !slices.Equal(names, want) {
		t.Errorf("got layers %v, want %v as the overlay's patch orders them", names, want)
	}
	if dev.APIVersion != "helm.toolkit.fluxcd.io/v2" || dev.SourceAPIVersion != "source.toolkit.fluxcd.io/v1" {
		t.Errorf("got %s and %s, want what the base of 3.13.0 has", dev.APIVersion, dev.SourceAPIVersion)
	}
}
