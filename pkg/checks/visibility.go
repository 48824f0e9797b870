package checks

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// stale is how old an istiod's answer may be. It is asked about once a minute while nothing changes.
const stale = 3 * time.Minute

// visible asks whether enough was seen to judge at all. Everything it finds is Unknown, never Fail: the mesh may be well, but nobody can say so.
func visible() Check {
	return question{
		name: "visible", asks: "Do pods and istiods together show every proxy?", id: "visible",
		words: "every istiod pod answers, and together they know every running proxy and no unexplained one",
		judge: func(w *world, _ Merge) Result {
			r := tree("", "", w.rights(), w.answers(), w.covered(), w.explained())
			r.Found = w.Watched.Why // not a reason for a verdict: what is there now was seen. A soak is another matter; see SoakClock.Across.
			return r
		},
	}
}

func (w *world) rights() Result {
	r := Result{Name: "rights", Question: "Was the observer allowed to look everywhere?", Verdict: Pass}
	if len(w.MissingRights) > 0 {
		r.Verdict, r.Found = Unknown, enumerate(w.MissingRights)
		r.Reason = "the observer may not " + w.MissingRights[0] + ": give its ClusterRole get, list and watch on it"
	}
	if len(w.Pods) == 0 {
		// Even an empty mesh has the pods of istiod.
		r = r.worsen(Unknown, "no pod was seen at all")
	}
	return r
}

// answers: as many istiod pods were listed as there ought to be, and each of them answered in full.
func (w *world) answers() Result {
	r := Result{Name: "istiods", Question: "Did every istiod pod of every revision answer?", Verdict: Pass}
	if len(w.IstiodDeployments) == 0 {
		r.Verdict, r.Reason = Unknown, "no istiod Deployment was seen"
		return r
	}
	answered := 0
	ways := map[string]int{}
	for i := range w.Istiods {
		it := &w.Istiods[i]
		if it.Phase == "Succeeded" || it.Phase == "Failed" {
			continue
		}
		if it.Answered {
			answered++
			ways[it.Way]++
		} else if oneMayBeSilent && answered == i {
			continue
		}
		r = r.worsen(w.answer(it))
	}
	total := 0
	var revisions []string
	for _, d := range w.IstiodDeployments {
		total += d.StatusReplicas
		if !slices.Contains(revisions, d.Revision) {
			revisions = append(revisions, d.Revision)
			r = r.worsen(w.listed(d.Revision))
		}
	}
	for i := range w.Istiods {
		if rev := w.Istiods[i].Revision; !slices.Contains(revisions, rev) {
			r = r.worsen(Unknown, fmt.Sprintf("istiod pod %s belongs to revision %s, of which no Deployment was seen", w.Istiods[i].Pod, rev))
		}
	}
	r.Required, r.Found = count(total, "answer"), count(answered, "answer")
	for _, way := range slices.Sorted(maps.Keys(ways)) {
		if way != "" {
			r.Found += fmt.Sprintf(", %d %s", ways[way], way)
		}
	}
	return r
}

// listed: as many istiod pods of a revision were seen as its Deployments say there are. Terminating ones are not among those.
func (w *world) listed(revision string) (Verdict, string) {
	wanted, seen := 0, 0
	for _, d := range w.IstiodDeployments {
		if d.Revision == revision {
			wanted += d.StatusReplicas
		}
	}
	for _, it := range w.istiods(revision) {
		if !it.Deleting {
			seen++
		}
	}
	if seen != wanted {
		return Unknown, fmt.Sprintf("istiod %s should have %s, %d seen: proxies may hide behind the others", revision, count(wanted, "pod"), seen)
	}
	return Pass, ""
}

func (w *world) answer(it *Istiod) (Verdict, string) {
	who := "istiod pod " + it.Pod + " (" + it.Revision + ")"
	switch {
	case !it.Answered:
		return Unknown, who + " did not answer" + because(it.Error)
	case it.Filtered != "":
		return Unknown, fmt.Sprintf("%s, version %s, hides proxies of other namespaces%s: run the observer in istiod's namespace, or add its namespace to DEBUG_ENDPOINT_AUTH_ALLOWED_NAMESPACES", who, it.Version, because(it.Filtered))
	case !it.AskedAt.IsZero() && w.At.Sub(it.AskedAt) > stale:
		return Unknown, fmt.Sprintf("%s answered %s ago", who, age(it.AskedAt, w.At))
	}
	return Pass, ""
}

// covered: whoever runs a proxy is known to some istiod. An istiod that filters its answer says nothing about it: the list is just empty.
func (w *world) covered() Result {
	r := Result{Name: "covered", Question: "Is every running proxy connected to an istiod that answered?", Verdict: Pass}
	running, missing := 0, 0
	for i := range w.proxies {
		p := &w.proxies[i]
		if !w.expected(p) {
			continue
		}
		running++
		if len(w.connections(p)) > 0 {
			continue
		}
		missing++
		r.Stragglers = append(r.Stragglers, w.unconnected(p))
	}
	r.Required, r.Found = count(running, "proxy"), fmt.Sprintf("%d connected", running-missing)
	if missing > 0 {
		r.Verdict = Unknown
		r.Reason = fmt.Sprintf("%s of %d %s connected to no istiod that answered", count(missing, "running proxy"), running, plural(missing, "is", "are"))
		if missing == running {
			r.Stragglers = nil // the fault is the istiods', not everybody's
			r.Reason = "the istiods name none of the running proxies: " + w.filterSuspicion()
		}
	}
	return r
}

// expected proxies must be connected: running, ready, and not just started.
func (w *world) expected(p *proxy) bool {
	return p.Phase == "Running" && p.Ready && !p.Deleting && !w.young(p.Pod)
}

func (w *world) filterSuspicion() string {
	var versions []string
	for i := range w.Istiods {
		if v := w.Istiods[i].Version; v != "" && !slices.Contains(versions, v) {
			versions = append(versions, v)
		}
	}
	slices.Sort(versions)
	return "istiod (" + strings.Join(versions, ", ") + ") seems to filter its answer to the asker's namespace; run the observer in istiod's namespace, or add its namespace to DEBUG_ENDPOINT_AUTH_ALLOWED_NAMESPACES"
}

func (w *world) unconnected(p *proxy) Straggler {
	return Straggler{
		Namespace: p.Namespace, Kind: p.root.Kind, Name: p.root.Name, Pod: p.Name, Revision: p.revision.String(),
		Reason: "connected to no istiod that answered", Remedy: "kubectl -n " + p.Namespace + " logs " + p.Name + " -c istio-proxy", Since: p.Created,
	}
}

// explained: a connection that is no pod of this cluster is a virtual machine or belongs to another cluster. It moves by other means, so a person
// must have signed it off.
func (w *world) explained() Result {
	r := Result{Name: "extras", Question: "Is every other connection explained?", Verdict: Pass}
	extra, signed := 0, 0
	for _, s := range w.links.strangers {
		if w.signedOff(s.Connection) {
			signed++
			continue
		}
		extra++
		r = r.worsen(Unknown, fmt.Sprintf("proxy %s%s is connected to istiod pod %s and is no pod of this cluster: sign it off with a reason, or find it", s.Proxy, ofCluster(s.Connection), s.istiod.Pod))
	}
	r.Found = count(extra, "unexplained connection")
	if signed > 0 {
		r.Found += fmt.Sprintf(", %d signed off", signed)
	}
	return r
}

func ofCluster(c *Connection) string {
	if c.Cluster == "" {
		return ""
	}
	return " of cluster " + c.Cluster
}

func (w *world) signedOff(c *Connection) bool {
	return slices.ContainsFunc(w.SignedOff, func(s SignedOff) bool {
		if s.Proxy == "" && s.Cluster == "" || !s.Until.IsZero() && w.At.After(s.Until) {
			return false
		}
		return (s.Proxy == "" || s.Proxy == c.Proxy) && (s.Cluster == "" || s.Cluster == c.Cluster)
	})
}
