package checks

import "time"

// Istiod is one istiod pod, and what it said when it was asked, itself and not through its Service, who is connected to it.
type Istiod struct {
	Namespace string `json:"namespace"`
	Pod       string `json:"pod"`
	Revision  string `json:"revision"` // its label istio.io/rev; "default" where it is unrevisioned
	Version   string `json:"version"`  // "1.28.3"
	Phase     string `json:"phase"`
	Ready     bool   `json:"ready"`
	Deleting  bool   `json:"deleting,omitempty"`

	Answered bool      `json:"answered"`
	Error    string    `json:"error,omitempty"`    // why it did not answer
	Filtered string    `json:"filtered,omitempty"` // why its answer may hide proxies, as the visibility probe said; "" = no suspicion
	AskedAt  time.Time `json:"askedAt,omitzero"`   // zero = when the observation was taken
	Way      string    `json:"way,omitempty"`      // how it was asked: "by a port-forward"; "" = at the pod's own address

	Connections []Connection `json:"connections,omitempty"`
}

// Connection is one proxy as one istiod sees it.
type Connection struct {
	Proxy   string    `json:"proxy"`             // "<pod>.<namespace>"
	Cluster string    `json:"cluster,omitempty"` // cluster id of the proxy; "" = the observed one
	Version string    `json:"version"`           // its ISTIO_VERSION
	State   SyncState `json:"state"`             // the worst of its types
	Detail  string    `json:"detail,omitempty"`  // e.g. what it rejected
	// Types are those that it is told of, with the state of each that is not SYNCED: "CDS LDS EDS RDS=STALE". One short string, since there are as many as
	// proxies. "" = not known.
	Types string `json:"types,omitempty"`
	// Since is when it came to be in State without a break, as far as the observer knows; zero = not known, which counts as long ago.
	Since time.Time `json:"since,omitzero"`
}

// SyncState says how far a proxy has taken over what istiod sent.
type SyncState string

// The states, as istiod names them.
const (
	Synced  SyncState = "SYNCED"
	Stale   SyncState = "STALE"
	NotSent SyncState = "NOT_SENT"
	Errored SyncState = "ERROR"
)

// IstiodDeployment says how many istiod pods there ought to be.
type IstiodDeployment struct {
	Namespace      string `json:"namespace"`
	Name           string `json:"name"`
	Revision       string `json:"revision"`
	Replicas       int    `json:"replicas"`       // spec.replicas
	StatusReplicas int    `json:"statusReplicas"` // status.replicas: terminating pods are not counted
	ReadyReplicas  int    `json:"readyReplicas"`
}
