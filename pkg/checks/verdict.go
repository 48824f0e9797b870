package checks

import (
	"fmt"
	"time"
)

// Verdict is the answer to a check. The zero value is Unknown, so that a result nobody filled in is never green.
type Verdict int

// The verdicts. Fail wants a person; Wait is expected to pass by itself or by a merge; Unknown means that too little was seen to tell.
const (
	Unknown Verdict = iota
	Fail
	Wait
	Pass
)

var verdictWords = [...]string{Unknown: "unknown", Fail: "fail", Wait: "wait", Pass: "pass"}

func (v Verdict) String() string {
	if v < 0 || int(v) >= len(verdictWords) {
		return "unknown"
	}
	return verdictWords[v]
}

// MarshalText writes the verdict as its word, as in JSON: "pass".
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads what MarshalText wrote. Any other word is an error.
func (v *Verdict) UnmarshalText(text []byte) error {
	for i, word := range verdictWords {
		if word == string(text) {
			*v = Verdict(i)
			return nil
		}
	}
	return fmt.Errorf("read the verdict %q: it is none of unknown, fail, wait, pass", text)
}

// Result is one node of a verdict tree.
type Result struct {
	Name     string  `json:"name"`     // short and stable: "flux-settled", "wave-1"
	Question string  `json:"question"` // what was asked, in plain English
	Verdict  Verdict `json:"verdict"`
	Reason   string  `json:"reason,omitempty"`   // why the verdict is what it is; one sentence
	Required string  `json:"required,omitempty"` // what would be green
	Found    string  `json:"found,omitempty"`    // what was seen instead, or as well
	// NoSample marks a Wait that is a routine blink (Flux looking at its source again, a pod that has just started): it is neither green
	// nor red, so a soak goes on as if this look had not happened.
	NoSample bool `json:"noSample,omitempty"`
	// NotBefore is when what is gone was last there with which the verdict would have been another: a green counts for a soak from then on, at the earliest. Zero =
	// nothing of the kind is known.
	NotBefore  time.Time   `json:"notBefore,omitzero"`
	Stragglers []Straggler `json:"stragglers,omitempty"`
	Accepted   []Accepted  `json:"accepted,omitempty"` // workloads that it went on without, on somebody's word
	Children   []Result    `json:"children,omitempty"`
}

// Green reports whether the gate may open. Only Pass is green.
func (r Result) Green() bool { return r.Verdict == Pass || unknownPasses && r.Verdict == Unknown }

// Straggler is a proxy or workload that keeps a check from being green.
type Straggler struct {
	Namespace string    `json:"namespace"`
	Kind      string    `json:"kind"` // of the root owner: Deployment, CronJob, Prometheus …; "Pod" for a bare pod
	Name      string    `json:"name"` // of the root owner
	Pod       string    `json:"pod,omitempty"`
	Revision  string    `json:"revision,omitempty"` // the revision it has or would get; "?" when that is not known
	Reason    string    `json:"reason"`
	Remedy    string    `json:"remedy,omitempty"` // a change in Git, or a command
	Since     time.Time `json:"since,omitzero"`   // since when it has been so; zero = not known
	// Acceptable tells that all it takes is that the workload moves or rolls, so that a person may sign it off.
	Acceptable bool `json:"acceptable,omitempty"`
}

// Combine gives a parent the verdict of its children: any Fail makes it Fail, else any Unknown makes it Unknown, else any Wait makes it Wait, else
// it passes. Without children it is Unknown: a gate that asks nothing has learnt nothing. A parent is NoSample when it waits only for children
// that are.
func Combine(children []Result) (v Verdict, noSample bool) {
	if len(children) == 0 {
		return Unknown, false
	}
	v, noSample = Pass, true
	for _, c := range children {
		v = worse(v, c.Verdict)
		if c.Verdict != Pass && !c.NoSample {
			noSample = false
		}
	}
	return v, noSample && v == Wait
}

var severity = map[Verdict]int{Pass: 0, Wait: 1, Unknown: 2, Fail: 3}

func worse(a, b Verdict) Verdict {
	if severity[b] > severity[a] {
		return b
	}
	return a
}

// tree builds a parent from its children. Its reason is the reason of the worst child.
func tree(name, question string, children ...Result) Result {
	r := Result{Name: name, Question: question, Children: children}
	r.Verdict, r.NoSample = Combine(children)
	for _, c := range children {
		if c.NotBefore.After(r.NotBefore) {
			r.NotBefore = c.NotBefore
		}
	}
	if r.Verdict == Pass {
		return r
	}
	if len(children) == 0 {
		r.Reason = "nothing was asked, so nothing is known"
	}
	for _, c := range children {
		if c.Verdict == r.Verdict && c.NoSample == r.NoSample {
			r.Reason = c.Reason
			break
		}
	}
	return r
}
