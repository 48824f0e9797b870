package planner

import (
	"fmt"
	"strings"

	"github.com/linnet-bot/linnet/pkg/gitops"
)

// Refused is the error of a plan that must not be made. Each finding is one sentence that says what is in the way and what to do.
type Refused struct {
	Environment string
	Findings    []Finding // only those with Level Refuse; never empty
}

// Error gives all sentences.
func (r *Refused) Error() string {
	lines := make([]string, 0, len(r.Findings))
	for _, f := range r.Findings {
		lines = append(lines, f.String())
	}
	return fmt.Sprintf("no plan for %s: %s", r.Environment, strings.Join(lines, "; "))
}

// Unwrap gives each sentence as an error of its own, for those who print one a line.
func (r *Refused) Unwrap() []error {
	all := make([]error, 0, len(r.Findings))
	for _, f := range r.Findings {
		all = append(all, fmt.Errorf("no plan for %s: %s", r.Environment, f))
	}
	return all
}

// String is the sentence with its position.
func (f Finding) String() string {
	if f.Position.File == "" {
		return f.Text
	}
	return fmt.Sprintf("%s (%s)", f.Text, position(f.Position))
}

func position(p gitops.Position) string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d", p.File, p.Line)
}

func refuse(environment, check, format string, args ...any) *Refused {
	return &Refused{Environment: environment, Findings: []Finding{{Level: Refuse, Check: check, Text: fmt.Sprintf(format, args...)}}}
}
