package charts_test

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/linnet-bot/linnet/pkg/config"
	"github.com/linnet-bot/linnet/pkg/gitops/render"
)

// value is one that people may set.
type value struct{ path, standard, comment string }

// documented reads values.yaml: what has a comment is a value, what has none only holds others.
func documented(t testing.TB) []value {
	t.Helper()
	text, err := os.ReadFile("linnet/values.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	var all []value
	var walk func(path string, n *yaml.Node)
	walk = func(path string, n *yaml.Node) {
		for i := 0; i+1 < len(n.Content); i += 2 {
			key, content := n.Content[i], n.Content[i+1]
			at := strings.TrimPrefix(path+"."+key.Value, ".")
			comment := strings.ReplaceAll(strings.TrimPrefix(key.HeadComment, "# "), "\n# ", " ")
			switch {
			case key.HeadComment != "" && path+key.Value != "image":
				all = append(all, value{at, inline(t, content), comment})
			case content.Kind == yaml.MappingNode && content.Style&yaml.FlowStyle == 0:
				walk(at, content)
			default:
				t.Errorf("line %d of values.yaml: %s has no comment", key.Line, at)
			}
		}
	}
	walk("", document.Content[0])
	return all
}

// inline writes a value in one line.
func inline(t testing.TB, n *yaml.Node) string {
	t.Helper()
	var v any
	if err := n.Decode(&v); err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(text.String())
}

const marker = "<!-- The table is made from values.yaml; change that, then run `make generate`. -->\n"

// Each value is in the README with its comment, and each comment says something.
func TestReadmeIsInStep(t *testing.T) {
	const page = "linnet/README.md"
	old, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	prose, _, found := strings.Cut(string(old), marker)
	if !found {
		t.Fatalf("%s has no line %s", page, marker)
	}
	var table strings.Builder
	table.WriteString("\n| value | default | |\n| --- | --- | --- |\n")
	for _, v := range documented(t) {
		if len(v.comment) < 8 || !strings.HasSuffix(v.comment, ".") {
			t.Errorf("the comment of %s says %q", v.path, v.comment)
		}
		table.WriteString("| `" + v.path + "` | `" + v.standard + "` | " + v.comment + " |\n")
	}
	same(t, page, string(old), prose+marker+table.String())
}

// bot.config is described by the configuration's own schema, so that a mistake is noticed when Helm renders, not when the pod starts.
func TestSchemaIsInStep(t *testing.T) {
	const file = "linnet/values.schema.json"
	old, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	const begin = "\n  \"definitions\": "
	own, _, found := strings.Cut(string(old), begin)
	if !found {
		t.Fatalf("%s has no definitions", file)
	}
	var schema struct {
		Definitions json.RawMessage `json:"$defs"`
	}
	if err := json.Unmarshal([]byte(config.Schema()), &schema); err != nil {
		t.Fatal(err)
	}
	var definitions bytes.Buffer
	if err := json.Indent(&definitions, schema.Definitions, "  ", "  "); err != nil {
		t.Fatal(err)
	}
	same(t, file, string(old), own+begin+strings.ReplaceAll(definitions.String(), "#/$defs/", "#/definitions/")+"\n}\n")
}

func same(t *testing.T, file, got, want string) {
	t.Helper()
	switch {
	case got == want:
	case *update:
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("%s is not in step; run make generate", file)
	}
}

// Whatever stands in values.yaml the schema knows, and the other way round; each object of the chart's own is closed.
func TestSchemaAndValuesAreTheSame(t *testing.T) {
	text, err := os.ReadFile("linnet/values.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var schema map[string]any
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, v := range documented(t) {
		known[v.path] = true
	}
	var walk func(path string, s map[string]any)
	walk = func(path string, s map[string]any) {
		properties := asMap(s["properties"])
		if known[path] || slices.Contains([]string{"global", "bb-common", "bigbang"}, path) {
			delete(known, path)
			return
		}
		if properties == nil {
			t.Errorf("%s is in the schema and not in values.yaml", path)
			return
		}
		if s["additionalProperties"] != false {
			t.Errorf("%q is open in the schema", path)
		}
		for name, inner := range properties {
			walk(strings.TrimPrefix(path+"."+name, "."), asMap(inner))
		}
	}
	walk("", schema)
	for path := range known {
		t.Errorf("%s is in values.yaml and not in the schema", path)
	}
}

func TestValuesThatAreRefused(t *testing.T) {
	for _, c := range []struct{ more, want string }{
		{"observe: {}", "observe: is not allowed here"},
		{"observer: {tls: {secret: x}}", "observer.tls.secret: is not allowed here"},
		{"bot: {token: glpat-x}", "bot.token: is not allowed here"},
		{"bot: {config: {forge: {token: x}}}", "bot.config.forge.token: is not allowed here"},
		{"bot: {config: {interval: soon}}", "bot.config.interval: "},
		{"observer: {allow: [linnet]}", "observer.allow.0: "},
		{"bot: {expose: {gateways: [public]}}", "bot.expose.gateways.0: "},
		{"image: {digest: 0123}", "image.digest: "},
		{"image: {repository: 'registry.example.com/linnet:1'}", ""},
		{"networkPolicies: {forge: {cidrs: []}}", "networkPolicies.forge.cidrs: "}, // no peers would be all of them
		{"networkPolicies: {forge: {ports: []}}", "networkPolicies.forge.ports: "},
		{"networkPolicies: {controlPlanePorts: []}", "networkPolicies.controlPlanePorts: "},
		{"networkPolicies: {controlPlaneCidr: 10.0.0.1}", "networkPolicies.controlPlaneCidr: "},
		{"observer: {tls: {ca: '-----BEGIN PRIVATE KEY-----'}}", "observer.tls.ca: "},
		{"bot: {resources: {limits: {cpu: lots}}}", "bot.resources.limits.cpu: "},
		{"bot: {resources: {limits: {cpu: 0.5, memory: 1Gi}}}", ""},
	} {
		_, err := chart(t).Render(merge(values(t, gitlab), values(t, c.more)), render.HelmOptions{ReleaseName: "linnet", Namespace: namespace, KubeVersion: "1.34.0"})
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: got %v, want %q", c.more, err, c.want)
		}
	}
}

// merge lays values over others, as a second file does; null takes away.
func merge(under, over map[string]any) map[string]any {
	for key, v := range over {
		if v == nil {
			delete(under, key)
			continue
		}
		inner, ok := v.(map[string]any)
		if below := asMap(under[key]); ok && below != nil {
			under[key] = merge(below, inner)
			continue
		}
		under[key] = v
	}
	return under
}

func refused(t *testing.T, more string) string {
	t.Helper()
	_, err := chart(t).Render(merge(values(t, gitlab), values(t, more)), render.HelmOptions{ReleaseName: "linnet", Namespace: namespace, KubeVersion: "1.34.0"})
	if err == nil {
		return ""
	}
	return err.Error()
}

// What could not work is refused by a sentence that says what to write; all at once where there are several.
func TestInstallationsThatCannotWorkAreRefused(t *testing.T) {
	_, err := tryRender(t, "")
	if err == nil {
		t.Fatal("the chart can be installed with nothing said")
	}
	for _, want := range []string{"image.repository is missing", "bot.config.forge is missing", "bot.config.environments is missing"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("without values: got %v, want %q", err, want)
		}
	}
	for more, want := range map[string]string{
		"{observer: {enabled: false}, bot: {enabled: false}}":                                      "nothing is to run",
		"bot: {enabled: false}":                                                                    "nobody may read what the observer sees",
		"observer: {tls: {ca: \"-----BEGIN CERTIFICATE-----\"}}":                                   "observer.tls.ca is given without observer.tls.secretName",
		"observer: {expose: {host: a.example.com}}":                                                "observer.expose.host is given without observer.tls.secretName",
		"observer: {expose: {host: a.example.com}, tls: {secretName: x}}":                          "observer.expose.host needs istio.enabled",
		"observer: {environment: prod}":                                                            `observer.environment is "prod", which is the path of none`,
		"bot: {config: {environments: [{path: dev, cluster: {observationFile: /x}}]}}":             `the environment "dev" of bot.config says itself`,
		"bot: {config: {webhooks: {listen: ':9000'}}}":                                             "bot.config.webhooks.listen is given",
		"bot: {config: {stateKeyEnv: KEY, stateKeyFile: null}}":                                    "bot.config.stateKeyEnv is given",
		"bot: {config: {forge: {tokenEnv: TOKEN}}}":                                                "bot.config.forge.tokenEnv is given",
		"bot: {secretNames: []}":                                                                   "bot.secretNames is empty",
		"bot: {expose: {host: a.example.com}}":                                                     "bot.expose.host needs istio.enabled",
		"{istio: {enabled: true}, bot: {expose: {host: a.example.com}, config: {webhooks: null}}}": "bot.config has no webhooks to receive",
	} {
		if got := refused(t, more); !strings.Contains(got, want) {
			t.Errorf("%s: got %q, want %q", more, got, want)
		} else if strings.Count(got, "\n- ")+strings.Count(got, ": - ") > 1 {
			t.Logf("%s is refused for more than one reason: %s", more, got)
		}
	}
}

// A value that a test of this package never sets could be wrong unseen.
func TestEachValueIsTried(t *testing.T) {
	var all []string
	for _, text := range installations {
		var walk func(path string, v map[string]any)
		walk = func(path string, v map[string]any) {
			for key, inner := range v {
				at := strings.TrimPrefix(path+"."+key, ".")
				all = append(all, at)
				walk(at, asMap(inner))
			}
		}
		walk("", values(t, text))
	}
	for _, v := range documented(t) {
		standard := []string{ // tried by themselves
			"observer.namespace", "observer.expose.gateways", "observer.resources", "bot.expose.gateways", "bot.resources", "bot.persistence.enabled",
			"bot.persistence.storageClass", "networkPolicies.enabled", "networkPolicies.controlPlanePorts", "networkPolicies.dns.namespace",
			"networkPolicies.dns.podLabels", "networkPolicies.dns.ports", "observer.enabled", "bot.enabled",
		}
		if !slices.Contains(all, v.path) && !slices.Contains(standard, v.path) {
			t.Errorf("no installation of this package sets %s", v.path)
		}
	}
}
