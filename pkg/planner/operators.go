package planner

import "fmt"

// operatorKind is a custom resource whose operator owns the pods: the restart annotation goes on the resource, and the operator rolls them.
// Only kinds whose path is sure are listed; what no entry reaches is named as a straggler before the merge request opens.
type operatorKind struct {
	group, version, kind string
	body                 string // YAML below the object's metadata; %s is the annotation line
}

func (k operatorKind) patch(revision string) string {
	return fmt.Sprintf("apiVersion: %s/%s\nkind: %s\nmetadata:\n  name: any\n", k.group, k.version, k.kind) +
		fmt.Sprintf(k.body, fmt.Sprintf("%s: %q", RestartAnnotation, revision))
}

const podMetadata = `spec:
  podMetadata:
    annotations:
      %s
`

const podTemplate = `spec:
  podTemplate:
    metadata:
      annotations:
        %s
`

var prometheusOperator = []operatorKind{
	{group: "monitoring.coreos.com", version: "v1", kind: "Prometheus", body: podMetadata},
	{group: "monitoring.coreos.com", version: "v1", kind: "Alertmanager", body: podMetadata},
	{group: "monitoring.coreos.com", version: "v1", kind: "ThanosRuler", body: podMetadata},
}

// operatorsOf maps a HelmRelease of Big Bang to the operator kinds that its chart may hold. A target that matches nothing is ignored by
// Flux, so a kind that a chart does not render costs nothing.
var operatorsOf = map[string][]operatorKind{
	"monitoring": prometheusOperator,
	"thanos":     prometheusOperator[2:],
	"ek": {
		{group: "kibana.k8s.elastic.co", version: "v1", kind: "Kibana", body: podTemplate},
	},
	"kiali": {
		{group: "kiali.io", version: "v1alpha1", kind: "Kiali", body: "spec:\n  deployment:\n    pod_annotations:\n      %s\n"},
	},
	"mattermost": {
		{group: "installation.mattermost.com", version: "v1beta1", kind: "Mattermost", body: "spec:\n  podTemplate:\n    extraAnnotations:\n      %s\n"},
	},
}

func operatorKinds(r helmRelease) []operatorKind { return operatorsOf[r.id.Name] }
