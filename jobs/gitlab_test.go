package jobs

import (
	"bytes"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// gitlabJob is a file in the shape that GitLab gives such files: a header with inputs, and below it one job. Keys that are not named here are not known to GitLab, or
// not meant.
type gitlabJob struct {
	inputs map[string]gitlabInput
	name   string
	job    struct {
		Stage, Timeout string
		Tags           string
		Image          struct {
			Name       string
			Entrypoint []string
		}
		Environment   struct{ Name, Action string }
		Variables     map[string]string
		Rules         []struct{ If string }
		Interruptible bool
		Script        []string
		Artifacts     struct {
			When     string
			ExpireIn string `yaml:"expire_in"`
			ExposeAs string `yaml:"expose_as"`
			Paths    []string
			Reports  struct{ Junit string }
		}
		Inherit map[string]bool
		Trigger struct {
			Project, Branch, Strategy string
			Forward                   map[string]bool
		}
	}
	body string // as text
}

type gitlabInput struct {
	Description, Type, Regex string
	Default                  yaml.Node
}

func readGitLab(t *testing.T, name string) gitlabJob {
	t.Helper()
	text, err := os.ReadFile("gitlab/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var j gitlabJob
	var header struct {
		Spec struct {
			Inputs map[string]gitlabInput
		}
	}
	documents := yaml.NewDecoder(bytes.NewReader(text))
	documents.KnownFields(true)
	if err := documents.Decode(&header); err != nil {
		t.Fatal(err)
	}
	all := map[string]yaml.Node{}
	if err := documents.Decode(&all); err != nil || len(all) != 1 {
		t.Fatalf("%d jobs, %v", len(all), err)
	}
	j.inputs = header.Spec.Inputs
	for name, node := range all {
		j.name = name
		text, err := yaml.Marshal(&node)
		if err != nil {
			t.Fatal(err)
		}
		job := yaml.NewDecoder(bytes.NewReader(text))
		job.KnownFields(true)
		if err := job.Decode(&j.job); err != nil {
			t.Fatal(err)
		}
	}
	_, j.body, _ = strings.Cut(string(text), "\n---\n")
	return j
}

// gitlabFiles are the files, and where docs/pipelines.md describes the inputs of each.
var gitlabFiles = map[string][2]string{
	"linnet-check.yml": {"### Inputs of linnet-check.yml", "### Inputs of linnet-gate.yml"},
	"linnet-gate.yml":  {"### Inputs of linnet-gate.yml", "### The image"},
}

func TestEachInputOfTheGitLabJobsIsUsedAndDocumented(t *testing.T) {
	for file, where := range gitlabFiles {
		j := readGitLab(t, file)
		page := section(t, where[0], where[1])
		used := map[string]bool{}
		for _, m := range regexp.MustCompile(`\$\[\[ *(.*?) *\]\]`).FindAllStringSubmatch(j.body, -1) {
			name, ok := strings.CutPrefix(m[1], "inputs.")
			if _, declared := j.inputs[name]; !ok || !declared {
				t.Errorf("%s: $[[ %s ]] is no input", file, m[1])
			}
			used[name] = true
		}
		for name, in := range j.inputs {
			if !used[name] || in.Description == "" {
				t.Errorf("%s: the input %s is not used, or not described", file, name)
			}
			if said, want := row(page, name), defaultOf(in); said == "" || !strings.Contains(said, want) {
				t.Errorf("docs/pipelines.md says %q of %s in %s, want %q", said, name, file, want)
			}
		}
		documented(t, page, slices.Collect(maps.Keys(j.inputs)))
	}
}

func defaultOf(in gitlabInput) string {
	switch {
	case in.Default.IsZero():
		return "needed"
	case in.Default.Value == "":
		return "|"
	}
	return "`" + in.Default.Value + "`"
}

// Inputs are put into a script, in single quotes. Nothing that ends them, or begins anything else, may get in.
func TestNoInputOfTheGitLabJobsLeavesItsQuotes(t *testing.T) {
	for file := range gitlabFiles {
		j := readGitLab(t, file)
		script := strings.Join(j.job.Script, "\n")
		for name, in := range j.inputs {
			if in.Type == "array" {
				if strings.Contains(script, "inputs."+name+" ") {
					t.Errorf("the list %s is in the script", name)
				}
				continue
			}
			allowed, err := regexp.Compile(in.Regex)
			if err != nil || in.Regex == "" {
				t.Errorf("%s: %s has the expression %q: %v", file, name, in.Regex, err)
				continue
			}
			if !in.Default.IsZero() && !allowed.MatchString(in.Default.Value) {
				t.Errorf("%s: %s: the default %q is refused", file, name, in.Default.Value)
			}
			for _, bad := range []string{"a'b", "'", "'; touch x; '", "a\nb'"} {
				if allowed.MatchString(bad) {
					t.Errorf("%s: %s takes %q", file, name, bad)
				}
			}
			for _, m := range regexp.MustCompile(`(.)\$\[\[ inputs\.`+name+` \]\](.)`).FindAllStringSubmatch(script, -1) {
				if m[1] != "'" || m[2] != "'" {
					t.Errorf("%s stands in the script as %q", name, m[0])
				}
			}
		}
	}
}

func TestTheGitLabJobWithCredentialsHasNothingOfAMergeRequestBesideIt(t *testing.T) {
	j := readGitLab(t, "linnet-check.yml")
	script := strings.Join(j.job.Script, "\n")
	if j.job.Variables["GIT_STRATEGY"] != "none" || regexp.MustCompile(`\b(git|curl|wget|source|eval)\b`).MatchString(script) {
		t.Errorf("it checks something out, or gets it: %v\n%s", j.job.Variables, script)
	}
	if j.job.Environment.Action != "access" || j.job.Environment.Name != "$[[ inputs.gitlab-environment ]]" {
		t.Errorf("its environment is %+v", j.job.Environment)
	}
	if !strings.Contains(script, `"$CI_COMMIT_REF_PROTECTED" != true`) {
		t.Error("it runs on refs that nobody protects")
	}
	if len(j.job.Rules) != 1 || j.job.Rules[0].If != `$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH && $CI_PIPELINE_SOURCE == "pipeline"` {
		t.Errorf("it runs where %v", j.job.Rules)
	}
}

func TestTheGitLabJobOfMergeRequestsHasNothingToLoseAndPassesNothingOn(t *testing.T) {
	j := readGitLab(t, "linnet-gate.yml")
	if len(j.job.Script) > 0 || j.job.Environment.Name != "" || len(j.job.Variables) > 0 {
		t.Errorf("it runs something: %+v", j.job)
	}
	forwards := j.job.Trigger.Forward
	if variables, said := j.job.Inherit["variables"]; variables || !said || len(forwards) != 2 || forwards["yaml_variables"] || forwards["pipeline_variables"] {
		t.Errorf("it passes variables on: %v, %v", j.job.Inherit, forwards)
	}
	if j.job.Trigger.Strategy != "depend" {
		t.Error("it does not wait")
	}
	for _, r := range j.job.Rules {
		if !strings.HasSuffix(r.If, "=~ $[[ inputs.branches ]]") {
			t.Errorf("it runs where %s", r.If)
		}
	}
}

func TestTheGitLabJobKeepsItsReportsWhateverTheyAre(t *testing.T) {
	j := readGitLab(t, "linnet-check.yml")
	a := j.job.Artifacts
	if a.When != "always" || a.Reports.Junit != "linnet-gate.xml" || !slices.Equal(a.Paths, []string{"linnet-gate.md", "linnet-gate.json"}) || a.ExposeAs == "" || a.ExpireIn == "" {
		t.Errorf("got %+v", a)
	}
	script := strings.Join(j.job.Script, "\n")
	for _, file := range append(a.Paths, a.Reports.Junit) {
		if !strings.Contains(script, "="+file) || !strings.Contains(script, " "+file) {
			t.Errorf("%s is not written, or an old one is not taken away before", file)
		}
	}
}

// Two environments of one project include a file twice.
func TestTheGitLabJobsAreNamedForTheirEnvironment(t *testing.T) {
	for file := range gitlabFiles {
		if j := readGitLab(t, file); j.name != strings.TrimSuffix(file, ".yml")+" $[[ inputs.environment ]]" {
			t.Errorf("the job of %s is named %q", file, j.name)
		}
	}
}
