package render

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"
)

// SchemaError is one violation of a values.schema.json. Path is dotted, like "istiod.git.tag"; "" is the root. The path of a key that must not
// be there ends in that key.
type SchemaError struct {
	Path    string `json:"path"`
	Message string `json:"message"`
}

func (e SchemaError) String() string {
	if e.Path == "" {
		return e.Message
	}
	return e.Path + ": " + e.Message
}

// SchemaViolations refuses a render because values break the chart's schema.
type SchemaViolations struct {
	Chart, Version string
	Errors         []SchemaError
}

func (v *SchemaViolations) Error() string {
	lines := make([]string, len(v.Errors))
	for i, e := range v.Errors {
		lines[i] = e.String()
	}
	return fmt.Sprintf("render refused: the schema of %s %s does not allow the values: %s", v.Chart, v.Version, strings.Join(lines, "; "))
}

// Validate lists what values, merged with the chart's defaults, break in the schemas of the chart and of its enabled sub-charts. It is sorted by path and
// empty when all is well.
func (c *Chart) Validate(values map[string]any) []SchemaError {
	own, err := helmValues(values)
	if err != nil {
		return []SchemaError{{Message: err.Error()}}
	}
	prepared := clone(c.loaded)
	if own, err = prepare(prepared, own); err != nil {
		return []SchemaError{{Message: err.Error()}}
	}
	merged, err := chartutil.CoalesceValues(prepared, own)
	if err != nil {
		return []SchemaError{{Message: oneLine(err.Error())}}
	}
	return validate(prepared, merged)
}

// prepare enables and disables sub-charts as the values ask, and returns the values to render with. It changes the chart.
func prepare(c *chart.Chart, values map[string]any) (map[string]any, error) {
	own := copyValue(values).(map[string]any)
	if err := chartutil.ProcessDependenciesWithMerge(c, own); err != nil {
		return nil, fmt.Errorf("prepare the sub-charts of %s: %s", c.Name(), oneLine(err.Error()))
	}
	return own, nil
}

func validate(c *chart.Chart, values map[string]any) []SchemaError {
	var out []SchemaError
	collect(c, values, nil, &out)
	slices.SortFunc(out, func(a, b SchemaError) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), strings.Compare(a.Message, b.Message))
	})
	return slices.Compact(out)
}

func collect(c *chart.Chart, values map[string]any, at []string, out *[]SchemaError) {
	if len(c.Schema) > 0 {
		err := checkSchema(c.Schema, values)
		var broken *jsonschema.ValidationError
		switch {
		case errors.As(err, &broken):
			leaves(broken, at, out)
		case err != nil:
			*out = append(*out, SchemaError{Path: strings.Join(at, "."), Message: "the chart's values.schema.json cannot be used: " + oneLine(err.Error())})
		}
	}
	for _, sub := range c.Dependencies() {
		below := append(slices.Clone(at), sub.Name())
		switch v := values[sub.Name()].(type) {
		case nil:
		case map[string]any:
			collect(sub, v, below, out)
		default:
			*out = append(*out, SchemaError{Path: strings.Join(below, "."), Message: fmt.Sprintf("got %T, want the values of the sub-chart", v)})
		}
	}
}

func checkSchema(schema []byte, values map[string]any) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	if err != nil {
		return err
	}
	compiler := jsonschema.NewCompiler()
	compiler.UseLoader(noLoader{}) // a schema must not reach for files or the network
	const name = "chart:values.schema.json"
	if err := compiler.AddResource(name, document); err != nil {
		return err
	}
	compiled, err := compiler.Compile(name)
	if err != nil {
		return err
	}
	// The validator knows only the types that JSON decoding gives.
	asJSON, err := json.Marshal(values)
	if err != nil {
		return err
	}
	instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(asJSON))
	if err != nil {
		return err
	}
	return compiled.Validate(instance)
}

type noLoader struct{}

func (noLoader) Load(url string) (any, error) {
	return nil, fmt.Errorf("it refers to %s, which is not part of the chart", url)
}

var english = message.NewPrinter(language.English)

// leaves flattens the tree of a validation error to what is really wrong. Of alternatives (anyOf, oneOf) the one that fits deepest is told, then the one
// with the fewest complaints: most likely it is the one that was meant.
func leaves(e *jsonschema.ValidationError, at []string, out *[]SchemaError) {
	switch k := e.ErrorKind.(type) {
	case *kind.AnyOf, *kind.OneOf:
		if len(e.Causes) > 0 {
			var best []SchemaError
			for i, cause := range e.Causes {
				var these []SchemaError
				leaves(cause, at, &these)
				if i == 0 || closer(these, best) {
					best = these
				}
			}
			*out = append(*out, best...)
			return
		}
	case *kind.AdditionalProperties:
		for _, name := range k.Properties {
			path := append(append(slices.Clone(at), e.InstanceLocation...), name)
			*out = append(*out, SchemaError{Path: strings.Join(path, "."), Message: "is not allowed here"})
		}
		return
	}
	if len(e.Causes) == 0 {
		path := append(slices.Clone(at), e.InstanceLocation...)
		*out = append(*out, SchemaError{Path: strings.Join(path, "."), Message: e.ErrorKind.LocalizedString(english)})
		return
	}
	for _, cause := range e.Causes {
		leaves(cause, at, out)
	}
}

// closer tells whether the complaints a lie deeper in the values than b, or are fewer.
func closer(a, b []SchemaError) bool {
	depth := func(errs []SchemaError) int {
		deepest := 0
		for _, e := range errs {
			deepest = max(deepest, strings.Count(e.Path, ".")+min(len(e.Path), 1))
		}
		return deepest
	}
	if depth(a) != depth(b) {
		return depth(a) > depth(b)
	}
	return len(a) < len(b)
}
