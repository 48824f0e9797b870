package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
	"gopkg.in/yaml.v3"
)

// jobScript writes the script of a ready-made job as its runner gets it:
//
//	job gitlab FILE INPUT=VALUE…
//	job github FILE
//
// What GitLab would refuse is a failure. Inputs of GitHub reach the script as variables, INPUT_PHASE for phase.
func jobScript(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: job gitlab|github FILE [INPUT=VALUE]...")
	}
	script, err := "", error(nil)
	switch args[0] {
	case "gitlab":
		script, err = gitlabScript(args[2:])
	case "github":
		script, err = githubScript()
	default:
		ts.Fatalf("there is no job for %s", args[0])
	}
	if neg != (err != nil) {
		ts.Fatalf("job %s: %v", strings.Join(args, " "), err)
	}
	if err == nil {
		ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(script), 0o600))
	}
}

const jobs = "../../jobs"

// gitlabScript puts values into the script of the GitLab job, as GitLab does.
func gitlabScript(given []string) (string, error) {
	text, err := os.ReadFile(filepath.Join(jobs, "gitlab", "linnet-check.yml"))
	if err != nil {
		return "", err
	}
	var header struct {
		Spec struct {
			Inputs map[string]struct {
				Default yaml.Node
				Regex   string
			}
		}
	}
	var body map[string]struct{ Script []string }
	documents := yaml.NewDecoder(strings.NewReader(string(text)))
	if err := documents.Decode(&header); err != nil {
		return "", err
	}
	if err := documents.Decode(&body); err != nil {
		return "", err
	}
	values := map[string]string{}
	for name, in := range header.Spec.Inputs {
		if !in.Default.IsZero() {
			values[name] = in.Default.Value
		}
	}
	for _, v := range given {
		name, value, _ := strings.Cut(v, "=")
		if _, known := header.Spec.Inputs[name]; !known {
			return "", fmt.Errorf("there is no input %s", name)
		}
		values[name] = value
	}
	for name, in := range header.Spec.Inputs {
		value, there := values[name]
		if !there {
			return "", fmt.Errorf("the input %s is missing", name)
		}
		if in.Regex != "" && !regexp.MustCompile(in.Regex).MatchString(value) {
			return "", fmt.Errorf("the input %s is %q, which does not match %s", name, value, in.Regex)
		}
	}
	for _, job := range body {
		script := strings.Join(job.Script, "\n")
		return regexp.MustCompile(`\$\[\[ inputs\.([a-z-]+) \]\]`).ReplaceAllStringFunc(script, func(place string) string {
			return values[strings.TrimSuffix(strings.TrimPrefix(place, "$[[ inputs."), " ]]")]
		}), nil
	}
	return "", fmt.Errorf("there is no job in it")
}

func githubScript() (string, error) {
	text, err := os.ReadFile(filepath.Join(jobs, "github", "check", "action.yml"))
	if err != nil {
		return "", err
	}
	var action struct {
		Runs struct{ Steps []struct{ Run string } }
	}
	if err := yaml.Unmarshal(text, &action); err != nil {
		return "", err
	}
	return action.Runs.Steps[0].Run, nil
}
