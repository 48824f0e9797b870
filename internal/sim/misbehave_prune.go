package sim

import (
	"path"
	"strings"

	"github.com/linnet-bot/linnet/pkg/gitops/render"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

func noPrune() Misbehaviour {
	return Misbehaviour{
		Name:     "no-prune",
		Sentence: "Flux does not remove what leaves the repository, so the canary would stay in the cluster for good; no merge request is opened before it does.",
		Expected: RefusedAtPlan,
		Edit:     withoutPruning,
		begin: func(c *Cluster) (hooks, error) {
			set := func(prune bool) {
				for _, k := range c.sortedKustomizations() {
					k.Prune = prune
				}
			}
			set(false)
			return hooks{heal: func() { set(true) }}, nil
		},
	}
}

// withoutPruning turns pruning off in the file that declares the environment's Kustomization, where the repository holds it.
func withoutPruning(t tree.Tree, environment string) tree.Tree {
	for _, name := range t.Paths() {
		content, _ := t.Read(name)
		if !strings.Contains(string(content), "kustomize.toolkit.fluxcd.io") {
			continue
		}
		objects, err := render.ParseObjects(content)
		if err != nil {
			continue // not a plain stream of objects, so not a bootstrap file
		}
		for _, k := range objects.Kind("Kustomization") {
			if at, _ := k.Get("spec", "path").(string); path.Clean(at) == environment {
				return t.With(tree.Change{Path: name, Content: []byte(strings.Replace(string(content), "prune: true", "prune: false", 1))})
			}
		}
	}
	return t
}
