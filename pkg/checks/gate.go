package checks

import "time"

// Check asks one question of an observation.
type Check interface {
	// Words says in plain English what must hold, as one short line of a plan.
	Words() string
	// Evaluate answers it. m is the merge whose effect is awaited; the zero Merge asks only for a cluster at rest.
	Evaluate(o *Observation, m Merge) Result
}

// Gate is a list of checks that must all pass, unbroken for the length of the soak.
type Gate struct {
	Name   string // short: "wave-1"
	Title  string // what it guards, in plain English
	Soak   time.Duration
	Checks []Check
}

// Merge is the merge whose effect is awaited.
type Merge struct {
	Commit string // the merge's commit, 40 hex digits
	// Ancestors reports whether Commit is contained in (an ancestor of, or equal to) the applied commit. Nil means that only equality is known.
	Ancestors func(applied string) bool
	At        time.Time // when it was merged
}

// contained reports whether a cluster that applied the given commit has the merge in it.
func (m Merge) contained(applied string) bool {
	if m.Commit == "" || applied == m.Commit {
		return true
	}
	return m.Ancestors != nil && m.Ancestors(applied)
}

// Words says in plain English what the gate asks for, one line a check, without repeating itself.
func (g Gate) Words() []string {
	var words []string
	seen := map[string]bool{}
	for _, c := range g.Checks {
		if w := c.Words(); !seen[w] {
			seen[w] = true
			words = append(words, w)
		}
	}
	if g.Soak > 0 {
		words = append(words, "all of this stays so for "+duration(g.Soak))
	}
	return words
}

// Evaluate asks every check and combines the answers (see Combine). An observation that is nil, like a gate without checks, is Unknown.
func (g Gate) Evaluate(o *Observation, m Merge) Result {
	return g.EvaluateAccepting(o, m, nil)
}

// Join makes one gate of several. A check that several of them ask in the same words is asked once; the soak is the longest.
func Join(name, title string, gates ...Gate) Gate {
	joined := Gate{Name: name, Title: title}
	seen := map[string]bool{}
	for _, g := range gates {
		joined.Soak = max(joined.Soak, g.Soak)
		for _, c := range g.Checks {
			if own, ok := c.(question); ok && own.id != "" {
				if seen[own.id] {
					continue
				}
				seen[own.id] = true
			}
			joined.Checks = append(joined.Checks, c)
		}
	}
	return joined
}

// question is a check of this package. It is asked through an index that a gate builds once for all its checks.
type question struct {
	name  string
	asks  string // the question
	words string // what must hold
	id    string // equal ids ask the same of the same things; "" is never the same
	judge func(w *world, m Merge) Result
	// departed is the pod that left last of those with which it would not have passed; nil = which pods have left makes no difference to it.
	departed func(w *world) *DepartedPod
	// without is the same question, going on without some workloads; nil = it can go on without none.
	without func(left []WorkloadRef) question
}

var _ Check = question{}

func (q question) Words() string { return q.words }

func (q question) Evaluate(o *Observation, m Merge) Result {
	if o == nil {
		return Result{Name: q.name, Question: q.asks, Reason: "the cluster has not been observed"}
	}
	return q.answer(newWorld(o), m)
}

func (q question) answer(w *world, m Merge) Result { return q.since(q.now(w, m), w) }

// now answers by what is there now.
func (q question) now(w *world, m Merge) Result {
	r := q.judge(w, m)
	r.Name, r.Question = q.name, q.asks
	return r
}
