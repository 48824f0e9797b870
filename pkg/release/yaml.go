package release

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"
)

// Values are read from YAML nodes, not decoded: a tag written as 1.30 is a float to a decoder, and a string to everyone who wrote it.

// documents parses every YAML document.
func documents(src []byte) ([]*yaml.Node, error) {
	dec := yaml.NewDecoder(bytes.NewReader(src))
	var docs []*yaml.Node
	for {
		var doc yaml.Node
		err := dec.Decode(&doc)
		if errors.Is(err, io.EOF) {
			return docs, nil
		}
		if err != nil {
			return nil, fmt.Errorf("not valid YAML: %s", strings.TrimPrefix(oneLine(err.Error()), "yaml: "))
		}
		if len(doc.Content) == 1 {
			docs = append(docs, doc.Content[0])
		}
	}
}

// child returns the value of a key of a mapping, nil where there is none. Aliases are followed.
func child(node *yaml.Node, keys ...string) *yaml.Node {
	node = target(node)
	for _, key := range keys {
		if node == nil || node.Kind != yaml.MappingNode {
			return nil
		}
		var found *yaml.Node
		for i := 0; i+1 < len(node.Content); i += 2 {
			if node.Content[i].Value == key {
				found = target(node.Content[i+1])
			}
		}
		node = found
	}
	return node
}

func target(node *yaml.Node) *yaml.Node {
	if node != nil && node.Kind == yaml.AliasNode {
		return node.Alias
	}
	return node
}

// text returns a scalar as written, "" for null, for what is no scalar and for what is not there.
func text(node *yaml.Node, keys ...string) string {
	found := child(node, keys...)
	if found == nil || found.Kind != yaml.ScalarNode || found.Tag == "!!null" {
		return ""
	}
	return found.Value
}

func isTrue(node *yaml.Node, keys ...string) bool {
	found := child(node, keys...)
	var b bool
	return found != nil && found.Kind == yaml.ScalarNode && found.Decode(&b) == nil && b
}

// oneLine makes foreign text fit a sentence: one line of at most 300 bytes that changes nothing on a terminal. What fits stays as it is.
func oneLine(s string) string {
	const most, more = 300, "…"
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && !unicode.IsSpace(r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most-len(more)], "") + more
	}
	return s
}
