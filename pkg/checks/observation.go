package checks

import "time"

// Observation is what was seen of one cluster at one moment. It is immutable: whoever made it must not change it, or anything it refers to, after
// handing it over. It goes through JSON unchanged, so that it can be taken in one place and judged in another.
//
// A missing list and an empty one mean the same, so an observer that was not allowed to look must say so in MissingRights.
type Observation struct {
	At            time.Time `json:"at"`
	Cluster       string    `json:"cluster,omitempty"` // the mesh's cluster id, "Kubernetes" where none was set
	ServerVersion string    `json:"serverVersion,omitempty"`
	Nodes         []Node    `json:"nodes,omitempty"`

	Namespaces []Namespace `json:"namespaces,omitempty"`
	Pods       []Pod       `json:"pods,omitempty"`      // all of them, in the mesh or not, in any phase
	Workloads  []Workload  `json:"workloads,omitempty"` // Deployments, StatefulSets, DaemonSets, unfinished Jobs, and custom resources whose operators own pods
	CronJobs   []CronJob   `json:"cronJobs,omitempty"`
	Services   []Service   `json:"services,omitempty"` // at least istiod's and the gateways'

	Istiods           []Istiod           `json:"istiods,omitempty"`           // every istiod pod of every revision, ready or not, terminating too
	IstiodDeployments []IstiodDeployment `json:"istiodDeployments,omitempty"` // every istiod Deployment of every revision

	Mutating         []WebhookConfiguration `json:"mutating,omitempty"`   // injectors and revision tags; others do no harm
	Validating       []WebhookConfiguration `json:"validating,omitempty"` // Istio's validators
	CRDs             []CRD                  `json:"crds,omitempty"`       // of the groups *.istio.io
	RootCertificates []RootCertificate      `json:"rootCertificates,omitempty"`

	// Departed are pods of the mesh that were there and are gone, the last at the end. How far back they go is for the observer to choose, and Watched tells it.
	Departed []DepartedPod `json:"departed,omitempty"`
	Watched  Watched       `json:"watched,omitzero"`

	Flux Flux `json:"flux,omitzero"`

	// SignedOff are connections that are no pods of this cluster and that a person has explained (virtual machines, other clusters).
	SignedOff []SignedOff `json:"signedOff,omitempty"`
	// MissingRights are the looks that the API refused: "list pods: forbidden". Any makes visibility unknown.
	MissingRights []string `json:"missingRights,omitempty"`
}

// Node is one node with its kubelet's version, "v1.33.2".
type Node struct {
	Name           string `json:"name"`
	KubeletVersion string `json:"kubeletVersion"`
}

// Namespace with its live labels.
type Namespace struct {
	Name     string            `json:"name"`
	Labels   map[string]string `json:"labels,omitempty"`
	Deleting bool              `json:"deleting,omitempty"`
}

// Owner is one step of the chain of controllers above an object.
type Owner struct {
	APIVersion string `json:"apiVersion,omitempty"`
	Kind       string `json:"kind"`
	Name       string `json:"name"`
}

// Pod with every evidence of the revision that injected it (see RevisionOf).
type Pod struct {
	Namespace string            `json:"namespace"`
	Name      string            `json:"name"`
	Labels    map[string]string `json:"labels,omitempty"`
	// Annotations need hold only those of the mesh: istio.io/rev, sidecar.istio.io/status, sidecar.istio.io/inject, ambient.istio.io/redirection.
	Annotations map[string]string `json:"annotations,omitempty"`
	Containers  []Container       `json:"containers,omitempty"`
	HostNetwork bool              `json:"hostNetwork,omitempty"`
	Node        string            `json:"node,omitempty"`
	Phase       string            `json:"phase"` // Pending, Running, Succeeded, Failed, Unknown
	Ready       bool              `json:"ready,omitempty"`
	Deleting    bool              `json:"deleting,omitempty"`
	Created     time.Time         `json:"created"`
	Owners      []Owner           `json:"owners,omitempty"` // from the direct controller up to the root, e.g. ReplicaSet, Deployment
}

// Container of a pod.
type Container struct {
	Name        string    `json:"name"`
	Image       string    `json:"image,omitempty"`
	Init        bool      `json:"init,omitempty"` // native sidecars are init containers
	Waiting     string    `json:"waiting,omitempty"`
	Restarts    int       `json:"restarts,omitempty"`
	LastRestart time.Time `json:"lastRestart,omitzero"`
	// Env need hold only CA_ADDR and PROXY_CONFIG of istio-proxy, and CA_ADDRESS and XDS_ADDRESS of ztunnel.
	Env map[string]string `json:"env,omitempty"`
}

// Workload is what makes pods: its template, and how far its rollout is.
type Workload struct {
	APIVersion          string            `json:"apiVersion,omitempty"`
	Kind                string            `json:"kind"`
	Namespace           string            `json:"namespace"`
	Name                string            `json:"name"`
	Owners              []Owner           `json:"owners,omitempty"`     // controllers above it, up to the root: a Prometheus above a StatefulSet
	HelmRelease         NamespacedName    `json:"helmRelease,omitzero"` // from the labels helm.toolkit.fluxcd.io/{name,namespace}
	TemplateLabels      map[string]string `json:"templateLabels,omitempty"`
	TemplateAnnotations map[string]string `json:"templateAnnotations,omitempty"` // of the pod template; for custom resources, of what becomes it
	HostNetwork         bool              `json:"hostNetwork,omitempty"`
	Created             time.Time         `json:"created,omitzero"`

	Generation         int64 `json:"generation,omitempty"`
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	Replicas           int   `json:"replicas"`        // wanted; for a DaemonSet desiredNumberScheduled
	CurrentReplicas    int   `json:"currentReplicas"` // status.replicas: all that exist, of the old template too; for a DaemonSet currentNumberScheduled
	UpdatedReplicas    int   `json:"updatedReplicas"` // of the newest template
	ReadyReplicas      int   `json:"readyReplicas"`
	AvailableReplicas  int   `json:"availableReplicas"`

	Strategy        string    `json:"strategy,omitempty"` // RollingUpdate, Recreate, OnDelete
	Paused          bool      `json:"paused,omitempty"`
	Partition       int       `json:"partition,omitempty"`       // StatefulSets: pods below this ordinal are not rolled
	CurrentRevision string    `json:"currentRevision,omitempty"` // StatefulSets
	UpdateRevision  string    `json:"updateRevision,omitempty"`  // StatefulSets
	Stuck           string    `json:"stuck,omitempty"`           // message of Progressing=False, "" while it progresses
	BlockedBy       string    `json:"blockedBy,omitempty"`       // name of a PodDisruptionBudget over its pods that allows no disruption
	Since           time.Time `json:"since,omitzero"`            // when the rollout last made progress
}

// NamespacedName names an object of a known kind.
type NamespacedName struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
}

func (n NamespacedName) String() string { return n.Namespace + "/" + n.Name }

// CronJob with the labels of the pods it will start.
type CronJob struct {
	Namespace           string            `json:"namespace"`
	Name                string            `json:"name"`
	Suspended           bool              `json:"suspended,omitempty"`
	Schedule            string            `json:"schedule,omitempty"`
	LastSchedule        time.Time         `json:"lastSchedule,omitzero"`
	TemplateLabels      map[string]string `json:"templateLabels,omitempty"`
	TemplateAnnotations map[string]string `json:"templateAnnotations,omitempty"`
	HostNetwork         bool              `json:"hostNetwork,omitempty"`
	Owners              []Owner           `json:"owners,omitempty"`
}

// Service with the pods behind it.
type Service struct {
	Namespace string   `json:"namespace"`
	Name      string   `json:"name"`
	Ready     []string `json:"ready,omitempty"`    // names of pods whose endpoints are ready
	NotReady  []string `json:"notReady,omitempty"` // and of those that are not
}

// CRD is one CustomResourceDefinition.
type CRD struct {
	Name        string   `json:"name"` // "virtualservices.networking.istio.io"
	Established bool     `json:"established"`
	Served      []string `json:"served,omitempty"`
	Stored      []string `json:"stored,omitempty"` // status.storedVersions
}

// RootCertificate is the fingerprint of a root that somebody trusts or signs with.
type RootCertificate struct {
	// Source is "configmap" (istio-ca-root-cert of Namespace), "istiod" (the chain that the istiod pod Name serves) or "webhook" (the CA bundle of
	// the configuration Name).
	Source      string `json:"source"`
	Namespace   string `json:"namespace,omitempty"`
	Name        string `json:"name,omitempty"`
	Revision    string `json:"revision,omitempty"` // of the istiod or webhook
	Fingerprint string `json:"fingerprint"`        // SHA-256 in hex
}

// SignedOff explains connections that are no pods of this cluster.
type SignedOff struct {
	Proxy   string    `json:"proxy,omitempty"`   // "vm-1.legacy"; "" = any of Cluster
	Cluster string    `json:"cluster,omitempty"` // a cluster id; "" = any
	Reason  string    `json:"reason"`
	Until   time.Time `json:"until,omitzero"` // zero = for good
}
