package syncz

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/linnet-bot/linnet/pkg/checks"
)

// node is what an envoy.config.core.v3.Node says of a proxy.
type node struct {
	id                          string
	described                   bool // it has metadata; the deprecated generation has none
	cluster, version, namespace string
}

func (d *decoder) node(data []byte, n *node) {
	s := scan{rest: data}
	for s.next() {
		switch {
		case s.message(1):
			n.id = d.once(s.data)
		case s.message(3):
			n.described = true
			d.metadata(s.data, n)
		}
	}
	d.bad = d.bad || s.bad
}

// metadata is a google.protobuf.Struct: a list of names with values. Some istiods give all that a proxy has, labels and configuration included.
func (d *decoder) metadata(data []byte, n *node) {
	s := scan{rest: data}
	for s.next() {
		if !s.message(1) {
			continue
		}
		switch string(d.name(s.data)) {
		case "CLUSTER_ID":
			n.cluster = d.value(s.data)
		case "ISTIO_VERSION":
			n.version = d.value(s.data)
		case "NAMESPACE":
			n.namespace = d.value(s.data)
		}
	}
	d.bad = d.bad || s.bad
}

// name is that of an entry of a Struct.
func (d *decoder) name(entry []byte) []byte {
	var name []byte
	s := scan{rest: entry}
	for s.next() {
		if s.message(1) {
			name = s.data
		}
	}
	d.bad = d.bad || s.bad
	return name
}

// value is the text of an entry's google.protobuf.Value; "" = it is no text.
func (d *decoder) value(entry []byte) string {
	text := ""
	s := scan{rest: entry}
	for s.next() {
		if !s.message(2) {
			continue
		}
		v := scan{rest: s.data}
		for v.next() {
			switch {
			case v.message(3):
				text = d.text(v.data)
			case v.number(1), v.num == 2 && v.kind == protowire.Fixed64Type, v.number(4), v.message(5), v.message(6):
				text = "" // of several, the last one is meant
			}
		}
		d.bad = d.bad || v.bad
	}
	return text
}

// generic is a GenericXdsConfig.
func (d *decoder) generic(data []byte) {
	var t progress
	status := uint64(0)
	s := scan{rest: data}
	for s.next() {
		switch {
		case s.message(1):
			t.typeURL = d.text(s.data)
		case s.number(6):
			status = s.n
		case s.message(8):
			t.detail = d.complaint(s.data, t.detail)
		}
	}
	d.bad = d.bad || s.bad
	d.progress(t, status)
}

// complaint is what an UpdateFailureState says, if it does.
func (d *decoder) complaint(data []byte, before string) string {
	s := scan{rest: data}
	for s.next() {
		if s.message(3) {
			before = d.once(s.data)
		}
	}
	d.bad = d.bad || s.bad
	return before
}

// deprecatedTypes are what a PerXdsConfig is about, by the number of the field that it has.
var deprecatedTypes = map[int32]string{2: listenerType, 3: clusterType, 4: routeType, 5: scopedRouteType, 6: endpointType}

// deprecated is a PerXdsConfig, of istiods before generic_xds_configs.
func (d *decoder) deprecated(data []byte) {
	var t progress
	status := uint64(0)
	s := scan{rest: data}
	for s.next() {
		switch {
		case s.number(1):
			status = s.n
		case s.num >= 2 && s.num <= 6 && s.message(s.num):
			t.typeURL = deprecatedTypes[int32(s.num)]
		}
	}
	d.bad = d.bad || s.bad
	d.progress(t, status)
}

// statuses are istiod's words by number, envoy.service.status.v3.ConfigStatus.
var statuses = []checks.SyncState{Unknown, checks.Synced, checks.NotSent, checks.Stale, checks.Errored}

// progress keeps how far a type is. Numbers that have no word here are kept as unknown.
func (d *decoder) progress(t progress, status uint64) {
	if n := int32(status); n >= 0 && int(n) < len(statuses) { // enumerations are cut to 32 bits
		t.state = statuses[n]
	} else {
		t.state = Unknown
		if t.detail == "" {
			t.detail = fmt.Sprintf("status %d", n)
		}
	}
	d.types = append(d.types, t)
}
