package mesh

import (
	discoveryv1 "k8s.io/api/discovery/v1"

	"github.com/linnet-bot/linnet/pkg/checks"
)

// slice is what is kept of an EndpointSlice: one of the parts of the list of what is behind a Service.
type slice struct {
	namespace, service string
	ready, notReady    []string // pods
}

func sliceOf(s *discoveryv1.EndpointSlice) slice {
	out := slice{namespace: intern(s.Namespace), service: intern(s.Labels[discoveryv1.LabelServiceName])}
	for i := range s.Endpoints {
		e := &s.Endpoints[i]
		if e.TargetRef == nil || e.TargetRef.Kind != "Pod" {
			continue
		}
		// Unknown counts as ready: that is what the API says, and how kube-proxy reads it.
		if e.Conditions.Ready == nil || *e.Conditions.Ready {
			out.ready = append(out.ready, e.TargetRef.Name)
		} else {
			out.notReady = append(out.notReady, e.TargetRef.Name)
		}
	}
	return out
}

// services joins Services and their EndpointSlices. A pod stands in several slices of one Service where it has addresses of both families, and in the list once.
func services(all []checks.NamespacedName, slices []slice) []checks.Service {
	if len(all) == 0 {
		return nil
	}
	out := make([]checks.Service, len(all))
	place := make(map[checks.NamespacedName]int, len(all))
	for i, name := range all {
		out[i] = checks.Service{Namespace: name.Namespace, Name: name.Name}
		place[name] = i
	}
	for i := range slices {
		s := &slices[i]
		at, ok := place[checks.NamespacedName{Namespace: s.namespace, Name: s.service}]
		if !ok {
			continue
		}
		out[at].Ready = union(out[at].Ready, s.ready)
		out[at].NotReady = union(out[at].NotReady, s.notReady)
	}
	return out
}

// union never writes into more: it is shared with what was observed before.
func union(list, more []string) []string {
	if len(list) == 0 {
		return more
	}
	seen := make(map[string]bool, len(list))
	for _, s := range list {
		seen[s] = true
	}
	out := append([]string(nil), list...)
	for _, s := range more {
		if !seen[s] {
			out = append(out, s)
		}
	}
	return out
}
