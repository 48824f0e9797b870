package proxies

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/linnet-bot/linnet/pkg/checks"
)

// Proxy is one of them.
type Proxy struct {
	Namespace string `json:"namespace"`
	Pod       string `json:"pod"`               // "" of one that is no pod of this cluster
	Name      string `json:"name"`              // as istiods call it, without its namespace
	Owner     Owner  `json:"owner,omitzero"`    // at the root
	Cluster   string `json:"cluster,omitempty"` // of one that is no pod of this one

	Revision  string `json:"revision"`            // "?" = not known, which counts as old
	By        string `json:"by,omitempty"`        // what says so
	Version   string `json:"version,omitempty"`   // of Istio
	FromImage bool   `json:"fromImage,omitempty"` // the version is its image's, since no istiod tells it

	Istiods []Connected `json:"istiods,omitempty"` // that tell of it
	State   State       `json:"state"`
	Since   time.Time   `json:"since,omitzero"` // when it came to be in State; zero = not known
	Types   []Type      `json:"types,omitempty"`
	Detail  string      `json:"detail,omitempty"` // of State: the types to blame, what was rejected

	Health  string    `json:"health,omitempty"` // what is wrong with the pod or with its connection; "" = nothing
	Created time.Time `json:"created,omitzero"`

	Next      string `json:"next,omitempty"`    // revision that its next pod would get
	NextWhy   string `json:"nextWhy,omitempty"` // what decides that
	Old       bool   `json:"old"`
	Reason    string `json:"reason,omitempty"` // of an old one: why it does not move by itself
	Remedy    string `json:"remedy,omitempty"` // and what moves it
	SignedOff bool   `json:"signedOff,omitempty"`
}

// Owner is what stands at the root of a pod's owners.
type Owner struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
}

func (o Owner) String() string {
	if o.Kind == "" {
		return "-"
	}
	return o.Kind + "/" + o.Name
}

// Connected is an istiod pod that a proxy is connected to.
type Connected struct {
	Pod      string `json:"pod"`
	Revision string `json:"revision"`
}

// Well tells whether nothing is wrong with a proxy, other than that it may be old.
func (p *Proxy) Well() bool { return p.Health == "" && (p.State == Synced || p.State == Starting) }

// reader makes proxies of what was seen.
type reader struct {
	mesh   checks.Mesh
	wanted string
	blind  bool // some istiod has not answered in full, so who is not named may yet be connected
}

// all are the proxies, by namespace and name.
func (r reader) all() []Proxy {
	var all []Proxy
	for _, p := range r.mesh.Proxies() {
		all = append(all, r.pod(p))
	}
	all = append(all, r.strangers()...)
	slices.SortStableFunc(all, func(a, b Proxy) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Cluster, b.Cluster))
	})
	return all
}

func (r reader) pod(s checks.SeenProxy) Proxy {
	p := Proxy{
		Namespace: s.Namespace, Pod: s.Name, Name: s.Name, Owner: Owner{s.Root.Kind, s.Root.Name}, Revision: s.Revision.String(), By: s.Revision.By,
		Created: s.Created, Next: s.Next.Revision, NextWhy: s.Next.Why, Health: r.mesh.Ailing(s),
	}
	r.connected(&p, s.Connections)
	if len(s.Connections) == 0 {
		p.State = r.absent(s)
	}
	if p.Version == "" {
		p.Version = versionOfImage(s.ProxyImage())
		p.FromImage = p.Version != ""
	}
	if s.Revision.Known() && p.Health == "" {
		for _, c := range p.Istiods {
			if c.Revision != s.Revision.Revision {
				p.Health = "connected to an istiod of " + c.Revision
			}
		}
	}
	wanted := r.wanted
	if wanted == "" {
		if s.Next.Own {
			return p // nothing says what its next pod would get
		}
		wanted = s.Next.Revision
	}
	p.Old = s.Revision.Revision != wanted || wanted == "" || slices.ContainsFunc(p.Istiods, func(c Connected) bool { return c.Revision != wanted })
	if p.Old {
		p.Reason, p.Remedy = r.mesh.WhyNot(s, wanted)
	}
	return p
}

// absent is the state of a pod that no istiod tells of.
func (r reader) absent(s checks.SeenProxy) State {
	switch {
	case r.blind:
		return Unknown
	case s.Young:
		return Starting
	}
	return NotConnected
}

// connected takes in what istiods say, of which the worst counts.
func (r reader) connected(p *Proxy, all []checks.SeenConnection) {
	for _, c := range all {
		p.Istiods = append(p.Istiods, Connected{c.Istiod.Pod, c.Istiod.Revision})
		if p.Version == "" {
			p.Version = c.Connection.Version
		}
		if state := stateOf(c.Connection.State); p.State == "" || state.worse(p.State) {
			p.State, p.Since, p.Detail, p.Types = state, c.Connection.Since, c.Connection.Detail, typesOf(c.Connection.Types)
		}
	}
}

// strangers are connections that no pod explains, each once however many istiods tell of it.
func (r reader) strangers() []Proxy {
	type key struct{ proxy, cluster string }
	of := map[key][]checks.SeenConnection{}
	signed := map[key]bool{}
	var order []key
	for _, s := range r.mesh.Strangers() {
		k := key{s.Connection.Proxy, s.Connection.Cluster}
		if of[k] == nil {
			order = append(order, k)
		}
		of[k] = append(of[k], s.SeenConnection)
		signed[k] = s.SignedOff
	}
	var all []Proxy
	for _, k := range order {
		name, namespace := k.proxy, ""
		if i := strings.LastIndexByte(k.proxy, '.'); i >= 0 {
			name, namespace = k.proxy[:i], k.proxy[i+1:]
		}
		p := Proxy{
			Namespace: namespace, Name: name, Cluster: k.cluster, Revision: of[k][0].Istiod.Revision, By: "the istiod that it is connected to",
			NextWhy: "it is no pod of this cluster", SignedOff: signed[k],
		}
		r.connected(&p, of[k])
		if !p.SignedOff {
			p.Health = "no pod of this cluster, and not signed off"
		}
		p.Old = r.wanted != "" && slices.ContainsFunc(p.Istiods, func(c Connected) bool { return c.Revision != r.wanted })
		if p.Old {
			p.Reason, p.Remedy = "it is no pod of this cluster, so nothing in this repository moves it", "whoever runs it points it at the other istiod"
		}
		all = append(all, p)
	}
	return all
}

// versionOfImage is the tag of an image where that begins as a version does: "1.28.3" of "registry/proxyv2:1.28.3-distroless@sha256:…".
func versionOfImage(image string) string {
	image, _, _ = strings.Cut(image, "@")
	i := strings.LastIndexByte(image, ':')
	if i < 0 || strings.Contains(image[i:], "/") {
		return ""
	}
	tag, _, _ := strings.Cut(strings.TrimPrefix(image[i+1:], "v"), "-")
	if tag == "" || tag[0] < '0' || tag[0] > '9' {
		return ""
	}
	return tag
}
