package checks

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// anyCluster is a small observation in which much goes by the same name: pods with dots in theirs, of other clusters, with owners that are shared or merely equal.
func anyCluster(t *rapid.T) *Observation {
	chains := [][]Owner{nil, {{Kind: "ReplicaSet", Name: "a-1"}, {Kind: "Deployment", Name: "a"}}, {{Kind: "StatefulSet", Name: "a"}}, {{Kind: "Job", Name: "a"}}}
	names, spaces := []string{"a", "a.b", "b", "b.x", "x"}, []string{"x", "y", "b"}
	o := &Observation{At: noon, Cluster: "Kubernetes"}
	for _, ns := range spaces {
		for _, name := range names {
			if rapid.IntRange(0, 2).Draw(t, "there") == 0 {
				continue
			}
			p := Pod{Namespace: ns, Name: name, Phase: rapid.SampledFrom([]string{"Running", "Running", "Pending", "Succeeded"}).Draw(t, "phase")}
			p.Owners = rapid.SampledFrom(chains).Draw(t, "owners")
			if rapid.Bool().Draw(t, "copied") {
				p.Owners = slices.Clone(p.Owners)
			}
			if rapid.IntRange(0, 3).Draw(t, "plain") > 0 {
				p.Annotations = map[string]string{labelRevision: rapid.SampledFrom([]string{"default", "1-29-0", ""}).Draw(t, "revision"), annotStatus: "{}"}
			}
			o.Pods = append(o.Pods, p)
		}
		if rapid.Bool().Draw(t, "known") {
			o.Workloads = append(o.Workloads, Workload{Kind: "Deployment", Namespace: ns, Name: "a", Owners: []Owner{{Kind: "Thing", Name: "t"}}}, Workload{Kind: "StatefulSet", Namespace: ns, Name: "a"})
		}
	}
	if rapid.Bool().Draw(t, "shuffled") {
		o.Pods = rapid.Permutation(o.Pods).Draw(t, "pods")
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "istiods") {
		it := Istiod{Namespace: "istio-system", Pod: fmt.Sprint("istiod-", i), Revision: "default", Answered: true}
		for range rapid.IntRange(0, 12).Draw(t, "connections") {
			proxy := rapid.SampledFrom(names).Draw(t, "pod") + "." + rapid.SampledFrom(append(spaces, "z")).Draw(t, "namespace")
			if rapid.IntRange(0, 9).Draw(t, "nonsense") == 0 {
				proxy = "nonsense"
			}
			it.Connections = append(it.Connections, Connection{Proxy: proxy, Cluster: rapid.SampledFrom([]string{"", "Kubernetes", "east"}).Draw(t, "cluster")})
		}
		o.Istiods = append(o.Istiods, it)
	}
	return o
}

// What is looked up is what one finds who goes through the whole observation each time.
func TestIndexesSayWhatTheObservationSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := anyCluster(t)
		w := newWorld(o)
		var proxies, plain, strangers []string
		meshed := map[WorkloadRef]int{}
		for i := range o.Pods {
			p := &o.Pods[i]
			switch {
			case p.Phase == "Succeeded":
			case !InMesh(p):
				plain = append(plain, p.Name+"."+p.Namespace)
			default:
				proxies = append(proxies, p.Name+"."+p.Namespace)
				for _, above := range p.Owners {
					meshed[WorkloadRef{p.Namespace, above.Kind, above.Name}]++
				}
			}
		}
		told := map[string][]string{}
		local := false
		for i := range o.Istiods {
			for j := range o.Istiods[i].Connections {
				c := &o.Istiods[i].Connections[j]
				local = local || c.Cluster != "east"
				var whose *Pod
				for k := range o.Pods {
					if o.Pods[k].Name+"."+o.Pods[k].Namespace == c.Proxy {
						whose = &o.Pods[k]
					}
				}
				one := fmt.Sprint(i, "/", j)
				if foreign := c.Cluster == "east" || whose == nil; foreign {
					strangers = append(strangers, one)
				} else {
					told[c.Proxy] = append(told[c.Proxy], one)
				}
				if got, want := w.foreign(c), c.Cluster == "east" || whose == nil; got != want {
					t.Fatalf("%+v is foreign: got %t, want %t", c, got, want)
				}
				p := w.proxyOf(c)
				if isProxy := c.Cluster != "east" && slices.Contains(proxies, c.Proxy); isProxy != (p != nil) || p != nil && p.Pod != whose {
					t.Fatalf("%+v is of proxy %v, want %t", c, p, isProxy)
				}
			}
		}
		var gotProxies, gotPlain, gotStrangers []string
		for i := range w.proxies {
			p := &w.proxies[i]
			gotProxies = append(gotProxies, p.Name+"."+p.Namespace)
			if root, workload := w.owner(p.Pod); p.root != root || p.workload != workload || p.revision != RevisionOf(p.Pod) {
				t.Fatalf("%s: got root %v, workload %v and revision %v, want %v, %v and %v", p.Name, p.root, p.workload, p.revision, root, workload, RevisionOf(p.Pod))
			}
			if diff := cmp.Diff(told[p.Name+"."+p.Namespace], where(o, w.connections(p))); diff != "" {
				t.Fatalf("%s.%s: -want +got\n%s", p.Name, p.Namespace, diff)
			}
		}
		for _, p := range w.plain {
			gotPlain = append(gotPlain, p.Name+"."+p.Namespace)
		}
		gotStrangers = where(o, w.links.strangers)
		for _, diff := range []string{
			cmp.Diff(proxies, gotProxies), cmp.Diff(plain, gotPlain), cmp.Diff(strangers, gotStrangers), cmp.Diff(meshed, w.meshed), cmp.Diff(local, w.links.any),
		} {
			if diff != "" {
				t.Fatalf("-want +got\n%s", diff)
			}
		}
	})
}

// where says of connections of which istiod they are, and which of its.
func where(o *Observation, all []seen) []string {
	var places []string
	for _, s := range all {
		for i := range o.Istiods {
			for j := range o.Istiods[i].Connections {
				if s.Connection == &o.Istiods[i].Connections[j] && s.istiod == &o.Istiods[i] {
					places = append(places, fmt.Sprint(i, "/", j))
				}
			}
		}
	}
	return places
}

// An observation that was written down and read again shares nothing any more, and gets the same verdict.
func TestVerdictsDoNotDependOnWhatIsShared(t *testing.T) {
	gates := []Gate{Unused(upgrade(), old, 0), Moved(upgrade(), wave("x"), old, canary, Effects{}, 0), Preflight(upgrade())}
	rapid.Check(t, func(t *rapid.T) {
		o := anyCluster(t)
		other := *o
		other.Pods = slices.Clone(o.Pods)
		for i := range other.Pods {
			other.Pods[i].Owners = slices.Clone(other.Pods[i].Owners)
		}
		for _, g := range gates {
			if diff := cmp.Diff(g.Evaluate(&other, Merge{}), g.Evaluate(o, Merge{})); diff != "" {
				t.Fatalf("%s: -copied +shared\n%s", g.Name, diff)
			}
		}
	})
}
