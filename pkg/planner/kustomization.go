package planner

import (
	"bytes"
	"fmt"
	"path"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/linnet-bot/linnet/pkg/gitops/splice"
)

// listItem is an item of one of the environment's Kustomization lists, in block form for block lists and on one line for flow lists.
type listItem struct {
	list  string // "resources", "patches"
	block string
	flow  string
}

// temporaryItems are the items that point at the canary folder, in the order in which they stand. They are always the last of their lists, so
// that nothing of the customer's is applied after them.
func (b *builder) temporaryItems(s state) []listItem {
	var items []listItem
	if s.canary {
		items = append(items, listItem{list: "resources", block: CanaryFolder, flow: CanaryFolder})
	}
	if s.crds {
		items = append(items, b.patchItem(valuesFile))
	}
	if s.moving() {
		items = append(items, b.patchItem(postrenderFile))
	}
	return items
}

func (b *builder) patchItem(file string) listItem {
	name := path.Join(CanaryFolder, file)
	return listItem{
		list:  "patches",
		block: fmt.Sprintf("path: %s\ntarget:\n  kind: HelmRelease\n  name: %s", name, b.env.HelmRelease.Name),
		flow:  fmt.Sprintf("{path: %s, target: {kind: HelmRelease, name: %s}}", name, b.env.HelmRelease.Name),
	}
}

// insert puts the item at the index of its list, -1 for the end, and makes the list where there is none.
func (i listItem) insert(src []byte, at int) ([]byte, error) {
	list := splice.Path{splice.Key(i.list)}
	out, err := splice.InsertItem(src, list, at, i.block)
	if err == nil {
		return out, nil
	}
	if splice.Absent(err) {
		return splice.InsertKey(src, nil, i.list, "- "+strings.ReplaceAll(i.block, "\n", "\n  "))
	}
	if out, flowErr := splice.InsertItem(src, list, at, i.flow); flowErr == nil {
		return out, nil
	}
	return nil, err
}

// remove takes the item at the index out again. A list that the item was the only member of goes with it exactly when insert would make it.
func (i listItem) remove(src []byte, index, length int) ([]byte, error) {
	if length == 1 {
		if out, err := splice.RemoveKey(src, splice.Path{splice.Key(i.list)}); err == nil {
			if again, err := i.insert(out, -1); err == nil && bytes.Equal(again, src) {
				return out, nil
			}
		}
	}
	return splice.RemoveItem(src, splice.Path{splice.Key(i.list), splice.Index(index)})
}

// kustomizationLists is what the planner reads of a Kustomization.
type kustomizationLists struct {
	Resources []string `json:"resources"`
	Patches   []struct {
		Path string `json:"path"`
	} `json:"patches"`
}

func readLists(src []byte) (kustomizationLists, error) {
	var k kustomizationLists
	err := yaml.Unmarshal(src, &k)
	return k, err
}

// ours tells where the first item of ours is in a list, and how long the list is; first == length when there is none.
func (k kustomizationLists) ours(list string) (first, length int) {
	prefix := CanaryFolder + "/"
	if list == "resources" {
		for i, r := range k.Resources {
			if path.Clean(r) == CanaryFolder {
				return i, len(k.Resources)
			}
		}
		return len(k.Resources), len(k.Resources)
	}
	for i, p := range k.Patches {
		if strings.HasPrefix(path.Clean(p.Path), prefix) {
			return i, len(k.Patches)
		}
	}
	return len(k.Patches), len(k.Patches)
}

// stripItems takes every item that points at the canary folder out of a Kustomization, last first.
func (b *builder) stripItems(src []byte) ([]byte, error) {
	for _, item := range []listItem{b.patchItem(postrenderFile), b.patchItem(valuesFile), {list: "resources", block: CanaryFolder, flow: CanaryFolder}} {
		k, err := readLists(src)
		if err != nil {
			return nil, err
		}
		index, length := k.index(item)
		if index < 0 {
			continue
		}
		if src, err = item.remove(src, index, length); err != nil {
			return nil, err
		}
	}
	return src, nil
}

func (k kustomizationLists) index(item listItem) (index, length int) {
	if item.list == "resources" {
		first, n := k.ours("resources")
		if first == n {
			return -1, n
		}
		return first, n
	}
	for i, p := range k.Patches {
		if strings.HasPrefix(item.block, "path: "+path.Clean(p.Path)+"\n") {
			return i, len(k.Patches)
		}
	}
	return -1, len(k.Patches)
}
