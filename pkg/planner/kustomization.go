package planner

import (
	"bytes"
	"fmt"
	"path"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/linnet-bot/linnet/pkg/gitops/splice"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
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
	for _, m := range b.missionPatches(s) {
		items = append(items, m.item())
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

// insertLast puts the item at the end of its list, but before what other people's commits have put behind ours since: moving our items would change
// lines that no phase has planned, and that nothing behind them overrides them is asserted on what is built.
func (b *builder) insertLast(src []byte, item listItem) ([]byte, error) {
	behind := b.behind[item.list]
	if behind == 0 {
		return item.insert(src, -1)
	}
	k, err := readLists(src)
	if err != nil {
		return nil, err
	}
	_, length := k.ours(item.list)
	return item.insert(src, length-behind)
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

// stripItems takes every item that points at the canary folder out of a Kustomization, last first. The entry of the values file is the first
// of them, so it is the one that may have made the list.
func (b *builder) stripItems(src []byte) ([]byte, error) {
	items := []listItem{b.patchItem(valuesFile), {list: "resources", block: CanaryFolder, flow: CanaryFolder}}
	for _, item := range items {
		for {
			k, err := readLists(src)
			if err != nil {
				return nil, err
			}
			first, length := k.ours(item.list)
			if first == length {
				break
			}
			if src, err = item.remove(src, k.last(item.list), length); err != nil {
				return nil, err
			}
		}
	}
	return src, nil
}

// last is the index of the last item of ours in a list that holds one.
func (k kustomizationLists) last(list string) int {
	if list == "resources" {
		first, _ := k.ours(list)
		return first
	}
	for i := len(k.Patches) - 1; i >= 0; i-- {
		if strings.HasPrefix(path.Clean(k.Patches[i].Path), CanaryFolder+"/") {
			return i
		}
	}
	return -1
}

// itemsBehind counts, in each list that holds items of ours, the items that stand behind them.
func (b *builder) itemsBehind(t tree.Tree) (map[string]int, error) {
	src, _ := t.Read(b.env.Kustomization)
	k, err := readLists(src)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", b.env.Kustomization, err)
	}
	behind := map[string]int{}
	for _, list := range []string{"resources", "patches"} {
		if first, length := k.ours(list); first < length {
			behind[list] = length - 1 - k.last(list)
		}
	}
	return behind, nil
}
