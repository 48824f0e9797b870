package checks

import "strings"

// links says of each pod which istiods are connected to it, and of each connection whether a pod explains it.
type links struct {
	places    map[NamespacedName]int32 // where in the observation's pods each is
	told      []seen                   // every connection of a pod, the pods in their order, the connections of each in the order in which istiods told of them
	begin     []int32                  // where those of each pod begin in told; one more at the end
	strangers []seen                   // connections of another cluster, or of no pod that was listed, in the order in which istiods told of them
	any       bool                     // whether any is of this cluster, explained or not
}

// seen is one connection and the istiod that told of it.
type seen struct {
	istiod *Istiod
	*Connection
}

func linksOf(o *Observation) links {
	l := links{places: make(map[NamespacedName]int32, len(o.Pods)), begin: make([]int32, len(o.Pods)+1)}
	for i := range o.Pods {
		l.places[NamespacedName{o.Pods[i].Namespace, o.Pods[i].Name}] = int32(i) //nolint:gosec // there are no two billion pods
	}
	total := 0
	for i := range o.Istiods {
		total += len(o.Istiods[i].Connections)
	}
	const nobodys = -1
	whose := make([]int32, 0, total)
	for i := range o.Istiods {
		for j := range o.Istiods[i].Connections {
			c := &o.Istiods[i].Connections[j]
			at, elsewhere := int32(nobodys), o.elsewhere(c) // a pod of that name may be in another cluster, too
			if !elsewhere {
				l.any = true
				if found, ok := l.place(c.Proxy); ok {
					at = found
				}
			}
			if at == nobodys {
				l.strangers = append(l.strangers, seen{&o.Istiods[i], c})
			} else {
				l.begin[at]++
			}
			whose = append(whose, at)
		}
	}
	l.sort(o, whose)
	return l
}

// sort puts the connections where those of their pods belong. begin holds how many each pod has.
func (l *links) sort(o *Observation, whose []int32) {
	end := int32(0)
	for i, n := range l.begin {
		end += n
		l.begin[i] = end
	}
	l.told = make([]seen, end)
	// From the last to the first, so that each pod's begin has moved from its end to its beginning when all are done.
	k := len(whose)
	for i := len(o.Istiods) - 1; i >= 0; i-- {
		for j := len(o.Istiods[i].Connections) - 1; j >= 0; j-- {
			k--
			if at := whose[k]; at >= 0 {
				l.begin[at]--
				l.told[l.begin[at]] = seen{&o.Istiods[i], &o.Istiods[i].Connections[j]}
			}
		}
	}
}

// place finds the pod of a connection by its name, "<pod>.<namespace>". The name of a pod may have dots, that of a namespace has none.
func (l *links) place(proxy string) (int32, bool) {
	dot := strings.LastIndexByte(proxy, '.')
	if dot < 0 {
		return 0, false
	}
	at, ok := l.places[NamespacedName{proxy[dot+1:], proxy[:dot]}]
	return at, ok
}

// of are the connections of the pod at a place.
func (l *links) of(at int) []seen { return l.told[l.begin[at]:l.begin[at+1]] }

// connections are those of a proxy.
func (w *world) connections(p *proxy) []seen { return w.links.of(p.at) }

// elsewhere tells of a connection of another cluster.
func (o *Observation) elsewhere(c *Connection) bool {
	return c.Cluster != "" && o.Cluster != "" && c.Cluster != o.Cluster
}

// foreign connections are of another cluster, or of no pod that was listed.
func (w *world) foreign(c *Connection) bool {
	if w.elsewhere(c) {
		return true
	}
	_, known := w.links.place(c.Proxy)
	return !known
}
