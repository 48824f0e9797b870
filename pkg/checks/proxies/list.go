package proxies

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/linnet-bot/linnet/pkg/checks"
)

// Query says what is asked of an observation.
type Query struct {
	// Revision is the one that is wanted; "" = of each proxy the one that its next pod would get.
	Revision string
	// Wish says whose wish that is, as the end of a sentence: "that --revision names". It is shown, and decides nothing.
	Wish string
	// Namespace is the only one to be listed; "" = all.
	Namespace string
	// Old lists only those that are.
	Old bool
	Now time.Time
}

// List is the proxies of a cluster at one moment.
type List struct {
	At      time.Time `json:"at"`
	Age     string    `json:"-"` // of the observation, for humans
	Cluster string    `json:"cluster,omitempty"`
	// Complete tells that both witnesses together show every proxy. Else Unknown says, in one sentence each, why they do not.
	Complete bool     `json:"complete"`
	Unknown  []string `json:"unknown,omitempty"`
	// Wanted is the revision that is; "" = of each proxy the one that its next pod would get.
	Wanted string `json:"wanted,omitempty"`
	Rule   string `json:"rule"` // who counts as old, as a sentence

	Namespace string `json:"namespace,omitempty"` // the only one that is listed; "" = all
	OldOnly   bool   `json:"oldOnly,omitempty"`

	Istiods []Istiod `json:"istiods"`
	Counts  []Count  `json:"counts"` // of all proxies of the listed namespaces, old or not
	Total   int      `json:"total"`  // of them
	Old     int      `json:"old"`    // among them
	Unwell  int      `json:"unwell"` // among them: not in sync, not connected, or with a pod that is not well
	Proxies []Proxy  `json:"proxies"`
	// Departed are pods that were not on the wanted revision and have left lately, as far as the observer remembers; none where no revision is wanted.
	Departed []Departed `json:"departed,omitempty"`
}

// Istiod is one pod of a control plane.
type Istiod struct {
	Namespace string `json:"namespace"`
	Pod       string `json:"pod"`
	Revision  string `json:"revision"`
	Version   string `json:"version,omitempty"`
	Proxies   int    `json:"proxies"`          // that it says are connected to it
	Silent    string `json:"silent,omitempty"` // why that number is not to be counted on
}

// Count is how many proxies there are on one revision at one version.
type Count struct {
	Revision string `json:"revision"` // "?" = not known
	Version  string `json:"version"`  // "?" = not known
	Proxies  int    `json:"proxies"`
}

// staleAfter is how old an observation may be for what it says to be taken for what is.
const staleAfter = 3 * time.Minute

// Make lists the proxies of an observation, which must not be nil.
func Make(o *checks.Observation, q Query) List {
	mesh := checks.NewMesh(o)
	l := List{At: o.At, Cluster: o.Cluster, Wanted: q.Revision, Rule: q.rule(), Namespace: q.Namespace, OldOnly: q.Old, Proxies: []Proxy{}, Counts: []Count{}, Istiods: []Istiod{}}
	l.Age = ageAt(o.At, q.Now)
	l.Unknown = unknown(mesh, o, q)
	l.Complete = len(l.Unknown) == 0
	silent := false
	for i := range o.Istiods {
		it := &o.Istiods[i]
		if it.Phase == "Succeeded" || it.Phase == "Failed" {
			continue
		}
		why := mesh.Silent(it)
		silent = silent || why != ""
		l.Istiods = append(l.Istiods, Istiod{Namespace: it.Namespace, Pod: it.Pod, Revision: it.Revision, Version: it.Version, Proxies: len(it.Connections), Silent: why})
	}
	r := reader{mesh: mesh, wanted: q.Revision, blind: silent || len(o.Istiods) == 0}
	counts := map[Count]int{}
	for _, p := range r.all() {
		if q.Namespace != "" && p.Namespace != q.Namespace {
			continue
		}
		l.Total++
		counts[Count{Revision: p.Revision, Version: orUnknown(p.Version)}]++
		if p.Old {
			l.Old++
		}
		if !p.Well() {
			l.Unwell++
		}
		if p.Old || !q.Old {
			l.Proxies = append(l.Proxies, p)
		}
	}
	l.Departed = departed(o, q)
	for c, n := range counts {
		c.Proxies = n
		l.Counts = append(l.Counts, c)
	}
	slices.SortFunc(l.Counts, func(a, b Count) int {
		return cmp.Or(cmp.Compare(b.Proxies, a.Proxies), cmp.Compare(a.Revision, b.Revision), cmp.Compare(a.Version, b.Version))
	})
	return l
}

func orUnknown(s string) string {
	if s == "" {
		return "?"
	}
	return s
}

// rule says who counts as old.
func (q Query) rule() string {
	if q.Revision == "" {
		return "old is whoever is not on the revision that its own next pod would get"
	}
	rule := "old is whoever is not on " + q.Revision
	if q.Wish != "" {
		rule += ", the revision " + q.Wish
	}
	return rule
}

// unknown are the reasons for which the list may lack a proxy, or say what is no longer so.
func unknown(mesh checks.Mesh, o *checks.Observation, q Query) []string {
	var all []string
	add := func(reason string) {
		if reason != "" && !slices.Contains(all, reason) {
			all = append(all, reason)
		}
	}
	if age := q.Now.Sub(o.At); age > staleAfter {
		add(fmt.Sprintf("the cluster was observed at %s, and much may have changed since: observe it again", o.At.UTC().Format("2006-01-02 15:04:05 UTC")))
	}
	for _, c := range mesh.Visibility().Children {
		if c.Verdict != checks.Pass {
			add(c.Reason)
		}
	}
	for i := range o.Istiods {
		if it := &o.Istiods[i]; it.Phase != "Succeeded" && it.Phase != "Failed" {
			add(mesh.Silent(it))
		}
	}
	return all
}
