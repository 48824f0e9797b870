package render

import (
	"bytes"
	"fmt"
	"maps"
	"path"
	"slices"

	"go.yaml.in/yaml/v3"
)

// mostExpanded is how many values a document may have once its aliases are written out. The largest values files have some ten thousand.
const mostExpanded = 1_000_000

// checkAliases looks at every file that the build is known to read. Where Kustomize cannot read a kustomization, it says that there is none.
func (c *closure) checkAliases() error {
	for _, name := range slices.Sorted(maps.Keys(c.used)) {
		content, _ := c.tree.Read(name)
		if err := checkAliases(name, content); err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.extra)) {
		if err := checkAliases(name, c.extra[name]); err != nil {
			return fmt.Errorf("read %s: %w", c.display(name), err)
		}
	}
	return nil
}

// checkAliases refuses a file whose aliases cannot be written out. Kustomize writes each of them out: one that stands in its own anchor ends the process, since no Go
// program survives a stack that has no end, and anchors that multiply take all memory. What is no YAML passes: Kustomize says so itself.
func checkAliases(name string, src []byte) error {
	nested := slices.Contains([]string{"kustomization.yaml", "kustomization.yml", "Kustomization"}, path.Base(name))
	// Kustomize takes documents apart before it parses them, so each is looked at on its own, too: one that is broken hides none behind it.
	for _, part := range append([][]byte{src}, bytes.Split(src, []byte("\n---"))...) {
		if err := checkExpansion(part, nested); err != nil {
			return err
		}
	}
	return nil
}

// checkExpansion looks at one text, and where that is asked for at the texts in it: patches stand in a kustomization as text.
func checkExpansion(src []byte, nested bool) error {
	if !bytes.ContainsRune(src, '&') || !bytes.ContainsRune(src, '*') {
		return nil
	}
	e := expansion{sizes: map[*yaml.Node]int{}, open: map[*yaml.Node]bool{}}
	for decoder := yaml.NewDecoder(bytes.NewReader(src)); ; {
		var document yaml.Node
		if decoder.Decode(&document) != nil {
			break
		}
		if _, err := e.of(&document); err != nil {
			return err
		}
	}
	if !nested {
		return nil
	}
	for n := range e.sizes {
		if n.Kind == yaml.ScalarNode && len(n.Value) < len(src) {
			if err := checkAliases("kustomization.yaml", []byte(n.Value)); err != nil {
				return fmt.Errorf("in the text of line %d: %w", n.Line, err)
			}
		}
	}
	return nil
}

// expansion counts the values of documents whose aliases are written out.
type expansion struct {
	sizes map[*yaml.Node]int
	open  map[*yaml.Node]bool // those that the walk stands in
}

func (e expansion) of(n *yaml.Node) (int, error) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if e.open[n] {
		return 0, fmt.Errorf("the anchor %s of line %d holds itself; take the alias out of it", n.Anchor, n.Line)
	}
	if size, ok := e.sizes[n]; ok {
		return size, nil
	}
	e.open[n] = true
	defer delete(e.open, n)
	size := 1
	for _, child := range n.Content {
		more, err := e.of(child)
		if err != nil {
			return 0, err
		}
		if size += more; size > mostExpanded {
			return 0, fmt.Errorf("its anchors multiply to more than %d values at line %d", mostExpanded, n.Line)
		}
	}
	e.sizes[n] = size
	return size, nil
}
