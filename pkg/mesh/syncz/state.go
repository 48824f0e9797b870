package syncz

import (
	"strings"

	"github.com/linnet-bot/linnet/pkg/checks"
)

// Unknown is a state that istiod does not tell, or tells in a way that is not understood. Like every state but SYNCED it is never green.
const Unknown checks.SyncState = "UNKNOWN"

// progress says how far a proxy is with the resources of one type.
type progress struct {
	typeURL string
	state   checks.SyncState
	detail  string
}

// shortNames are the ones that istioctl and Envoy use.
var shortNames = map[string]string{
	clusterType:     "CDS",
	listenerType:    "LDS",
	routeType:       "RDS",
	endpointType:    "EDS",
	scopedRouteType: "SRDS",
	"type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig":        "ECDS",
	"type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret": "SDS",
	"type.googleapis.com/istio.networking.nds.v1.NameTable":                "NDS",
	"type.googleapis.com/istio.mesh.v1alpha1.ProxyConfig":                  "PCDS",
	"type.googleapis.com/istio.workload.Address":                           "WDS",
	"type.googleapis.com/istio.security.Authorization":                     "WADS",
}

const (
	clusterType  = "type.googleapis.com/envoy.config.cluster.v3.Cluster"
	listenerType = "type.googleapis.com/envoy.config.listener.v3.Listener"
	routeType    = "type.googleapis.com/envoy.config.route.v3.RouteConfiguration"
	endpointType = "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment"

	scopedRouteType = "type.googleapis.com/envoy.config.route.v3.ScopedRouteConfiguration"
)

func (s progress) name() string {
	if short := shortNames[s.typeURL]; short != "" {
		return short
	}
	if name := brief(s.typeURL); name != "" {
		return name
	}
	return "a type" // never nothing: a type to blame must show
}

// judge makes one state of those of all types, and says which types are to blame.
//
// NOT_SENT needs care. Istiod says it of a type for which it has nothing to send, and until 1.26 of every type that a proxy never asked for. So it
// only counts where nothing arrived at all, or no listener, without which a proxy is of no use.
func judge(types []progress) (checks.SyncState, string) {
	if len(types) == 0 {
		return checks.NotSent, "it has asked for nothing yet"
	}
	for _, worst := range []checks.SyncState{checks.Errored, Unknown, checks.Stale} {
		if blame := blamed(types, worst); blame != "" {
			return worst, blame
		}
	}
	synced := false
	for _, t := range types {
		if t.state == checks.NotSent && t.typeURL == listenerType {
			return checks.NotSent, t.name()
		}
		synced = synced || t.state == checks.Synced
	}
	if !synced {
		return checks.NotSent, blamed(types, checks.NotSent)
	}
	return checks.Synced, ""
}

// blamed lists the types in a state, with what is said of them; "" = there are none.
func blamed(types []progress, state checks.SyncState) string {
	var b strings.Builder
	for _, t := range types {
		if t.state != state {
			continue
		}
		if b.Len() > 0 {
			b.WriteString(", ")
		}
		b.WriteString(t.name())
		if t.detail != "" {
			b.WriteString(": " + brief(t.detail))
		}
	}
	return b.String()
}
