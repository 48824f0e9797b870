package planner

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/linnet-bot/linnet/pkg/gitops/render"
)

const (
	controlPlaneFile  = "control-plane.yaml"
	kustomizationFile = "kustomization.yaml"
)

// canaryName is the name of the canary's HelmRelease, Helm release and source.
func (b *builder) canaryName() string { return "istiod-" + b.course.Revision }

func (b *builder) canaryKustomization() []byte {
	return []byte(fmt.Sprintf(`# Upgrade %s: the canary control plane.
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
  - %s
`, b.course.Upgrade, controlPlaneFile))
}

// controlPlane writes the source and the HelmRelease of the canary istiod. The values come from the Secret of the built-in istiod, so that
// mesh configuration, pull secrets, tracing and SSO are the same; what makes it a second one stands inline.
func (b *builder) controlPlane() ([]byte, error) {
	builtin := b.before.istiod
	source, ref, err := b.canarySource()
	if err != nil {
		return nil, err
	}
	release := map[string]any{
		"apiVersion": builtin.APIVersion(),
		"kind":       "HelmRelease",
		"metadata":   map[string]any{"name": b.canaryName(), "namespace": builtin.Namespace()},
		"spec":       b.canarySpec(ref),
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "# Upgrade %s: istiod %s at %s, beside the built-in one. No object has the name of one of the built-in release's.\n",
		b.course.Upgrade, b.course.Revision, b.course.To.Istio)
	fmt.Fprintf(&out, "# Its values are those of the built-in istiod (valuesFrom), so both meshes are configured alike; what differs stands under values.\n")
	objects := 0
	for _, object := range []map[string]any{source, release} {
		if object == nil {
			continue
		}
		body, err := yaml.Marshal(object)
		if err != nil {
			return nil, fmt.Errorf("write the canary control plane: %w", err)
		}
		if objects++; objects > 1 {
			out.WriteString("---\n")
		}
		out.Write(body)
	}
	return out.Bytes(), nil
}

// canarySource gives the canary's own source object, nil where it uses an existing HelmRepository, and the reference for chart.spec.
func (b *builder) canarySource() (source, chart map[string]any, err error) {
	builtin := b.before.istiod
	pkg := b.to.Packages["istiod"]
	spec, _ := builtin.Get("spec", "chart", "spec").(map[string]any)
	chart = maps.Clone(spec)
	kind, _ := builtin.Get("spec", "chart", "spec", "sourceRef", "kind").(string)
	if kind == "HelmRepository" {
		chart["version"] = textOr(pkg.HelmTag, pkg.GitTag)
		return nil, chart, nil
	}
	ns := builtin.Namespace()
	sourceSpec := b.policy.Source
	if sourceSpec == nil {
		if b.before.istiodSource == nil {
			return nil, nil, refuse(b.course.Upgrade, "source",
				"the source of istiod's chart is in neither the repository nor the rendered umbrella (offline: true?); give the canary's source as environments[].canarySource in the configuration")
		}
		sourceSpec, _ = b.before.istiodSource.Get("spec").(map[string]any)
	}
	sourceSpec = maps.Clone(sourceSpec)
	sourceSpec["ref"] = map[string]any{"tag": pkg.GitTag}
	apiVersion := "source.toolkit.fluxcd.io/v1"
	if b.before.istiodSource != nil {
		apiVersion = b.before.istiodSource.APIVersion()
	}
	chart["reconcileStrategy"] = "Revision"
	chart["sourceRef"] = map[string]any{"kind": "GitRepository", "name": b.canaryName(), "namespace": ns}
	return map[string]any{
		"apiVersion": apiVersion,
		"kind":       "GitRepository",
		"metadata":   map[string]any{"name": b.canaryName(), "namespace": ns},
		"spec":       sourceSpec,
	}, chart, nil
}

func (b *builder) canarySpec(chart map[string]any) map[string]any {
	builtin := b.before.istiod
	spec := map[string]any{
		"chart":           map[string]any{"spec": chart},
		"releaseName":     b.canaryName(),
		"targetNamespace": b.istioNamespace(),
		"interval":        textOr(builtin.Get("spec", "interval"), "10m"),
		"timeout":         textOr(builtin.Get("spec", "timeout"), "10m"),
		// The canary needs the CRDs and nothing else: an unhealthy built-in istiod must not keep it from being installed.
		"dependsOn": []any{map[string]any{"name": "istio-crds", "namespace": builtin.Namespace()}},
		// A collision must fail loudly instead of stealing the mesh's mTLS policy and deleting it on rollback.
		"install": map[string]any{"disableTakeOwnership": true, "remediation": map[string]any{"retries": int64(-1)}},
		"upgrade": map[string]any{"disableTakeOwnership": true, "remediation": map[string]any{"retries": int64(3), "remediateLastFailure": true}, "cleanupOnFail": true},
		// istiod itself turns the validator's failurePolicy to Fail once it answers; that is not drift.
		"driftDetection": map[string]any{"mode": "warn", "ignore": []any{map[string]any{
			"paths":  []any{"/webhooks/0/failurePolicy"},
			"target": map[string]any{"kind": "ValidatingWebhookConfiguration", "name": "istio-validator-" + b.course.Revision + "-" + b.istioNamespace()},
		}}},
		"values": b.canaryValues(),
	}
	if from := builtin.Get("spec", "valuesFrom"); from != nil {
		spec["valuesFrom"] = from
	}
	renderers, _ := builtin.Get("spec", "postRenderers").([]any)
	spec["postRenderers"] = append(slices.Clone(renderers), deleteSharedGroups())
	return spec
}

// canaryValues are the inline values that make a second istiod: its own revision, and none of the objects that stand in the cluster once. That the
// package's schema takes them is seen when the canary is rendered.
func (b *builder) canaryValues() map[string]any {
	upstream := map[string]any{"revision": b.course.Revision}
	if n := b.course.Replicas; n > 1 {
		upstream["autoscaleMin"] = int64(n)
		upstream["replicaCount"] = int64(n)
	}
	values := map[string]any{"upstream": upstream}
	for _, key := range []string{"networkPolicies", "monitoring", "defaultSecurityHeaders"} {
		values[key] = map[string]any{"enabled": false}
	}
	return values
}

// deleteSharedGroups drops what the package renders under fixed names and without a switch: the mesh-wide policies stay the built-in
// release's own.
func deleteSharedGroups() map[string]any {
	var patches []any
	for _, group := range []string{"security.istio.io", "networking.istio.io"} {
		patches = append(patches, map[string]any{
			"target": map[string]any{"group": group},
			"patch":  "$patch: delete\napiVersion: " + group + "/v1\nkind: any\nmetadata:\n  name: any\n",
		})
	}
	return map[string]any{"kustomize": map[string]any{"patches": patches}}
}

func (b *builder) istioNamespace() string {
	if ns, ok := b.before.istiod.Get("spec", "targetNamespace").(string); ok && ns != "" {
		return ns
	}
	return b.before.istiod.Namespace()
}

func textOr(v any, otherwise string) string {
	if s, ok := v.(string); ok && s != "" {
		return s
	}
	return otherwise
}

// revisionName makes a revision of an Istio version: "1.29.0" → "1-29-0". Dots are not allowed in revisions, and a bare 1.30 would be a number.
func revisionName(istio string) string {
	return strings.ToLower(strings.NewReplacer(".", "-", "_", "-", "+", "-").Replace(istio))
}

// nested finds a HelmRelease's object among rendered ones.
func nested(objs render.Objects, name string) render.Object {
	o, _ := objs.Find("HelmRelease", "", name)
	return o
}
