package render

import (
	"slices"

	"helm.sh/helm/v3/pkg/chartutil"
)

// ServedAPIs are the API versions beyond Kubernetes' own that templates are told the cluster serves (.Capabilities.APIVersions.Has). They are what the
// packages of a Big Bang install bring as CRDs; the umbrella's and the packages' templates ask for some of them before they write monitors, policies or
// routes. Both forms that templates use are listed: the group version, and the group version with a kind where templates ask for one.
var ServedAPIs = []string{
	"cert-manager.io/v1",
	"external-secrets.io/v1",
	"external-secrets.io/v1beta1",
	"gateway.networking.k8s.io/v1",
	"gateway.networking.k8s.io/v1beta1",
	"helm.toolkit.fluxcd.io/v2",
	"kustomize.toolkit.fluxcd.io/v1",
	"kyverno.io/v1",
	"kyverno.io/v2",
	"monitoring.coreos.com/v1",
	"monitoring.coreos.com/v1/PodMonitor",
	"monitoring.coreos.com/v1/PrometheusRule",
	"monitoring.coreos.com/v1/ServiceMonitor",
	"monitoring.coreos.com/v1alpha1",
	"networking.istio.io/v1",
	"networking.istio.io/v1/VirtualService",
	"networking.istio.io/v1alpha3",
	"networking.istio.io/v1beta1",
	"notification.toolkit.fluxcd.io/v1beta3",
	"security.istio.io/v1",
	"security.istio.io/v1/AuthorizationPolicy",
	"security.istio.io/v1/PeerAuthentication",
	"security.istio.io/v1beta1",
	"source.toolkit.fluxcd.io/v1",
	"telemetry.istio.io/v1",
	"telemetry.istio.io/v1alpha1",
}

func capabilities(o HelmOptions) (*chartutil.Capabilities, error) {
	caps := chartutil.DefaultCapabilities.Copy()
	if o.KubeVersion != "" {
		version, err := chartutil.ParseKubeVersion(o.KubeVersion)
		if err != nil {
			return nil, err
		}
		caps.KubeVersion = *version
	}
	served := slices.Concat([]string(chartutil.DefaultVersionSet), ServedAPIs, o.APIVersions)
	slices.Sort(served)
	caps.APIVersions = slices.Compact(served)
	return caps, nil
}
