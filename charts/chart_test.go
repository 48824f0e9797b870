package charts_test

import (
	"encoding/json"
	"flag"
	"io/fs"
	"os"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/linnet-bot/linnet/pkg/gitops/render"
)

var update = flag.Bool("update", false, "rewrite the parts of the chart's README.md and values.schema.json that are made from others")

// The values of an installation, from the least that works to everything at once.
const (
	gitlab = `
image: {repository: registry.example.com/linnet/linnet}
observer: {environment: dev}
bot:
  secretNames: [linnet-credentials]
  config:
    forge: {kind: gitlab, url: https://gitlab.example.com, project: platform/gitops, tokenFile: token}
    webhooks: {signingTokenFile: webhook-signing-token}
    environments: [{path: dev}]
    stateKeyFile: state-key
`
	observerAlone = `
image: {repository: registry.example.com/linnet/linnet}
observer: {allow: [linnet/linnet-bot, gitlab-runner/check]}
bot: {enabled: false}
`
	botAlone = `
image: {repository: registry.example.com/linnet/linnet}
observer: {enabled: false}
bot:
  secretNames: [linnet-credentials]
  config:
    forge: {kind: github, project: acme/gitops, app: {id: 12345678, privateKeyFile: github-app.pem}}
    environments:
      - {path: clusters/dev, cluster: {observer: {url: "https://observer.dev.example.com", tokenFile: dev-token, caFile: ca.pem}}}
`
	everything = `
image: {repository: registry.example.com/linnet/linnet, tag: v1.2.3_x, digest: "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", pullPolicy: Always}
imagePullSecrets: [private-registry]
observer:
  environment: dev
  allow: [gitlab-runner/check]
  audience: observer.dev
  tls: {secretName: linnet-observer-tls, ca: "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"}
  expose: {host: observer.dev.example.com}
  nodeSelector: {kubernetes.io/os: linux}
  tolerations: [{key: infra, operator: Exists}]
  priorityClassName: high
bot:
  secretNames: [linnet-credentials, linnet-ca]
  config:
    releases: {url: https://git.example.com/bigbang.git, caFile: ca.pem}
    packages: {folder: /srv/charts}
    forge: {kind: github, url: https://github.example.com, project: acme/gitops, app: {id: 12345678, privateKeyFile: github-app.pem}, caFile: ca.pem}
    webhooks: {secretFile: webhook-secret}
    store: {path: /var/lib/linnet/other.db, retention: 24h}
    environments:
      - {path: dev/, cluster: {kubernetesVersion: "1.34.1"}, waves: [{name: rest, rest: true}]}
      - {path: prod, cluster: {observer: {url: "https://observer.prod.example.com", tokenFile: prod-token}}, after: {environment: dev/, age: 72h}}
    stateKeyFile: state-key
  expose: {host: linnet.example.com}
  persistence: {existingClaim: linnet, size: 10Gi}
  extraVolumes: [{name: charts, persistentVolumeClaim: {claimName: charts}}]
  extraVolumeMounts: [{name: charts, mountPath: /srv/charts, readOnly: true}]
  nodeSelector: {kubernetes.io/os: linux}
  tolerations: [{key: infra, operator: Exists}]
  priorityClassName: high
istio: {enabled: true}
networkPolicies:
  controlPlaneCidr: 10.0.0.1/32
  forge: {cidrs: [203.0.113.0/24, 198.51.100.7/32], ports: [443, 8443]}
  botEgress: [{to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: gitlab}}}], ports: [{port: 8181, protocol: TCP}]}]
  webhooksFrom: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ingress}}}]
  observerFrom: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: gitlab-runner}}}]
`
)

var installations = map[string]string{"gitlab": gitlab, "observer alone": observerAlone, "bot alone": botAlone, "everything": everything}

// namespace is where releases are installed here.
const namespace = "linnet"

func chart(t testing.TB) *render.Chart {
	t.Helper()
	files := map[string][]byte{}
	root := os.DirFS("linnet")
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		files[name], err = fs.ReadFile(root, name)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	c, err := render.LoadChart(files)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func values(t testing.TB, text string) map[string]any {
	t.Helper()
	var v map[string]any
	if err := yaml.UnmarshalStrict([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// tryRender installs the chart on top of its defaults.
func tryRender(t testing.TB, text string) (render.Manifest, error) {
	t.Helper()
	return chart(t).Render(values(t, text), render.HelmOptions{ReleaseName: "linnet", Namespace: namespace, KubeVersion: "1.34.0"})
}

func mustRender(t testing.TB, text string) render.Manifest {
	t.Helper()
	m, err := tryRender(t, text)
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Duplicates) > 0 {
		t.Errorf("these are there twice: %v", m.Duplicates)
	}
	return m
}

// of gives the objects of a kind as what the API has for them. A field that it does not have fails the test.
func of[T any](t testing.TB, m render.Manifest, kind string) []T {
	t.Helper()
	var all []T
	for _, o := range m.Objects {
		if o.Kind() != kind {
			continue
		}
		text, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		var typed T
		decoder := json.NewDecoder(strings.NewReader(string(text)))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&typed); err != nil {
			t.Fatalf("%s %s is not what the API has: %v", kind, o.Name(), err)
		}
		all = append(all, typed)
	}
	return all
}

// The kinds and names of an installation, so that nothing comes or goes unseen.
func TestWhatAnInstallationIs(t *testing.T) {
	observer := []string{
		"ClusterRole linnet-observer", "ClusterRoleBinding linnet-observer", "Deployment istio-system/linnet-observer", "NetworkPolicy istio-system/linnet-observer",
		"Service istio-system/linnet-observer", "ServiceAccount istio-system/linnet-observer",
	}
	bot := []string{"ConfigMap linnet/linnet-bot", "Deployment linnet/linnet-bot", "NetworkPolicy linnet/linnet-bot", "ServiceAccount linnet/linnet-bot"}
	for name, want := range map[string][]string{
		"gitlab":         append(append([]string{"Service linnet/linnet-bot", "PersistentVolumeClaim linnet/linnet-bot"}, observer...), bot...),
		"observer alone": observer,
		"bot alone":      append([]string{"PersistentVolumeClaim linnet/linnet-bot"}, bot...),
		"everything": append(append([]string{
			"Service linnet/linnet-bot", "VirtualService linnet/linnet-bot", "AuthorizationPolicy linnet/linnet-bot", "VirtualService istio-system/linnet-observer",
		}, observer...), bot...),
	} {
		t.Run(name, func(t *testing.T) {
			missing := map[string]bool{}
			for _, id := range want {
				missing[id] = true
			}
			for _, o := range mustRender(t, installations[name]).Objects {
				id := o.ID().String()
				if !missing[id] {
					t.Errorf("%s is there, but nobody wants it", id)
				}
				delete(missing, id)
			}
			for id := range missing {
				t.Errorf("%s is not there", id)
			}
		})
	}
}

// Chart and program are released together, and the image is tagged as the program.
func TestChartIsOfOneRelease(t *testing.T) {
	text, err := os.ReadFile("linnet/Chart.yaml")
	if err != nil {
		t.Fatal(err)
	}
	about := values(t, string(text))
	if version, _ := about["version"].(string); version == "" || about["appVersion"] != "v"+version {
		t.Errorf("the chart %v is of the program %v", about["version"], about["appVersion"])
	}
}

// Labels that Big Bang's policies and people look for, on objects and on pods; and names that hold together whatever the release is called.
func TestLabelsAndNames(t *testing.T) {
	for name, text := range installations {
		for _, release := range []string{"linnet", "prod", "team-linnet-of-a-very-long-name-that-goes-on-up-to-53-x"} {
			m, err := chart(t).Render(values(t, text), render.HelmOptions{ReleaseName: release, Namespace: namespace, KubeVersion: "1.34.0"})
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range m.Objects {
				for _, labels := range []map[string]any{asMap(o.Get("metadata", "labels")), asMap(o.Get("spec", "template", "metadata", "labels"))} {
					if labels == nil {
						continue // no pod template
					}
					for _, key := range []string{"name", "instance", "version", "component", "part-of", "managed-by"} {
						if s, _ := labels["app.kubernetes.io/"+key].(string); s == "" || len(s) > 63 {
							t.Errorf("%s, release %s: %s has the label app.kubernetes.io/%s %q", name, release, o.ID(), key, s)
						}
					}
				}
				if len(o.Name()) > 63 || !strings.Contains(o.Name(), "linnet") {
					t.Errorf("%s, release %s: %s is no good name", name, release, o.ID())
				}
			}
		}
	}
}

func asMap(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
}
