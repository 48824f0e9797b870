package render_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linnet-bot/linnet/pkg/gitops/render"
)

func TestParseObjectsReadsAnyStream(t *testing.T) {
	objs := parsed(t, "\ufeff---\n# only a comment\n---\r\napiVersion: v1\r\nkind: ConfigMap\r\nmetadata: {name: a}\r\ndata:\r\n  text: |\r\n    ----\r\n    x\r\n--- {apiVersion: v1, kind: List, items: [{apiVersion: apps/v1, kind: Deployment, metadata: {name: b, namespace: c}}, {apiVersion: v1, kind: Pod, metadata: {name: d}}]}\n---\n")
	want := []string{"ConfigMap a", "Deployment c/b", "Pod d"}
	if diff := cmp.Diff(want, idTexts(objs.IDs())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := objs[0].Get("data", "text"); got != "----\nx\n" {
		t.Errorf("got %q", got)
	}
	if diff := cmp.Diff(objs, parsed(t, string(objs.YAML()))); diff != "" {
		t.Errorf("written and read again:\n%s", diff)
	}
}

func TestParseObjectsRefusesWhatIsNoObject(t *testing.T) {
	for stream, want := range map[string]string{
		"a: b":                                   "read YAML document 1: it has no apiVersion and kind, so it is no Kubernetes object",
		"---\n- a":                               "read YAML document 2: it holds a []interface {} and not an object",
		"apiVersion: v1\nkind: List\nitems: [a]": "read YAML document 1: item 0 of the List: it holds a string and not an object",
	} {
		if _, err := render.ParseObjects([]byte(stream)); err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", stream, err, want)
		}
	}
}

func TestObjectsAnswerWhatIsThere(t *testing.T) {
	o := parsed(t, "apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: g, namespace: ns, labels: {a: 'true', b: 1}, annotations: {}}\nspec: {servers: [{port: {number: 443}}], big: 12345678901234567, half: 0.5}\n")[0]
	if got, want := o.ID(), (render.ID{Group: "networking.istio.io", Kind: "Gateway", Namespace: "ns", Name: "g"}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	for name, got := range map[string][2]any{
		"an item":         {o.Get("spec", "servers", "0", "port", "number"), int64(443)},
		"past the end":    {o.Get("spec", "servers", "1"), nil},
		"no index":        {o.Get("spec", "servers", "port"), nil},
		"below a scalar":  {o.Get("kind", "x"), nil},
		"a large number":  {o.Get("spec", "big"), int64(12345678901234567)},
		"a fraction":      {o.Get("spec", "half"), 0.5},
		"labels as text":  {o.Labels()["b"], "1"},
		"no annotations":  {o.Annotations() == nil, true},
		"an empty object": {render.Object{}.Name(), ""},
	} {
		if got[0] != got[1] {
			t.Errorf("%s: got %v, want %v", name, got[0], got[1])
		}
	}
	copied := o.Copy()
	copied["spec"].(map[string]any)["servers"].([]any)[0] = nil
	if o.Get("spec", "servers", "0") == nil {
		t.Error("a copy shares a list with the original")
	}
}

func TestDiffTellsFieldsAndShortensText(t *testing.T) {
	before := parsed(t, `
apiVersion: v1
kind: ConfigMap
metadata: {name: c, labels: {app.kubernetes.io/name: a}}
data: {conf: "one\ntwo\nthree\n", list: [1]}
---
apiVersion: v1
kind: Secret
metadata: {name: gone}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: twice}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: twice}
`)
	after := parsed(t, `
apiVersion: v1
kind: ConfigMap
metadata: {name: c, labels: {app.kubernetes.io/name: b}}
data: {conf: "one\n2\nthree\n", list: [1, {a: b}], more: {a: b}}
---
apiVersion: v1
kind: Pod
metadata: {name: new}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: twice}
`)
	got := render.Diff(before, after)
	want := render.Changes{
		Added:   []render.ID{{Kind: "Pod", Name: "new"}},
		Removed: []render.ID{{Kind: "ConfigMap", Name: "twice"}, {Kind: "Secret", Name: "gone"}},
		Changed: []render.Change{{ID: render.ID{Kind: "ConfigMap", Name: "c"}, Fields: []string{
			`data.conf: (4 lines, 14 bytes, "two") -> (4 lines, 12 bytes, "2")`,
			"data.list[1]: (none) -> {1 key}",
			"data.more.a: (none) -> b",
			`metadata.labels["app.kubernetes.io/name"]: a -> b`,
		}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if left := got.Without(got.IDs()...); !left.Empty() {
		t.Errorf("without all of them: got %v", left)
	}
	if same := render.Diff(before, before.Copy()); !same.Empty() {
		t.Errorf("no change: got %v", same)
	}
}

func FuzzParseObjects(f *testing.F) {
	f.Add([]byte("apiVersion: v1\nkind: List\nitems: []\n---\nkind: A\napiVersion: b\n"))
	f.Add([]byte(rendered))
	f.Add([]byte("apiVersion: v1\nkind: A\n? " + strings.Repeat("k", 2000) + "\n: 1\n")) // found by fuzzing
	f.Fuzz(func(t *testing.T, stream []byte) {
		objs, err := render.ParseObjects(stream)
		if err != nil {
			return
		}
		again, err := render.ParseObjects(objs.YAML())
		if err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
		if !render.Diff(objs, again).Empty() {
			t.Errorf("written and read again: %v", render.Diff(objs, again))
		}
	})
}
