package checks

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// uses is the ground truth of promise 4, computed from what the machine below did and never from the observation that the gate sees.
type uses struct {
	pods       map[string]string // running proxy to revision; "" = does not say
	connected  map[string]string // proxy to revision
	namespaces map[string]string // to revision; "" = no label
	silent     map[string]bool   // istiod pods that did not answer
	hidden     map[string]bool   // istiod pods that were not listed
}

func (u uses) needs(revision string) string {
	for pod, r := range u.pods {
		if r == revision || r == "" {
			return "pod " + pod
		}
	}
	for proxy, r := range u.connected {
		if r == revision {
			return "connection of " + proxy
		}
	}
	for ns, r := range u.namespaces {
		if r == revision {
			return "namespace " + ns
		}
	}
	if len(u.silent) > 0 {
		return "an istiod that did not answer"
	}
	if len(u.hidden) > 0 {
		return "an istiod that was not listed"
	}
	return ""
}

// Promise 4: whatever moves, restarts, hides or fails in whatever order, the gate over taking a control plane away is never green while anything uses it
// or while somebody who might know was not heard; and it does become green when nothing does.
func TestAControlPlaneInUseIsNeverUnused(t *testing.T) {
	greens := 0
	rapid.Check(t, func(t *rapid.T) {
		spaces := []string{"a", "b", "c"}
		istiods := []string{"istiod-0", "istiod-1", "istiod-1-29-0-0", "istiod-1-29-0-1"}
		revisions := []string{"default", canary.Revision}
		u := uses{map[string]string{}, map[string]string{}, map[string]string{}, map[string]bool{}, map[string]bool{}}
		for i, ns := range spaces {
			u.namespaces[ns] = "default"
			u.pods[fmt.Sprintf("p%d.%s", i, ns)] = "default"
			u.connected[fmt.Sprintf("p%d.%s", i, ns)] = "default"
		}
		steps := map[string]func(*rapid.T){
			"label": func(t *rapid.T) {
				u.namespaces[rapid.SampledFrom(spaces).Draw(t, "namespace")] = rapid.SampledFrom(append([]string{""}, revisions...)).Draw(t, "revision")
			},
			"restart": func(t *rapid.T) {
				ns := rapid.SampledFrom(spaces).Draw(t, "namespace")
				for pod := range u.pods {
					if pod[len(pod)-1:] == ns {
						delete(u.pods, pod)
						delete(u.connected, pod)
						if r := u.namespaces[ns]; r != "" {
							u.pods[pod], u.connected[pod] = r, r
						}
					}
				}
			},
			"move all to one": func(t *rapid.T) {
				r := rapid.SampledFrom(revisions).Draw(t, "revision")
				for i, ns := range spaces {
					u.namespaces[ns] = r
					pod := fmt.Sprintf("p%d.%s", i, ns)
					u.pods[pod], u.connected[pod] = r, r
				}
			},
			"reconnect": func(t *rapid.T) {
				if pods := keys(u.connected); len(pods) > 0 {
					u.connected[rapid.SampledFrom(pods).Draw(t, "pod")] = rapid.SampledFrom(revisions).Draw(t, "revision")
				}
			},
			"lose evidence": func(t *rapid.T) {
				if pods := keys(u.pods); len(pods) > 0 {
					u.pods[rapid.SampledFrom(pods).Draw(t, "pod")] = ""
				}
			},
			"silence": func(t *rapid.T) { toggle(u.silent, rapid.SampledFrom(istiods).Draw(t, "istiod")) },
			"hide":    func(t *rapid.T) { toggle(u.hidden, rapid.SampledFrom(istiods).Draw(t, "istiod")) },
			"heal":    func(t *rapid.T) { clear(u.silent); clear(u.hidden) },
			"": func(t *rapid.T) {
				o := u.observe(istiods)
				for _, c := range []ControlPlane{old, canary} {
					need := u.needs(c.Revision)
					r := Unused(upgrade(), c, 0).Evaluate(o, Merge{})
					switch {
					case need != "" && r.Verdict == Pass:
						t.Fatalf("%s is called unused, and there is %s", c, need)
					case need == "" && r.Verdict != Pass:
						t.Fatalf("%s is not called unused although nothing uses it:\n%s", c, reasons(r))
					case need == "":
						greens++
					}
				}
			},
		}
		t.Repeat(steps)
	})
	if greens == 0 {
		t.Error("the gate was never green: this test has proven nothing")
	}
}

func toggle(set map[string]bool, name string) {
	if set[name] {
		delete(set, name)
	} else {
		set[name] = true
	}
}

func keys[V any](m map[string]V) []string {
	var all []string
	for k := range m {
		all = append(all, k)
	}
	slices.Sort(all)
	return all
}

// observe shows the machine's state as an observer would see it.
func (u uses) observe(istiods []string) *Observation {
	o := observe(state{builtIn: "1.28.3", canary: 2})
	o.Pods = slices.DeleteFunc(o.Pods, func(p Pod) bool { return slices.Contains(meshNamespaces, p.Namespace) })
	o.Workloads, o.CronJobs, o.Namespaces = nil, nil, []Namespace{{Name: "istio-system"}}
	for i := range o.Istiods {
		o.Istiods[i].Connections = nil
	}
	for _, ns := range keys(u.namespaces) {
		n := Namespace{Name: ns}
		if r := u.namespaces[ns]; r != "" {
			n.Labels = injectionLabels(r)
		}
		o.Namespaces = append(o.Namespaces, n)
	}
	for _, name := range keys(u.pods) {
		p := Pod{
			Namespace: name[len(name)-1:], Name: name[:len(name)-2], Phase: "Running", Ready: true, Created: noon.Add(-time.Hour),
			Containers: []Container{{Name: "istio-proxy", Init: true}}, Owners: []Owner{{Kind: "Job", Name: "j"}},
		}
		if r := u.pods[name]; r != "" {
			p.Annotations = map[string]string{labelRevision: r}
		}
		o.Pods = append(o.Pods, p)
	}
	for _, proxy := range keys(u.connected) {
		connect(o, proxy, u.connected[proxy], "1.28.3")
	}
	for i := range o.Istiods {
		if u.silent[o.Istiods[i].Pod] {
			o.Istiods[i].Answered, o.Istiods[i].Connections = false, nil
		}
	}
	o.Istiods = slices.DeleteFunc(o.Istiods, func(it Istiod) bool { return u.hidden[it.Pod] })
	return o
}
