package syncz

import "slices"

// Expected is a proxy that some istiod ought to know, because its pod runs. Whoever sweeps again and again should not go on expecting one that has
// been missing for several sweeps: each time it would cost its istiods as many questions as there are retries.
type Expected struct {
	Proxy    string // "<pod>.<namespace>"
	Cluster  string // its cluster id, because another cluster may have a pod of that name; "" = any
	Revision string // the control plane that it should be connected to; "" = not known
}

// Missing are the expected proxies that are in no answer: the union over all istiods counts, of whatever revision. They keep their order.
func Missing(expected []Expected, seen []Seen) []Expected {
	if len(expected) == 0 {
		return nil
	}
	type key struct{ proxy, cluster string }
	known, unsaid := map[key]bool{}, map[string]bool{}
	for i := range seen {
		for j := range seen[i].Connections {
			c := &seen[i].Connections[j]
			known[key{c.Proxy, c.Cluster}] = true
			known[key{c.Proxy, ""}] = true
			if c.Cluster == "" {
				unsaid[c.Proxy] = true
			}
		}
	}
	var missing []Expected
	for _, e := range expected {
		// A connection that does not say its cluster is of this one.
		if !known[key{e.Proxy, e.Cluster}] && !unsaid[e.Proxy] {
			missing = append(missing, e)
		}
	}
	return missing
}

// again are the places of the istiods to be asked once more: those that did not answer, and those where a missing proxy may have turned up, which
// are all of its revision, or all there are where that is not known. One that filters its answer would only filter it again.
func again(seen []Seen, missing []Expected) []int {
	var ask []int
	anywhere := slices.ContainsFunc(missing, func(e Expected) bool {
		return !slices.ContainsFunc(seen, func(s Seen) bool { return s.Revision == e.Revision && !ended(&s.Istiod) })
	})
	wanted := map[string]bool{}
	for _, e := range missing {
		wanted[e.Revision] = true
	}
	for i := range seen {
		it := &seen[i]
		switch {
		case ended(&it.Istiod):
		case !it.Answered, it.Visibility.Sight != Filtered && (anywhere || wanted[it.Revision]):
			ask = append(ask, i)
		}
	}
	return ask
}
