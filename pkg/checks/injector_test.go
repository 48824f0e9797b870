package checks

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/linnet-bot/linnet/internal/shareddata"
	"sigs.k8s.io/yaml"
)

// chartHooks reads the webhook configurations that Istio's own charts render.
func chartHooks(t *testing.T, files ...string) []WebhookConfiguration {
	t.Helper()
	var all []WebhookConfiguration
	for _, file := range files {
		text, err := os.ReadFile(shareddata.Path(t, "istio", "webhooks", file))
		if err != nil {
			t.Fatal(err)
		}
		for _, doc := range bytes.Split(text, []byte("\n---")) {
			var object map[string]any
			if err := yaml.Unmarshal(doc, &object); err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			if object["kind"] != "MutatingWebhookConfiguration" {
				continue
			}
			c, err := ParseWebhookConfiguration(object)
			if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			all = append(all, c)
		}
	}
	return all
}

// The table was computed from the charts of 1.30.3 for every combination of labels, under four sets of installed webhooks.
func TestInjectorsAgreeWithTheTruthTable(t *testing.T) {
	const unrevisioned, revisioned, tag = "rendered-mwc-unrevisioned.yaml", "rendered-mwc-rev-1-30-3.yaml", "rendered-tag-default-to-1-30-3.yaml"
	sets := [][]WebhookConfiguration{
		chartHooks(t, unrevisioned, revisioned), chartHooks(t, unrevisioned, revisioned, tag), chartHooks(t, revisioned), chartHooks(t, revisioned, tag),
	}
	table, err := os.ReadFile(shareddata.Path(t, "istio", "webhooks", "injection-truth-table.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	rows := strings.Split(strings.TrimSpace(string(table)), "\n")[1:]
	if len(rows) != 81 {
		t.Fatalf("got %d rows, want 81", len(rows))
	}
	for _, row := range rows {
		cell := strings.Split(row, "\t")
		ns := given(labelInjection, cell[0], labelRevision, cell[1])
		pod := given(labelInject, cell[2], labelRevision, cell[3])
		for i, set := range sets {
			if got := table81(Match(set, ns, pod)); got != cell[4+i] {
				t.Errorf("set %c, namespace %v, pod %v: got %q, want %q", 'A'+i, ns, pod, got, cell[4+i])
			}
		}
	}
}

func given(pairs ...string) map[string]string {
	labels := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "." {
			labels[pairs[i]] = pairs[i+1]
		}
	}
	return labels
}

// table81 writes injectors as the table does.
func table81(found []Injector) string {
	var all []string
	for _, i := range found {
		all = append(all, fmt.Sprintf("%s via %s/%s", i.Revision, i.Configuration, strings.TrimSuffix(i.Hook, ".sidecar-injector.istio.io")))
	}
	if len(all) == 0 {
		return "-"
	}
	slices.SortFunc(all, func(a, b string) int { return strings.Compare(b, a) }) // the table puts default first
	return strings.Join(all, " + ")
}

func TestInjectors(t *testing.T) {
	both := []WebhookConfiguration{injector("istio-sidecar-injector", "default", "", true), injector("istio-sidecar-injector-1-29-0", "1-29-0", "", false)}
	for _, c := range []struct {
		name    string
		hooks   []WebhookConfiguration
		ns, pod map[string]string
		want    []string
	}{
		{"enabled", both, given(labelInjection, "enabled"), nil, []string{"istio-sidecar-injector"}},
		{"a revision", both, given(labelRevision, "1-29-0"), nil, []string{"istio-sidecar-injector-1-29-0"}},
		{"enabled beats the namespace's and the pod's revision", both, given(labelInjection, "enabled", labelRevision, "1-29-0"), given(labelRevision, "1-29-0"), []string{"istio-sidecar-injector"}},
		{"the namespace's revision beats the pod's", both, given(labelRevision, "default"), given(labelRevision, "1-29-0"), []string{"istio-sidecar-injector"}},
		{"the pod's revision where the namespace says nothing", both, nil, given(labelRevision, "1-29-0"), []string{"istio-sidecar-injector-1-29-0"}},
		{"the pod asks where the namespace says nothing", both, nil, given(labelInject, "true"), []string{"istio-sidecar-injector"}},
		{"the pod declines", both, given(labelInjection, "enabled"), given(labelInject, "false"), nil},
		{"disabled", both, given(labelInjection, "disabled", labelRevision, "1-29-0"), given(labelRevision, "1-29-0"), nil},
		{"the string null", both, given(labelInjection, "null", labelRevision, "1-29-0"), nil, nil},
		{"a revision that is not installed", both[:1], given(labelRevision, "1-29-0"), nil, nil},
		{"enabled without the built-in one", both[1:], given(labelInjection, "enabled"), nil, nil},
		{"the default tag beside the built-in one", append(both[:2:2], injector("istio-revision-tag-default", "1-29-0", "default", true)), given(labelInjection, "enabled"), nil, []string{"istio-sidecar-injector", "istio-revision-tag-default"}},
		{"a mutating webhook that does not inject", []WebhookConfiguration{{Name: "policy", Hooks: []Webhook{{Path: "/mutate"}}}}, nil, nil, nil},
		{"an injector behind a URL", []WebhookConfiguration{{Name: "remote", Hooks: []Webhook{{URL: "https://istiod.example/inject/cluster/east"}}}}, nil, nil, []string{"remote"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Injectors(c.hooks, c.ns, c.pod); !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestSelectors(t *testing.T) {
	labels := map[string]string{"a": "1", "empty": ""}
	for _, c := range []struct {
		name string
		s    Selector
		want bool
	}{
		{"nothing asked", Selector{}, true},
		{"label", Selector{MatchLabels: map[string]string{"a": "1"}}, true},
		{"other value", Selector{MatchLabels: map[string]string{"a": "2"}}, false},
		{"empty is not absent", Selector{MatchLabels: map[string]string{"b": ""}}, false},
		{"exists", Selector{MatchExpressions: []SelectorRequirement{{Key: "empty", Operator: "Exists"}}}, true},
		{"does not exist", Selector{MatchExpressions: []SelectorRequirement{{Key: "empty", Operator: "DoesNotExist"}}}, false},
		{"not in, absent", Selector{MatchExpressions: []SelectorRequirement{{"b", "NotIn", []string{"1"}}}}, true},
		{"not in, present", Selector{MatchExpressions: []SelectorRequirement{{"a", "NotIn", []string{"1"}}}}, false},
		{"no such operator", Selector{MatchExpressions: []SelectorRequirement{{Key: "a", Operator: "Near"}}}, false},
	} {
		if got := c.s.Matches(labels); got != c.want {
			t.Errorf("%s: got %t, want %t", c.name, got, c.want)
		}
	}
}

func TestInjectable(t *testing.T) {
	for _, c := range []struct {
		name                string
		namespace           string
		host                bool
		labels, annotations map[string]string
		want                bool
	}{
		{"ordinary", "a", false, nil, nil, true},
		{"host network", "a", true, given(labelInject, "true"), nil, false},
		{"system namespace", "kube-system", false, given(labelInject, "true"), nil, false},
		{"label", "a", false, given(labelInject, "false"), nil, false},
		{"label beats annotation", "a", false, given(labelInject, "true"), given(labelInject, "false"), true},
		{"annotation", "a", false, nil, given(labelInject, "false"), false},
		{"a word that is not yes", "a", false, nil, given(labelInject, "nope"), false},
	} {
		if got := Injectable(c.namespace, c.host, c.labels, c.annotations); got != c.want {
			t.Errorf("%s: got %t, want %t", c.name, got, c.want)
		}
	}
}

func TestParseWebhookConfigurationRefusesOtherThings(t *testing.T) {
	for _, o := range []map[string]any{
		{"kind": "ConfigMap"}, {"kind": "MutatingWebhookConfiguration", "webhooks": "none"}, {"kind": func() {}},
	} {
		if c, err := ParseWebhookConfiguration(o); err == nil {
			t.Errorf("%v: got %+v, want an error", o["kind"], c)
		}
	}
}

func TestRevisionOfAConfiguration(t *testing.T) {
	hook := func(service string) []Webhook { return []Webhook{{Service: NamespacedName{"istio-system", service}}} }
	for _, c := range []struct {
		conf WebhookConfiguration
		want string
	}{
		{WebhookConfiguration{Labels: given(labelRevision, "x"), Hooks: hook("istiod")}, "x"},
		{WebhookConfiguration{Hooks: hook("istiod")}, "default"},
		{WebhookConfiguration{Hooks: hook("istiod-1-29-0")}, "1-29-0"},
		{WebhookConfiguration{Hooks: hook("istiod-revision-tag-prod")}, ""},
		{WebhookConfiguration{Hooks: hook("policy")}, ""},
	} {
		if got := c.conf.Revision(); got != c.want {
			t.Errorf("%+v: got %q, want %q", c.conf, got, c.want)
		}
	}
}
