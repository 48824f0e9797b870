package planner

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/linnet-bot/linnet/pkg/gitops"
	"github.com/linnet-bot/linnet/pkg/gitops/render"
)

// mostViolations is how many broken values a refusal names: a file that is wrong as a whole breaks thousands.
const mostViolations = 10

// explain makes a refusal of an umbrella that does not render: each value that its schema refuses, and where it is written.
func (b *builder) explain(err error, version, consequence string) error {
	var refusedBefore *Refused
	if errors.As(err, &refusedBefore) {
		return err
	}
	var violations *render.SchemaViolations
	if !errors.As(err, &violations) || violations.Version != version {
		refused := refuse(b.env.ID, "render", "%v; this is what Big Bang %s makes of the values, so mend them or choose another release", err, version)
		refused.Findings[0].Position = b.istiodPosition(err)
		return refused
	}
	refused := &Refused{Environment: b.env.ID}
	for i, v := range violations.Errors {
		if left := len(violations.Errors) - i; i == mostViolations && left > 1 {
			refused.Findings = append(refused.Findings, Finding{Level: Refuse, Check: "schema",
				Text: fmt.Sprintf("the values break the schema of Big Bang %s in %d more places; mend these first", version, left)})
			break
		}
		f := Finding{Level: Refuse, Check: "schema", Text: fmt.Sprintf("the values break the schema of Big Bang %s (%s), %s", version, v, consequence)}
		f.Position, _ = b.valuePosition(v)
		refused.Findings = append(refused.Findings, f)
	}
	return refused
}

// istiodPosition is where the repository sets the first value that the schema of istiod's chart refuses; the zero Position where no readable layer sets it.
func (b *builder) istiodPosition(err error) gitops.Position {
	var violations *render.SchemaViolations
	if !errors.As(err, &violations) || violations.Chart != "istiod" {
		return gitops.Position{}
	}
	for _, v := range violations.Errors {
		v.Path = strings.TrimSuffix("istiod.values."+v.Path, ".")
		if at, ok := b.valuePosition(v); ok {
			return at
		}
	}
	return gitops.Position{}
}

// quoted finds the keys that a schema's message names, as "additional properties 'promtail' not allowed" does.
var quoted = regexp.MustCompile(`'([^']+)'`)

// valuePosition finds the line of the strongest readable layer that sets the value a schema error is about.
func (b *builder) valuePosition(v render.SchemaError) (gitops.Position, bool) {
	var path []string
	if v.Path != "" {
		path = strings.Split(v.Path, ".")
	}
	named := quoted.FindAllStringSubmatch(v.Message, -1)
	for i := len(b.env.Layers) - 1; i >= 0; i-- {
		l := b.env.Layers[i]
		for _, name := range named {
			if at, ok := l.Where(append(path[:len(path):len(path)], name[1])...); ok {
				return at, true
			}
		}
		if len(path) > 0 {
			if at, ok := l.Where(path...); ok {
				return at, true
			}
		}
	}
	return gitops.Position{}, false
}
