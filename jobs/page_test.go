package jobs

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

const page = "../docs/pipelines.md"

// section is the page from one headline to another.
func section(t *testing.T, from, to string) string {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), "\n"+from+"\n")
	part, _, ended := strings.Cut(rest, "\n"+to+"\n")
	if !found || !ended {
		t.Fatalf("%s has no part from %q to %q", page, from, to)
	}
	return part
}

// row is that of a table whose first cell is a name; "" = there is none.
func row(part, name string) string {
	for line := range strings.Lines(part) {
		if strings.HasPrefix(line, "| `"+name+"` |") {
			return strings.TrimSpace(line)
		}
	}
	return ""
}

// documented fails for rows about what is not there.
func documented(t *testing.T, part string, names []string) {
	t.Helper()
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z-]+)` \\|").FindAllStringSubmatch(part, -1) {
		if !slices.Contains(names, m[1]) {
			t.Errorf("%s describes %s, which there is not", page, m[1])
		}
	}
}

// examples are the page's blocks of YAML.
func examples(t *testing.T, part string) []map[string]any {
	t.Helper()
	var all []map[string]any
	for _, m := range regexp.MustCompile("(?s)\n *```yaml\n(.*?)\n *```").FindAllStringSubmatch(part, -1) {
		var example map[string]any
		if err := yaml.Unmarshal([]byte(m[1]), &example); err != nil {
			t.Errorf("%v in\n%s", err, m[1])
		}
		all = append(all, example)
	}
	if len(all) == 0 {
		t.Fatalf("%s has no example there", page)
	}
	return all
}

func TestTheExamplesForGitLabFit(t *testing.T) {
	shown := map[string]bool{}
	for _, example := range examples(t, section(t, "## GitLab", "## GitHub")) {
		for _, i := range example["include"].([]any) {
			include := i.(map[string]any)
			file := strings.TrimPrefix(include["file"].(string), "jobs/gitlab/")
			shown[file] = true
			j, given := readGitLab(t, file), include["inputs"].(map[string]any)
			for name, value := range given {
				in, known := j.inputs[name]
				if text, isText := value.(string); !known || isText && !regexp.MustCompile(in.Regex).MatchString(text) {
					t.Errorf("the example of %s gives %s: %v, which GitLab would refuse", file, name, value)
				}
			}
			for name, in := range j.inputs {
				if _, there := given[name]; in.Default.IsZero() && !there {
					t.Errorf("the example of %s lacks %s", file, name)
				}
			}
		}
	}
	if len(shown) != len(gitlabFiles) {
		t.Errorf("%s shows %v", page, shown)
	}
}

func TestTheExampleForGitHubFitsAndKeepsTheRules(t *testing.T) {
	a := readGitHub(t)
	for _, example := range examples(t, section(t, "## GitHub", "## Elsewhere")) {
		on, _ := example["on"].(map[string]any)
		if len(on) != 1 || on["pull_request_target"] == nil {
			t.Errorf("the workflow begins on %v: a pull request may decide what is in it", on)
		}
		for name, j := range example["jobs"].(map[string]any) {
			job := j.(map[string]any)
			if job["environment"] == nil || !strings.Contains(job["if"].(string), "head.repo.id == github.event.repository.id") {
				t.Errorf("job %s gives secrets to forks, or out of no environment: %v", name, job)
			}
			for _, s := range job["steps"].([]any) {
				step := s.(map[string]any)
				uses, _ := step["uses"].(string)
				if run, _ := step["run"].(string); strings.Contains(run, "${{") {
					t.Errorf("an expression is put into a script: %s", run)
				}
				if uses == "" {
					continue
				}
				if !regexp.MustCompile(`^linnet-bot/linnet/jobs/github/check@[0-9a-f]{40}$`).MatchString(uses) {
					t.Errorf("the workflow uses %s", uses)
				}
				for given := range step["with"].(map[string]any) {
					if _, known := a.Inputs[given]; !known {
						t.Errorf("the example gives %s, which is no input", given)
					}
				}
			}
		}
	}
}
