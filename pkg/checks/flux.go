package checks

import "time"

// Flux is the chain from the repository to the packages, in all namespaces.
type Flux struct {
	GitRepositories  []Source        `json:"gitRepositories,omitempty"`
	HelmRepositories []Source        `json:"helmRepositories,omitempty"`
	OCIRepositories  []Source        `json:"ociRepositories,omitempty"`
	Kustomizations   []Kustomization `json:"kustomizations,omitempty"`
	HelmCharts       []HelmChart     `json:"helmCharts,omitempty"`
	HelmReleases     []HelmRelease   `json:"helmReleases,omitempty"`
}

// Condition is a status condition of a Flux object. A condition that is absent has Status "".
type Condition struct {
	Status  string    `json:"status"` // True, False, Unknown
	Reason  string    `json:"reason,omitempty"`
	Message string    `json:"message,omitempty"`
	Since   time.Time `json:"since,omitzero"`
}

// FluxObject is what all Flux objects have.
type FluxObject struct {
	Namespace          string `json:"namespace"`
	Name               string `json:"name"`
	Generation         int64  `json:"generation,omitempty"`
	ObservedGeneration int64  `json:"observedGeneration,omitempty"`
	Suspended          bool   `json:"suspended,omitempty"`
	// Release is the HelmRelease that made it (labels helm.toolkit.fluxcd.io/{name,namespace}), Kustomization the Kustomization
	// (kustomize.toolkit.fluxcd.io/{name,namespace}).
	Release       NamespacedName `json:"release,omitzero"`
	Kustomization NamespacedName `json:"kustomization,omitzero"`
	Ready         Condition      `json:"ready,omitzero"`
}

// Source is a GitRepository, HelmRepository or OCIRepository.
type Source struct {
	FluxObject
	URL      string        `json:"url,omitempty"`
	Ref      string        `json:"ref,omitempty"`      // spec.ref's winning value: the tag, branch, semver or commit
	RefKind  string        `json:"refKind,omitempty"`  // tag, branch, semver, commit, name, digest
	Artifact string        `json:"artifact,omitempty"` // status.artifact.revision: "main@sha1:<40 hex>"
	Interval time.Duration `json:"interval,omitempty"` // nanoseconds
}

// Kustomization is a Flux Kustomization.
type Kustomization struct {
	FluxObject
	Path                  string         `json:"path,omitempty"`
	SourceKind            string         `json:"sourceKind,omitempty"` // of spec.sourceRef
	Source                NamespacedName `json:"source,omitzero"`      // of spec.sourceRef, its namespace filled in
	Prune                 bool           `json:"prune"`
	LastAppliedRevision   string         `json:"lastAppliedRevision,omitempty"`
	LastAttemptedRevision string         `json:"lastAttemptedRevision,omitempty"`
	Interval              time.Duration  `json:"interval,omitempty"`
}

// HelmChart is what source-controller packs for a HelmRelease.
type HelmChart struct {
	FluxObject
	SourceKind                     string `json:"sourceKind,omitempty"`
	SourceName                     string `json:"sourceName,omitempty"` // in the chart's namespace
	ObservedSourceArtifactRevision string `json:"observedSourceArtifactRevision,omitempty"`
	Artifact                       string `json:"artifact,omitempty"` // status.artifact.revision: "1.28.3-bb.0"
}

// HelmRelease with every field that tells a settled release from one that only says so.
type HelmRelease struct {
	FluxObject
	Interval                  time.Duration  `json:"interval,omitempty"`
	ChartVersion              string         `json:"chartVersion,omitempty"` // spec.chart.spec.version
	Chart                     NamespacedName `json:"chart,omitzero"`         // status.helmChart; zero where spec.chartRef is used
	ChartRefKind              string         `json:"chartRefKind,omitempty"` // spec.chartRef
	ChartRef                  NamespacedName `json:"chartRef,omitzero"`      // spec.chartRef
	LastAttemptedGeneration   int64          `json:"lastAttemptedGeneration,omitempty"`
	LastAttemptedRevision     string         `json:"lastAttemptedRevision,omitempty"`
	LastAttemptedConfigDigest string         `json:"lastAttemptedConfigDigest,omitempty"`
	Failures                  int64          `json:"failures,omitempty"`
	UpgradeFailures           int64          `json:"upgradeFailures,omitempty"`
	InstallFailures           int64          `json:"installFailures,omitempty"`
	History                   []Snapshot     `json:"history,omitempty"` // newest first
	Reconciling               bool           `json:"reconciling,omitempty"`
	Drifted                   Condition      `json:"drifted,omitzero"`
	Remediated                Condition      `json:"remediated,omitzero"`
}

// Snapshot is one entry of a HelmRelease's status.history.
type Snapshot struct {
	Version      int       `json:"version"` // of the Helm release; grows with every upgrade
	Status       string    `json:"status"`  // deployed, superseded, failed …
	ChartVersion string    `json:"chartVersion"`
	ConfigDigest string    `json:"configDigest,omitempty"`
	LastDeployed time.Time `json:"lastDeployed"`
}
