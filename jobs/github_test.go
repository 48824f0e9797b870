package jobs

import (
	"bytes"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

type githubAction struct {
	Name, Description string
	Inputs            map[string]struct {
		Description string
		Required    bool
		Default     *string
	}
	Outputs map[string]struct{ Description, Value string }
	Runs    struct {
		Using string
		Steps []struct {
			ID, Shell, Run string
			Env            map[string]string
		}
	}
}

func readGitHub(t *testing.T) githubAction {
	t.Helper()
	text, err := os.ReadFile("github/check/action.yml")
	if err != nil {
		t.Fatal(err)
	}
	var a githubAction
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(&a); err != nil {
		t.Fatal(err)
	}
	if a.Runs.Using != "composite" || len(a.Runs.Steps) != 1 {
		t.Fatalf("it runs %+v", a.Runs)
	}
	return a
}

func TestEachInputOfTheActionIsUsedAndDocumented(t *testing.T) {
	a := readGitHub(t)
	step, page := a.Runs.Steps[0], section(t, "## GitHub", "## Elsewhere")
	for name, in := range a.Inputs {
		variable := "INPUT_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
		if step.Env[variable] != "${{ inputs."+name+" }}" || !strings.Contains(step.Run, `"$`+variable+`"`) {
			t.Errorf("the input %s does not reach the script as %s", name, variable)
		}
		want := "needed"
		if !in.Required {
			if in.Default == nil {
				t.Fatalf("the input %s is not needed and has no default", name)
			}
			want = *in.Default
		}
		if said := row(page, name); !strings.Contains(said, want) || in.Description == "" {
			t.Errorf("docs/pipelines.md says %q of %s, want %q", said, name, want)
		}
	}
	for name, out := range a.Outputs {
		if out.Value != "${{ steps."+step.ID+".outputs."+name+" }}" || !strings.Contains(step.Run, name+"=%s") || row(page, name) == "" || out.Description == "" {
			t.Errorf("the output %s is %+v: it is not set, or not documented", name, out)
		}
	}
	documented(t, page, append(slices.Collect(maps.Keys(a.Inputs)), slices.Collect(maps.Keys(a.Outputs))...))
}

// What stands between the braces is put into a script before it runs, so that an input would be run.
func TestNoInputIsPutIntoTheScriptOfTheAction(t *testing.T) {
	if run := readGitHub(t).Runs.Steps[0].Run; strings.Contains(run, "${{") {
		t.Errorf("it has an expression:\n%s", run)
	}
}

func TestTheActionChecksNothingOut(t *testing.T) {
	run := readGitHub(t).Runs.Steps[0].Run
	for _, word := range []string{"git ", "checkout", "curl", "eval"} {
		if strings.Contains(run, word) {
			t.Errorf("%q is in its script:\n%s", word, run)
		}
	}
}
