package syncz

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/linnet-bot/linnet/pkg/checks"
)

// clientConfigType is the kind of all resources in an answer.
const clientConfigType = "type.googleapis.com/envoy.service.status.v3.ClientConfig"

// decoder makes connections of the resources of an answer. One that cannot be read spoils the answer: it may be the last proxy of a revision.
type decoder struct {
	caller      string // the namespace of who asks
	connections []checks.Connection
	// other is the namespace of some proxy that is not of the caller's; "" = all are of it. An istiod that filters names none.
	other string
	// versionless: some proxy's version was not said, as in answers with the deprecated xds_config.
	versionless bool

	types []progress        // of the proxy that is being read
	said  []byte            // what is made of them, each time anew
	texts map[string]string // versions, clusters and types, which are the same for most proxies
	bad   bool
}

// errNameless is a resource or an entry that is of no use.
var errNameless = errors.New("does not say which proxy it is about")

func (d *decoder) add(kind, value []byte) error {
	if string(kind) != clientConfigType {
		return fmt.Errorf("is of kind %q, where %s was expected; its version may be newer than this program", kind[:min(len(kind), 100)], clientConfigType)
	}
	d.types, d.bad = d.types[:0], false
	var n node
	strange := false
	s := scan{rest: value}
	for s.next() {
		switch {
		case s.message(1):
			d.node(s.data, &n)
		case s.message(2):
			d.deprecated(s.data)
		case s.message(3):
			d.generic(s.data)
		case s.message(4): // client_scope
		default:
			strange = true
		}
	}
	if d.bad || s.bad {
		return errGarbled
	}
	if strange && len(d.types) == 0 {
		d.types = append(d.types, progress{state: Unknown, detail: "said in a form that this program does not know"})
	}
	proxy, namespace := named(n.id)
	if proxy == "" {
		return errNameless
	}
	if n.described {
		// Istiod filters by this. The name of a virtual machine may end in anything.
		namespace = n.namespace
	}
	if namespace != "" && namespace != d.caller {
		d.other = namespace
	}
	d.versionless = d.versionless || n.version == ""
	c := checks.Connection{Proxy: proxy, Cluster: n.cluster, Version: n.version}
	c.State, c.Detail = judge(d.types)
	c.Types = d.told()
	d.connections = append(d.connections, c)
	return nil
}

// named splits what istiod calls a proxy. That is "<pod>.<namespace>"; a whole node id, sidecar~<ip>~<pod>.<namespace>~<domain>, says the same
// and more.
func named(id string) (name, namespace string) {
	if strings.Count(id, "~") == 3 {
		id = strings.Split(id, "~")[2]
	}
	if i := strings.LastIndexByte(id, '.'); i >= 0 {
		namespace = id[i+1:]
	}
	return id, namespace
}

// complete fills in from HTTP's page what the answer itself leaves out: version and cluster.
func (d *decoder) complete(page []checks.Connection) {
	known := make(map[string]*checks.Connection, len(page))
	for i := range page {
		known[page[i].Proxy] = &page[i]
	}
	for i := range d.connections {
		c := &d.connections[i]
		if more := known[c.Proxy]; more != nil && c.Version == "" {
			c.Version = more.Version
			if c.Cluster == "" {
				c.Cluster = more.Cluster
			}
		}
	}
}

// text is a string of the wire, kept once. Strings must be UTF-8 there.
func (d *decoder) text(b []byte) string {
	if s, ok := d.texts[string(b)]; ok {
		return s
	}
	s := d.once(b)
	if d.texts == nil {
		d.texts = map[string]string{}
	}
	d.texts[s] = s
	return s
}

// once is a string that is not likely to come again.
func (d *decoder) once(b []byte) string {
	d.bad = d.bad || !utf8.Valid(b)
	return string(b)
}
