package mesh

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// Whatever stands in an object that no Go type is at hand for, reading it neither fails nor shows a password.
func FuzzUntypedObjects(f *testing.F) {
	text, err := os.ReadFile("testdata/flux.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, document := range bytes.Split(text, []byte("\n---")) {
		seed, err := yaml.YAMLToJSON(document)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(seed)
	}
	f.Add([]byte(`{"kind":"GitRepository","metadata":{"labels":7,"name":{}},"spec":{"url":"https://a:b@c","ref":[],"interval":3},"status":{"conditions":[null,{"type":"Ready","status":1}],"history":{}}}`))
	f.Add([]byte(`{"kind":"GitRepository","spec":{"url":"//gssh://git@git.example.com/istiod.git"}}`)) // found by fuzzing: it has no scheme
	f.Fuzz(func(t *testing.T, text []byte) {
		var object map[string]any
		if json.Unmarshal(text, &object) != nil || object == nil {
			return
		}
		u := &unstructured.Unstructured{Object: object}
		helmReleaseOf(u)
		kustomizationOf(u)
		helmChartOf(u)
		for _, o := range operators {
			o.workloadOf(u)
		}
		source := sourceOf(u)
		if _, rest, ok := strings.Cut(source.URL, "://"); ok {
			host, _, _ := strings.Cut(rest, "/")
			if user, _, ok := strings.Cut(host, "@"); ok && (strings.Contains(user, ":") || !strings.HasPrefix(source.URL, "ssh:")) {
				t.Errorf("the address %q has credentials", source.URL)
			}
		}
	})
}
