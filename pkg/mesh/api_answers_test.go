package mesh

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// shown is an object as this request wants it: whole, or its metadata.
func shown(r *http.Request, k *fakeKind, path string, o map[string]any) map[string]any {
	if strings.Contains(r.Header.Get("Accept"), "as=PartialObjectMetadata") {
		return map[string]any{"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": o["metadata"]}
	}
	out := maps.Clone(o)
	if out["kind"] == nil {
		out["kind"] = kindOf(path)
	}
	out["apiVersion"] = k.apiVersion
	return out
}

func kindOf(path string) string {
	if kind := always[path]; kind != "" {
		return kind
	}
	return "Custom"
}

func (a *fakeAPI) list(w http.ResponseWriter, r *http.Request, k *fakeKind) {
	a.mu.Lock()
	defer a.mu.Unlock()
	q := r.URL.Query()
	var items []map[string]any
	token, version := q.Get("continue"), strconv.Itoa(a.version)
	if token != "" {
		if a.lose {
			a.lose = false
			status(w, 410, "Expired", "the provided continue parameter is too old")
			return
		}
		items, version = a.snapshots[token], strings.Split(token, "-")[0]
	} else {
		for _, name := range slices.SortedFunc(maps.Keys(k.objects), key.compare) {
			if s := q.Get("fieldSelector"); s == "" || s == "metadata.name="+name.name {
				items = append(items, k.objects[name])
			}
		}
	}
	next := ""
	if limit, _ := strconv.Atoi(q.Get("limit")); limit > 0 && len(items) > limit {
		next = fmt.Sprintf("%s-%d", version, len(a.snapshots))
		a.snapshots[next] = items[limit:]
		items = items[:limit]
	}
	all := []any{}
	for _, o := range items {
		all = append(all, shown(r, k, r.URL.Path, o))
	}
	kind, apiVersion := kindOf(r.URL.Path)+"List", k.apiVersion
	if strings.Contains(r.Header.Get("Accept"), "as=PartialObjectMetadata") {
		kind, apiVersion = "PartialObjectMetadataList", "meta.k8s.io/v1"
	}
	whole := map[string]any{"kind": kind, "apiVersion": apiVersion, "metadata": map[string]any{"resourceVersion": version, "continue": next}, "items": all}
	if a.wire.wants(r) {
		w.Header().Set("Content-Type", protobuf)
		_, _ = w.Write(a.wire.encode(a.wire.typed(whole)))
		return
	}
	answer(w, whole)
}

func (a *fakeAPI) watch(w http.ResponseWriter, r *http.Request, k *fakeKind) {
	from, err := strconv.Atoi(r.URL.Query().Get("resourceVersion"))
	stream := make(chan struct{})
	a.mu.Lock()
	gone, as := err != nil || from < a.oldest, a.goneAs
	a.streams[stream] = k.resource
	a.mu.Unlock()
	if gone && as == "status" {
		status(w, 410, "Expired", "too old resource version")
		return
	}
	write := func(e fakeEvent) { _ = json.NewEncoder(w).Encode(e) }
	if a.wire.wants(r) {
		write = a.wire.stream(w)
	} else {
		w.Header().Set("Content-Type", "application/json")
	}
	w.WriteHeader(http.StatusOK)
	if gone {
		write(fakeEvent{Type: "ERROR", Object: statusObject(410, "Expired", "too old resource version")})
		return
	}
	for {
		a.mu.Lock()
		events, wake := slices.Clone(k.events), a.wake
		if a.mute {
			events = nil
		}
		a.mu.Unlock()
		for _, e := range events {
			if e.version > from {
				from = e.version
				write(fakeEvent{Type: e.Type, Object: shown(r, k, r.URL.Path, e.Object)})
			}
		}
		w.(http.Flusher).Flush()
		select {
		case <-wake:
		case <-stream:
			return
		case <-r.Context().Done():
			return
		}
	}
}
