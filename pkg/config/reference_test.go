package config

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/invopop/jsonschema"
	validate "github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
)

var update = flag.Bool("update", false, "rewrite schema.json and the reference in docs/")

const (
	page        = "../../docs/configuration.md"
	beginMarker = "<!-- The reference below is made from the Go types; change those, then run `make generate`. -->\n"
)

// The schema that the program prints, its copy for editors and the reference
// page all say what the Go types say.
func TestReferenceIsInStep(t *testing.T) {
	schema := reflectSchema(t)
	text, err := json.MarshalIndent(schema, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	text = append(text, '\n')
	old, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	prose, _, found := strings.Cut(string(old), beginMarker)
	if !found {
		t.Fatalf("%s has no line %s", page, beginMarker)
	}
	for file, want := range map[string]string{
		"schema.json":                   string(text),
		"../../docs/config.schema.json": string(text),
		page:                            prose + beginMarker + reference(schema),
	} {
		if *update {
			if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		got, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, string(got)); diff != "" {
			t.Errorf("%s is not in step with the Go types; run make generate (-want +got):\n%s", file, diff)
		}
	}
}

// What the schema accepts and refuses, Load does too, as far as a schema can say it.
func TestSchemaAgreesWithLoad(t *testing.T) {
	doc, err := validate.UnmarshalJSON(strings.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	compiler := validate.NewCompiler()
	if err := compiler.AddResource("config.json", doc); err != nil {
		t.Fatal(err)
	}
	compiled, err := compiler.Compile("config.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name, text string
		ok         bool
	}{
		{"everything", whole, true},
		{"nothing", "{}", true},
		{"unknown key", "polcy: {}", false},
		{"wrong word", "mergeRequests: {method: ff}", false},
		{"wrong kind", "environments: dev", false},
		{"not a duration", "interval: soon", false},
		{"phase that is none", "environments: [{path: dev, policy: {mergeByPhase: {preflight: auto}}}]", false},
		{"day that is none", "environments: [{path: dev, policy: {freezes: [{from: soon, until: '2027-01-03'}]}}]", false},
		{"role that is none", "commands: {promote: {roles: [boss]}}", false},
		{"missing key", "environments: [{gateways: [public]}]", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var value any
			if err := yaml.Unmarshal([]byte(tc.text), &value); err != nil {
				t.Fatal(err)
			}
			asJSON, err := json.Marshal(value)
			if err != nil {
				t.Fatal(err)
			}
			instance, err := validate.UnmarshalJSON(bytes.NewReader(asJSON))
			if err != nil {
				t.Fatal(err)
			}
			if err := compiled.Validate(instance); (err == nil) != tc.ok {
				t.Errorf("the schema says %v of %q, want ok %v", err, tc.text, tc.ok)
			}
			if _, err := Load("c.yaml", []byte(tc.text)); (err == nil) != tc.ok {
				t.Errorf("Load says %v of %q, want ok %v", err, tc.text, tc.ok)
			}
		})
	}
}

// Each YAML block of these pages is a configuration that loads.
func TestExamplesLoad(t *testing.T) {
	for _, page := range []string{page, "../../docs/windows.md", "../../docs/commands.md", "../../docs/install-github.md", "../../docs/install-gitlab.md"} {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		blocks := strings.Split(string(text), "```yaml\n")[1:]
		if len(blocks) == 0 {
			t.Fatalf("%s has no example", page)
		}
		for i, block := range blocks {
			example, _, _ := strings.Cut(block, "```")
			if _, err := Load(fmt.Sprintf("%s example-%d", page, i+1), []byte(example)); err != nil {
				t.Error(err)
			}
		}
	}
}

func reflectSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	r := &jsonschema.Reflector{
		FieldNameTag: "yaml",
		Anonymous:    true,
		Mapper: func(rt reflect.Type) *jsonschema.Schema {
			if rt == reflect.TypeFor[Duration]() {
				return &jsonschema.Schema{Type: "string", Pattern: `^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$`}
			}
			if rt == reflect.TypeFor[Date]() {
				return &jsonschema.Schema{Type: "string", Pattern: `^[0-9]{4}-[0-9]{2}-[0-9]{2}$`}
			}
			if w, ok := reflect.Zero(rt).Interface().(words); ok {
				s := &jsonschema.Schema{Type: "string"}
				for _, k := range w.known() {
					s.Enum = append(s.Enum, k)
				}
				return s
			}
			return nil
		},
	}
	if err := addComments(r); err != nil {
		t.Fatal(err)
	}
	schema := r.Reflect(Config{})
	schema.Title = "Linnet configuration"
	addDefaults(t, schema, reflect.TypeFor[Config]())
	return schema
}

// addComments takes the field comments from this folder's sources.
func addComments(r *jsonschema.Reflector) error {
	if err := r.AddGoComments(reflect.TypeFor[Config]().PkgPath(), ".", jsonschema.WithFullComment()); err != nil {
		return err
	}
	for name, text := range r.CommentMap {
		r.CommentMap[name] = strings.Join(strings.Fields(text), " ")
	}
	return nil
}

// addDefaults writes the default tags, which Load goes by, into the schema.
func addDefaults(t *testing.T, schema *jsonschema.Schema, rt reflect.Type) {
	for rt.Kind() == reflect.Pointer || rt.Kind() == reflect.Slice || rt.Kind() == reflect.Map {
		rt = rt.Elem()
	}
	if rt.Kind() != reflect.Struct {
		return
	}
	for _, f := range fieldsOf(rt) {
		property, ok := schema.Definitions[rt.Name()].Properties.Get(f.name)
		if !ok {
			t.Fatalf("the schema has no %s.%s", rt.Name(), f.name)
		}
		if property.Description == "" {
			t.Errorf("%s.%s has no comment", rt.Name(), f.name)
		}
		field := rt.FieldByIndex(f.index)
		if text := f.tag.Get("default"); text != "" {
			v := reflect.New(rt).Elem()
			setDefaults(v)
			fv := v.FieldByIndex(f.index)
			if fv.IsZero() {
				t.Errorf("the default %q of %s.%s is not a %s", text, rt.Name(), f.name, field.Type)
			}
			if fv.Kind() == reflect.Int {
				property.Default = fv.Int()
			} else {
				property.Default = text
			}
		}
		addDefaults(t, schema, field.Type)
	}
}

// reference is the generated part of the page: a table for each type, in the order in which the types are met.
func reference(schema *jsonschema.Schema) string {
	var b strings.Builder
	var section func(at string, rt reflect.Type)
	section = func(at string, rt reflect.Type) {
		title := "The file"
		if at != "" {
			title = "`" + at + "`"
		}
		fmt.Fprintf(&b, "\n### %s\n\n| key | value | default | meaning |\n| --- | --- | --- | --- |\n", title)
		type inner struct {
			at string
			rt reflect.Type
		}
		var later []inner
		for _, f := range fieldsOf(rt) {
			ft := rt.FieldByIndex(f.index).Type
			property, _ := schema.Definitions[rt.Name()].Properties.Get(f.name)
			suffix := ""
			for ft.Kind() == reflect.Pointer || ft.Kind() == reflect.Slice || ft.Kind() == reflect.Map {
				switch ft.Kind() {
				case reflect.Slice:
					suffix += "[]"
				case reflect.Map:
					suffix += ".<name>"
				}
				ft = ft.Elem()
			}
			if ft.Kind() == reflect.Struct {
				later = append(later, inner{strings.TrimPrefix(at+"."+f.name+suffix, "."), ft})
			}
			fallback := f.tag.Get("default")
			if fallback != "" {
				fallback = "`" + fallback + "`"
			} else if strings.Contains(string(f.tag), "omitempty") {
				fallback = "-"
			} else {
				fallback = "required"
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", f.name, kind(rt.FieldByIndex(f.index).Type, f), fallback, strings.ReplaceAll(property.Description, "|", `\|`))
		}
		for _, i := range later {
			section(i.at, i.rt)
		}
	}
	section("", reflect.TypeFor[Config]())
	return b.String()
}

// kind says in words what a field takes.
func kind(rt reflect.Type, f field) string {
	if w, ok := reflect.Zero(rt).Interface().(words); ok {
		return "`" + strings.Join(w.known(), "`, `") + "`"
	}
	switch {
	case rt == reflect.TypeFor[Duration]():
		return "duration"
	case rt == reflect.TypeFor[Date]():
		return "day"
	case f.tag.Get("path") != "" && f.name == "url":
		return "URL or path"
	case f.tag.Get("path") != "":
		return "path"
	case rt.Kind() == reflect.Pointer:
		return kind(rt.Elem(), f)
	case rt.Kind() == reflect.Slice:
		return "list of " + kind(rt.Elem(), f)
	case rt.Kind() == reflect.Map && rt.Elem().Kind() == reflect.Interface:
		return "mapping"
	case rt.Kind() == reflect.Map:
		return "mapping of names to " + kind(rt.Elem(), f)
	case rt.Kind() == reflect.Struct:
		return "mapping"
	case rt.Kind() == reflect.Int:
		return "number"
	case rt.Kind() == reflect.Bool:
		return "`true`, `false`"
	}
	return "text"
}
