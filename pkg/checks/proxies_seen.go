package checks

// Mesh is an observation that one may ask about each proxy. It decides nothing: gates do.
type Mesh struct{ w *world }

// NewMesh indexes an observation, which must not be nil.
func NewMesh(o *Observation) Mesh { return Mesh{newWorld(o)} }

// SeenProxy is a pod with a proxy as both witnesses tell of it.
type SeenProxy struct {
	*Pod
	Revision    Evidence
	Root        WorkloadRef // its root owner; the pod itself where it has none
	Next        Next
	Connections []SeenConnection
	Young       bool // it has just started, so that nobody expects it to be ready and connected

	in *proxy
}

// SeenConnection is a connection, and the istiod pod that told of it.
type SeenConnection struct {
	Istiod     *Istiod
	Connection *Connection
}

// Next is what the next pod in a proxy's place would get.
type Next struct {
	Revision string // of the one injector that it would meet; "" = it would not meet exactly one
	// Own tells that it brings its proxy along, as managed gateways, waypoints and ztunnel do: no injector decides, and the labels do not say which revision.
	Own bool
	Why string // where there is no revision, or the labels that decide
}

// Proxies are the pods that run a proxy and have not ended, in the order in which they were observed.
func (m Mesh) Proxies() []SeenProxy {
	all := make([]SeenProxy, 0, len(m.w.proxies))
	for i := range m.w.proxies {
		p := &m.w.proxies[i]
		found := SeenProxy{Pod: p.Pod, Revision: p.revision, Root: p.root, Next: m.next(p), Young: m.w.young(p.Pod), in: p}
		for _, c := range m.w.connections(p) {
			found.Connections = append(found.Connections, SeenConnection{c.istiod, c.Connection})
		}
		all = append(all, found)
	}
	return all
}

func (m Mesh) next(p *proxy) Next {
	t := m.w.next(p)
	if _, managed := p.Labels["gateway.istio.io/managed"]; managed || p.Labels["app"] == "ztunnel" {
		return Next{Own: true, Why: "no injector decides: it brings its proxy along"}
	}
	if !t.injectable() {
		return Next{Why: "its template opts out"}
	}
	switch found := t.injectors(m.w); len(found) {
	case 0:
		return Next{Why: "no injector matches: " + m.w.labelWords(p.Namespace)}
	case 1:
		return Next{Revision: found[0].Revision, Why: m.w.labelWords(p.Namespace)}
	default:
		return Next{Why: "it would be injected twice, by " + injectorNames(found)}
	}
}

// WhyNot says what keeps a proxy from being replaced by one of the wanted revision, and what helps.
func (m Mesh) WhyNot(p SeenProxy, wanted string) (reason, remedy string) {
	return m.w.whyNot(p.in, ControlPlane{Revision: wanted})
}

// SeenStranger is a connection that is no pod of this cluster, such as a virtual machine's or another cluster's.
type SeenStranger struct {
	SeenConnection
	SignedOff bool
}

// Strangers are the connections that no pod of this cluster explains, in the order in which istiods told of them.
func (m Mesh) Strangers() []SeenStranger {
	var all []SeenStranger
	for i := range m.w.Istiods {
		it := &m.w.Istiods[i]
		for j := range it.Connections {
			if c := &it.Connections[j]; m.w.foreign(c) {
				all = append(all, SeenStranger{SeenConnection{it, c}, m.w.signedOff(c)})
			}
		}
	}
	return all
}

// Visibility is whether pods and istiods together show every proxy, as gates ask it. Without that no list of proxies is complete.
func (m Mesh) Visibility() Result { return visible().(question).answer(m.w, Merge{}) }

// Silent says of an istiod pod that has not ended why its answer is not to be counted on; "" = it is.
func (m Mesh) Silent(it *Istiod) string {
	_, why := m.w.answer(it)
	return why
}

// Ailing says what is wrong with a pod itself, whoever it is connected to; "" = nothing.
func (m Mesh) Ailing(p SeenProxy) string {
	switch c := proxyContainer(p.Pod); {
	case p.Deleting:
		return "terminating"
	case p.Phase != "Running":
		return lower(p.Phase) + p.waiting()
	case !p.Ready:
		return "not ready" + p.waiting()
	case c != nil && c.Restarts > 0 && m.w.At.Sub(c.LastRestart) < restartQuiet:
		return "proxy restarted " + age(c.LastRestart, m.w.At) + " ago"
	}
	return ""
}

func lower(phase string) string {
	switch phase {
	case "Pending":
		return "pending"
	case "":
		return "phase not known"
	}
	return "phase " + phase
}

// ProxyImage is the image of the proxy; "" where it was not seen.
func (p SeenProxy) ProxyImage() string {
	if c := proxyContainer(p.Pod); c != nil {
		return c.Image
	}
	return ""
}
