package render

import (
	"fmt"
	"strings"
	"testing"

	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

func TestAliasesThatCannotBeWrittenOutAreRefusedBeforeKustomizeSeesThem(t *testing.T) {
	const base = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n"
	multiplied := "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
	for i := range 8 {
		multiplied += fmt.Sprintf("a%d: &a%d [%s]\n", i+1, i+1, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i), 10), ", "))
	}
	patch := func(text string) string {
		return "resources: [x.yaml]\npatches:\n- patch: |\n    " + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n    ") + "\n"
	}
	const plain = "resources: [x.yaml]\n"
	for _, tc := range []struct{ name, kustomization, resource, want string }{
		{"an alias", plain, base + "data: {a: &a y, b: *a}\n", ""},
		{"an anchor in itself", plain, base + "data: &a {b: *a}\n", "the anchor a of line 4 holds itself"},
		{"in itself by way of another", plain, base + "data: &a {b: &b [*a]}\n", "the anchor a of line 4 holds itself"},
		{"merged into itself", plain, base + "data: &a {<<: *a}\n", "the anchor a of line 4 holds itself"},
		{"in a later document", plain, base + "---\n" + base + "data: &a [*a]\n", "the anchor a of line 8 holds itself"},
		{"anchors that multiply", plain, base + "data:\n  " + strings.ReplaceAll(multiplied, "\n", "\n  ") + "\n", "its anchors multiply to more than 1000000 values"},
		{"in the kustomization", plain + "labels: &a [*a]\n", base, "the anchor a of line 2 holds itself"},
		{"in a patch that is text", patch(base + "data: &a {b: *a}\n"), base, "the anchor a of line 4 holds itself"},
		{"in the text of a file, which nobody parses", plain, base + "data: {x: 'a: &a [*a]'}\n", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			files := tree.New(map[string][]byte{"dev/kustomization.yaml": []byte(tc.kustomization), "dev/x.yaml": []byte(tc.resource)})
			_, err := Overlay(files, "dev", nil)
			switch {
			case tc.want == "" && err != nil:
				t.Errorf("refused: %v", err)
			case tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)):
				t.Errorf("got %v, want %q in it", err, tc.want)
			}
			if err != nil {
				t.Log(err)
			}
		})
	}
}

func TestAPatchOfAPostRendererWhoseAnchorHoldsItselfIsRefused(t *testing.T) {
	objs, err := ParseObjects([]byte("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, patch := range []map[string]any{
		{"patch": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: &a {b: *a}\n"},
		{"patch": "- op: add\n  path: /data\n  value: &a [*a]\n", "target": map[string]any{"kind": "ConfigMap"}},
	} {
		_, err := PostRender(objs, []any{map[string]any{"kustomize": map[string]any{"patches": []any{patch}}}})
		if err == nil || !strings.Contains(err.Error(), "holds itself") {
			t.Errorf("got %v", err)
		}
	}
}
