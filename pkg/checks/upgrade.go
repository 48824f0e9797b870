package checks

import (
	"slices"
	"strings"
)

// ControlPlane is one istiod and its replicas: {"default", "1.28.3"} is the built-in one, {"1-29-0", "1.29.0"} a revision.
type ControlPlane struct {
	Revision string `json:"revision"`
	Version  string `json:"version"`
}

func (c ControlPlane) String() string {
	if c.Version == "" {
		return c.Revision
	}
	return c.Revision + " (" + c.Version + ")"
}

// Upgrade names what the gates of one upgrade of one environment are about.
type Upgrade struct {
	Environment string
	ID          string // "<environment>/<to-release>"
	Flux        FluxNames
	Old         ControlPlane // what the environment runs before
	Canary      ControlPlane
	Home        ControlPlane // {"default", the new version}: where everything ends
	// CanaryReplicas is how many ready replicas the canary needs; less than 1 means 1.
	CanaryReplicas int
	// Kubernetes is the range that both releases support; the zero range is not checked.
	Kubernetes KubernetesRange
}

// KubernetesRange is an inclusive range of Kubernetes minors: {"1.31", "1.34"}. An empty Max is open.
type KubernetesRange struct{ Min, Max string }

func (k KubernetesRange) String() string {
	if k.Max == "" {
		return k.Min + " or later"
	}
	return "between " + k.Min + " and " + k.Max
}

// FluxNames finds the umbrella's chain in the cluster. Empty names mean that Flux is not looked at through that object.
type FluxNames struct {
	Kustomization string
	GitRepository string
	Namespace     string // of all three
	HelmRelease   string // the umbrella: "bigbang"
}

// Scope is the part of the cluster that a phase moves.
type Scope struct {
	Name       string   // "wave-1", "public gateway"
	Namespaces []string // empty = every namespace but AllBut
	AllBut     []string
	// Workloads are known from the render and must exist. Empty = whatever is found.
	Workloads []WorkloadRef
	// Only limits the scope to Workloads: what else runs in the namespaces moves in another phase.
	Only bool

	left []WorkloadRef // what somebody signed off; the scope is asked about without it
}

// WorkloadRef names a workload: {"istio-gateway", "Deployment", "public-ingressgateway"}.
type WorkloadRef struct{ Namespace, Kind, Name string }

func (r WorkloadRef) String() string { return r.Kind + " " + r.Namespace + "/" + r.Name }

// everything is the whole cluster.
func everything() Scope { return Scope{Name: "the cluster"} }

func (s Scope) namespace(name string) bool {
	if len(s.Namespaces) > 0 && !slices.Contains(s.Namespaces, name) {
		return false
	}
	return !slices.Contains(s.AllBut, name)
}

// holds reports whether a thing with this root owner belongs to the scope.
func (s Scope) holds(root WorkloadRef) bool {
	if !s.namespace(root.Namespace) {
		return false
	}
	return !s.Only || slices.Contains(s.Workloads, root)
}

func (s Scope) String() string {
	switch {
	case s.Name != "" && len(s.Namespaces) > 0 && !s.Only:
		return s.Name + " (" + strings.Join(s.Namespaces, ", ") + ")"
	case s.Name != "":
		return s.Name
	case len(s.Namespaces) > 0:
		return strings.Join(s.Namespaces, ", ")
	}
	return "the cluster"
}

// Effects is what a phase's render changes and a live cluster must therefore show.
type Effects struct {
	UmbrellaChanges bool // the merge changes what HelmRelease/bigbang renders, so it must have been deployed since
	Namespaces      []NamespaceEffect
	Sources         []SourceEffect
	Annotations     []AnnotationEffect
	// QuietTime asks for the longest interval of the nested HelmReleases to pass after the umbrella: a change that reaches a package through its
	// values Secret alone is not picked up before (and nothing else shows that it is pending).
	QuietTime bool
}

// NamespaceEffect is what a namespace's labels must be.
type NamespaceEffect struct {
	Name   string
	Want   map[string]string
	Absent []string // labels that must not be there
}

// SourceEffect is the reference that a source must have: the tag of a GitRepository, the chart version of a HelmRelease.
// An empty Ref means that the object must be gone.
type SourceEffect struct{ Kind, Namespace, Name, Ref string }

// AnnotationEffect is an annotation on a workload's pod template; Value "" means absent.
type AnnotationEffect struct{ Namespace, Kind, Name, Key, Value string }
