package checks

import (
	"encoding/json"
	"strings"
)

// Evidence says which control plane injected a pod, and how that is known.
type Evidence struct {
	Revision string // "" = not known, which counts as in use and as old
	By       string // "annotation istio.io/rev", "sidecar.istio.io/status", "discoveryAddress", "CA_ADDR", "label istio.io/rev"
}

// Known reports whether the pod says which control plane injected it.
func (e Evidence) Known() bool { return e.Revision != "" }

func (e Evidence) String() string {
	if !e.Known() {
		return "?"
	}
	return e.Revision
}

// InMesh reports whether a pod runs a proxy that istiod configures: a sidecar (container or, natively, init container), an injected or managed
// gateway, a waypoint, or ztunnel. Labels that merely ask for one do not count, nor does where it runs.
func InMesh(p *Pod) bool {
	if _, injected := p.Annotations[annotStatus]; injected {
		return true
	}
	if _, managed := p.Labels["gateway.istio.io/managed"]; managed {
		return true
	}
	return proxyContainer(p) != nil
}

// proxyContainer finds istio-proxy among containers and init containers, or ztunnel's.
func proxyContainer(p *Pod) *Container {
	for i := range p.Containers {
		c := &p.Containers[i]
		if c.Name == "istio-proxy" || c.Name == "ztunnel" || p.Labels["app"] == "ztunnel" && !c.Init {
			return c
		}
	}
	return nil
}

// RevisionOf tells which control plane a proxy belongs to. Annotation istio.io/rev comes first (1.18 and later), then the revision in
// sidecar.istio.io/status (1.11), then the address of istiod that the proxy was started with, then, only where that status has no revision yet (1.10
// and before), the pod's label. On newer pods that label is somebody's wish and may be a tag, so it proves nothing.
func RevisionOf(p *Pod) Evidence {
	if r := p.Annotations[labelRevision]; r != "" {
		return Evidence{r, "annotation istio.io/rev"}
	}
	status, injected := p.Annotations[annotStatus]
	if injected {
		var s struct{ Revision string }
		// An unreadable status is no evidence; what follows may still be.
		if json.Unmarshal([]byte(status), &s) == nil && s.Revision != "" {
			return Evidence{s.Revision, "sidecar.istio.io/status"}
		}
	}
	if c := proxyContainer(p); c != nil {
		if e := addressEvidence(c.Env); e.Known() {
			return e
		}
	}
	if r := p.Labels[labelRevision]; r != "" && injected {
		return Evidence{r, "label istio.io/rev"}
	}
	return Evidence{}
}

func addressEvidence(env map[string]string) Evidence {
	var config struct{ DiscoveryAddress string }
	if json.Unmarshal([]byte(env["PROXY_CONFIG"]), &config) == nil {
		if r, ok := revisionOfAddress(config.DiscoveryAddress); ok {
			return Evidence{r, "discoveryAddress"}
		}
	}
	for _, name := range []string{"XDS_ADDRESS", "CA_ADDR", "CA_ADDRESS"} {
		if r, ok := revisionOfAddress(env[name]); ok {
			return Evidence{r, name}
		}
	}
	return Evidence{}
}

// revisionOfAddress reads "istiod-1-29-0.istio-system.svc:15012". An address of something else, such as istio-csr, says nothing.
func revisionOfAddress(address string) (string, bool) {
	address = strings.TrimPrefix(address, "https://")
	host, _, _ := strings.Cut(address, ":")
	service, _, _ := strings.Cut(host, ".")
	return revisionOfService(service)
}
