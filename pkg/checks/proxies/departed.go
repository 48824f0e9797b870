package proxies

import (
	"fmt"
	"strings"
	"time"

	"github.com/linnet-bot/linnet/pkg/checks"
)

// Departed is a pod with a proxy that was there and is not any more. One of an old revision that comes and goes tells that something still makes them.
type Departed struct {
	Namespace string    `json:"namespace"`
	Pod       string    `json:"pod"`
	Owner     Owner     `json:"owner,omitzero"` // at the root, as far as it was still there
	Revision  string    `json:"revision"`       // "?" = not known
	FirstSeen time.Time `json:"firstSeen"`
	Gone      time.Time `json:"gone"`
}

// departed are those that were old, the last one first.
func departed(o *checks.Observation, q Query) []Departed {
	var all []Departed
	for i := len(o.Departed) - 1; i >= 0; i-- {
		d := &o.Departed[i]
		if q.Revision == "" || d.Revision == q.Revision || q.Namespace != "" && d.Namespace != q.Namespace {
			continue
		}
		p := Departed{Namespace: d.Namespace, Pod: d.Name, Revision: orUnknown(d.Revision), FirstSeen: d.FirstSeen, Gone: d.Gone}
		if n := len(d.Owners); n > 0 {
			p.Owner = Owner{d.Owners[n-1].Kind, d.Owners[n-1].Name}
		}
		all = append(all, p)
	}
	return all
}

// mostDeparted are named before the rest is only counted.
const mostDeparted = 3

// left tells of them in a sentence; "" = there are none.
func (l List) left() string {
	if len(l.Departed) == 0 {
		return ""
	}
	var who []string
	for _, d := range l.Departed[:min(len(l.Departed), mostDeparted)] {
		words := d.Namespace + "/" + d.Pod + " on " + d.Revision
		if d.Owner.Kind != "" {
			words += " of " + d.Owner.String()
		}
		if age := ageAt(d.Gone, l.At); age != "" {
			words += ", " + age + " ago"
		}
		who = append(who, words)
	}
	if more := len(l.Departed) - len(who); more > 0 {
		who = append(who, fmt.Sprintf("and %d more", more))
	}
	return plural(len(l.Departed), "old one has", "old ones have") + " left lately: " + strings.Join(who, "; ")
}
