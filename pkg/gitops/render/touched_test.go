package render

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/resid"
)

func manyObjects(n int) Objects {
	var objs Objects
	for i := range n {
		kind := []string{"ConfigMap", "Namespace", "Secret"}[i%3]
		objs = append(objs, Object{"apiVersion": "v1", "kind": kind, "metadata": map[string]any{"name": fmt.Sprintf("o%d", i), "labels": map[string]any{"n": fmt.Sprint(i)}}})
	}
	return objs
}

// Taking only the touched objects through Kustomize must give what taking all of them gives.
func TestOnlyTouchedObjectsAreBuiltAndTheResultIsTheSame(t *testing.T) {
	remove := "- op: remove\n  path: /metadata/labels/n\n"
	target := func(kind, name string) *types.Selector {
		return &types.Selector{ResId: resid.ResId{Gvk: resid.Gvk{Kind: kind}, Name: name}}
	}
	rows := []struct {
		name    string
		patches []types.Patch
	}{
		{"one object", []types.Patch{{Patch: remove, Target: target("Namespace", "o4")}}},
		{"a kind", []types.Patch{{Patch: remove, Target: target("Secret", "")}}},
		{"a pattern", []types.Patch{{Patch: remove, Target: target("ConfigMap|Secret", "o1.")}}},
		{"nothing", []types.Patch{{Patch: remove, Target: target("Deployment", "")}}},
		{"a deletion", []types.Patch{{Patch: "$patch: delete\napiVersion: v1\nkind: any\nmetadata:\n  name: any\n", Target: target("Namespace", "")}}},
		{"no target", []types.Patch{{Patch: "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: o3\ndata: {a: b}\n"}}},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			k := types.Kustomization{Patches: row.patches}
			want, err := buildObjects(manyObjects(30), k)
			if err != nil {
				t.Fatal(err)
			}
			got, err := buildTouched(manyObjects(30), k)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("(-all +touched)\n%s", d)
			}
		})
	}
}

func TestObjectsThatShareAnIDAreRefusedAlsoWhenUntouched(t *testing.T) {
	objs := append(manyObjects(6), manyObjects(1)...)
	k := types.Kustomization{Patches: []types.Patch{{Patch: "- op: remove\n  path: /metadata/labels/n\n", Target: &types.Selector{ResId: resid.ResId{Name: "o4"}}}}}
	if _, err := buildTouched(objs, k); err == nil {
		t.Error("two objects with one ID were built without an error")
	}
}
