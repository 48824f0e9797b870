package checks

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Acceptance is a workload that a person signed off: gates that wait for it to move or to roll go on without it.
type Acceptance struct {
	Kind      string    `json:"kind"` // as a straggler names it: "StatefulSet", "Prometheus", "Pod"
	Namespace string    `json:"namespace"`
	Name      string    `json:"name"`
	By        string    `json:"by"` // a login
	At        time.Time `json:"at"`
	Reason    string    `json:"reason"`
	Until     time.Time `json:"until,omitzero"` // zero = the end of the upgrade
	Request   int       `json:"request,omitempty"`
	Comment   int64     `json:"comment,omitempty"`
}

func (a Acceptance) ref() WorkloadRef { return WorkloadRef{a.Namespace, a.Kind, a.Name} }

// Holds tells whether it has not ended.
func (a Acceptance) Holds(at time.Time) bool { return a.Until.IsZero() || at.Before(a.Until) }

// String says who accepted what, until when and why.
func (a Acceptance) String() string {
	text := fmt.Sprintf("%s accepted by %s at %s", a.ref(), a.By, minute(a.At))
	if !a.Until.IsZero() {
		text += " until " + minute(a.Until)
	}
	return text + ": " + a.Reason
}

func minute(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// Accepted is a workload that a check went on without.
type Accepted struct {
	Acceptance
	Was string `json:"was"` // why it is a straggler
}

// EvaluateAccepting is Evaluate, going on without workloads that somebody signed off, as long as the acceptance holds at the time of the observation.
//
// Only a check that waits for a workload to move or to roll can go on without it: the exit gates of waves and gateways have such checks. Whatever guards that
// nothing uses a control plane that is taken away has none, so it counts every workload; and a check that fails, or that does not know, stays as it is.
func (g Gate) EvaluateAccepting(o *Observation, m Merge, accepted []Acceptance) Result {
	if o == nil {
		return Result{Name: g.Name, Question: g.Title, Reason: "the cluster has not been observed"}
	}
	var holding []Acceptance
	for _, a := range accepted {
		if a.Holds(o.At) {
			holding = append(holding, a)
		}
	}
	w := newWorld(o)
	children := make([]Result, 0, len(g.Checks))
	for _, c := range g.Checks {
		if own, ok := c.(question); ok {
			children = append(children, own.accepting(w, m, holding))
			continue
		}
		children = append(children, c.Evaluate(o, m))
	}
	return tree(g.Name, g.Title, children...)
}

// acceptable makes a question one that can go on without some workloads.
func acceptable(ask func(left []WorkloadRef) Check) Check {
	q := ask(nil).(question)
	q.without = func(left []WorkloadRef) question { return ask(left).(question) }
	return q
}

// of makes a question about a scope one that can go on without a workload of it.
func of(s Scope, ask func(Scope) Check) Check {
	return acceptable(func(left []WorkloadRef) Check {
		s := s
		s.left = left
		return ask(s)
	})
}

// accepting answers without what was signed off. The answer without it counts only where the whole one is to wait.
func (q question) accepting(w *world, m Merge, accepted []Acceptance) Result {
	r := q.now(w, m)
	if q.without == nil {
		return q.since(r.counting(), w)
	}
	return q.excused(accepted).since(q.acceptingNow(r, w, m, accepted), w)
}

// excused goes on without all that was signed off: it may come and go.
func (q question) excused(accepted []Acceptance) question {
	if len(accepted) == 0 {
		return q
	}
	left := make([]WorkloadRef, len(accepted))
	for i, a := range accepted {
		left[i] = a.ref()
	}
	return q.without(left)
}

func (q question) acceptingNow(r Result, w *world, m Merge, accepted []Acceptance) Result {
	if r.Verdict != Wait {
		return r
	}
	var left []WorkloadRef
	var passed []Accepted
	for _, a := range accepted {
		if was, ok := r.bears(a); ok && !slices.Contains(left, a.ref()) {
			left, passed = append(left, a.ref()), append(passed, Accepted{a, was})
		}
	}
	if len(left) == 0 {
		return r
	}
	r = q.without(left).now(w, m)
	r.Accepted = passed
	r.Found = joinWords(r.Found, count(len(passed), "workload")+" signed off")
	return r
}

// counting is a result of a check that goes on without nothing.
func (r Result) counting() Result {
	for i := range r.Stragglers {
		r.Stragglers[i].Acceptable = false
	}
	for i := range r.Children {
		r.Children[i] = r.Children[i].counting()
	}
	return r
}

// bears tells whether a result can go on without a workload: everything that it has against it is that it has not moved or rolled.
func (r Result) bears(a Acceptance) (was string, ok bool) {
	ok = true
	var look func(Result)
	look = func(r Result) {
		for _, s := range r.Stragglers {
			if s.ref() != a.ref() {
				continue
			}
			ok = ok && s.Acceptable
			if was == "" {
				was = s.Reason
			}
		}
		for _, c := range r.Children {
			look(c)
		}
	}
	look(r)
	return was, ok && was != ""
}

func (s Straggler) ref() WorkloadRef { return WorkloadRef{s.Namespace, s.Kind, s.Name} }

// Acceptable are the stragglers of a tree that can be signed off, each workload once, in the order of Stragglers.
func Acceptable(r Result) []Straggler {
	var all []Straggler
	var collect func(Result)
	collect = func(r Result) {
		for _, s := range r.Stragglers {
			if s.Acceptable && !slices.ContainsFunc(all, func(other Straggler) bool { return other.ref() == s.ref() }) {
				all = append(all, s)
			}
		}
		for _, c := range r.Children {
			collect(c)
		}
	}
	collect(r)
	slices.SortStableFunc(all, func(a, b Straggler) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name))
	})
	return all
}

// AcceptedIn are the workloads that the checks of a tree went on without, each once.
func AcceptedIn(r Result) []Accepted {
	var all []Accepted
	var collect func(*Result)
	collect = func(r *Result) {
		for _, a := range r.Accepted {
			if !slices.ContainsFunc(all, func(other Accepted) bool { return other.Acceptance == a.Acceptance }) {
				all = append(all, a)
			}
		}
		for i := range r.Children {
			collect(&r.Children[i])
		}
	}
	collect(&r)
	return all
}

// leaves tells whether a scope goes on without something with one of these names.
func (s Scope) leaves(refs ...WorkloadRef) bool {
	return slices.ContainsFunc(refs, func(r WorkloadRef) bool { return slices.Contains(s.left, r) })
}

// leavesProxies is leaves for pods, by their root owner and by the workload in between.
func (s Scope) leavesProxies(f *family) bool {
	return s.leaves(f.root) || f.workload != nil && s.leaves(f.workload.ref())
}

// accepted prints who was signed off.
func (p *printer) accepted(all []Accepted) {
	if len(all) == 0 {
		return
	}
	p.out.WriteString("\n")
	p.wrap("  ", "  ", "Signed off ("+count(len(all), "workload")+"):")
	for _, a := range all {
		p.wrap("  ", "      ", a.String()+"; it was: "+a.Was)
	}
}
