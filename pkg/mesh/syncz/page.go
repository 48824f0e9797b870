package syncz

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/linnet-bot/linnet/pkg/checks"
)

// entry is one connection on HTTP's page /debug/syncz: nonces instead of states. Since 1.23 it has resources; before, only the fields of Envoy's
// types, of which those that were never sent are absent.
type entry struct {
	Cluster string `json:"cluster_id"`
	Proxy   string `json:"proxy"`
	Version string `json:"istio_version"`

	ClusterSent   string `json:"cluster_sent"`
	ClusterAcked  string `json:"cluster_acked"`
	ListenerSent  string `json:"listener_sent"`
	ListenerAcked string `json:"listener_acked"`
	RouteSent     string `json:"route_sent"`
	RouteAcked    string `json:"route_acked"`
	EndpointSent  string `json:"endpoint_sent"`
	EndpointAcked string `json:"endpoint_acked"`

	Resources map[string]exchange `json:"resources"`
}

type exchange struct {
	Sent  string `json:"sent"`
	Acked string `json:"acked"`
	Error string `json:"lastError"`
}

// errNoPage is what is no page of connections.
var errNoPage = errors.New("not a list of connections")

// readPage reads HTTP's /debug/syncz, of 1.9 and later.
func readPage(data []byte) ([]checks.Connection, error) {
	if !strings.HasPrefix(strings.TrimSpace(string(data[:min(len(data), 64)])), "[") {
		return nil, errNoPage
	}
	var entries []entry
	if err := json.Unmarshal(data, &entries); err != nil {
		return nil, fmt.Errorf("%w: %s", errNoPage, brief(err.Error()))
	}
	connections := make([]checks.Connection, 0, len(entries))
	for i := range entries {
		e := &entries[i]
		c := checks.Connection{Cluster: e.Cluster, Version: e.Version}
		if c.Proxy, _ = named(e.Proxy); c.Proxy == "" {
			return nil, fmt.Errorf("entry %d %w", i, errNameless)
		}
		c.State, c.Detail = judge(e.statuses())
		connections = append(connections, c)
	}
	return connections, nil
}

func (e *entry) statuses() []progress {
	all := e.Resources
	if len(all) == 0 {
		all = map[string]exchange{
			clusterType:  {Sent: e.ClusterSent, Acked: e.ClusterAcked},
			listenerType: {Sent: e.ListenerSent, Acked: e.ListenerAcked},
			routeType:    {Sent: e.RouteSent, Acked: e.RouteAcked},
			endpointType: {Sent: e.EndpointSent, Acked: e.EndpointAcked},
		}
	}
	types := make([]progress, 0, len(all))
	for _, url := range slices.Sorted(maps.Keys(all)) {
		types = append(types, progress{typeURL: url, state: all[url].state(), detail: all[url].Error})
	}
	return types
}

// state is how istiod itself makes states of nonces.
func (x exchange) state() checks.SyncState {
	switch {
	case x.Error != "":
		return checks.Errored
	case x.Sent == "":
		return checks.NotSent
	case x.Sent == x.Acked:
		return checks.Synced
	}
	return checks.Stale
}
