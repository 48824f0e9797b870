package proxies

import (
	"slices"
	"strings"
	"time"

	"github.com/linnet-bot/linnet/pkg/checks"
)

// arrow stands before what moves an old proxy.
const arrow = "→ "

// revisionCell marks who is old, where not all are.
func (l List) revisionCell(p *Proxy) string {
	if p.Old && !l.OldOnly {
		return p.Revision + "*"
	}
	return p.Revision
}

// versionCell says when only the image tells the version.
func versionCell(p *Proxy) string {
	if p.FromImage {
		return p.Version + " (image)"
	}
	return orUnknown(p.Version)
}

func istiodCell(p *Proxy) string {
	switch {
	case len(p.Istiods) > 0:
	case p.State == Unknown:
		return "?"
	default:
		return "-"
	}
	var pods []string
	for _, c := range p.Istiods {
		if !slices.Contains(pods, c.Pod) {
			pods = append(pods, c.Pod)
		}
	}
	return strings.Join(pods, ",")
}

// syncCell is the state, the types that are in it, and for how long: "STALE RDS 3m".
func (l List) syncCell(p *Proxy) string {
	words := []string{p.State.word()}
	if p.State == Stale || p.State == Errored || p.State == NotSent {
		words = append(words, p.blamed(), l.age(p.Since))
	}
	return strings.Join(slices.DeleteFunc(words, func(s string) bool { return s == "" }), " ")
}

// typesCell has each type in its state, those that are in sync together: "CDS,LDS,EDS; RDS STALE".
func typesCell(p *Proxy) string {
	if len(p.Types) == 0 {
		return "-"
	}
	var synced, others []string
	for _, t := range p.Types {
		if t.State == Synced {
			synced = append(synced, t.Name)
		} else {
			others = append(others, t.Name+" "+t.State.word())
		}
	}
	if len(synced) > 0 {
		others = append([]string{strings.Join(synced, ",")}, others...)
	}
	return strings.Join(others, "; ")
}

// note is what there is to say of a proxy, the worst first. Whole, it has what moves an old one on a line of its own.
func note(p *Proxy, whole bool) []string {
	var all []string
	if p.Health != "" {
		all = append(all, p.Health)
	}
	if p.Detail != "" && (p.State == Errored || p.State == Unknown || p.State == NotSent && len(p.Types) == 0) {
		all = append(all, p.Detail)
	}
	if p.Cluster != "" {
		all = append(all, "of cluster "+p.Cluster)
	}
	if p.SignedOff {
		all = append(all, "signed off")
	}
	if p.Old {
		all = append(all, p.Reason)
		if whole {
			all = append(all, arrow+p.Remedy)
		}
	} else if p.Pod != "" && p.Next == "" && whole {
		all = append(all, p.NextWhy)
	}
	return all
}

// ageAt is how long before a moment a time was, for humans.
func ageAt(at, moment time.Time) string {
	return checks.Straggler{Since: at}.Stayed(moment)
}
