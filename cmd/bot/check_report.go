package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/linnet-bot/linnet/pkg/checks"
	gatereport "github.com/linnet-bot/linnet/pkg/checks/report"
	"github.com/linnet-bot/linnet/pkg/conductor"
	"github.com/linnet-bot/linnet/pkg/forge/forgetext"
)

// checkFormats are those in which a verdict is written.
var checkFormats = []string{"text", "markdown", "junit", "json"}

// reportFile is a file that the verdict is written into, too.
type reportFile struct{ format, name string }

func reportFiles(values []string) ([]reportFile, error) {
	var all []reportFile
	for _, v := range values {
		format, name, _ := strings.Cut(v, "=")
		if err := oneOf("write", format, checkFormats...); err != nil {
			return nil, err
		}
		if name == "" {
			return nil, usagef("--write %s names no file; write %s=FILE", v, format)
		}
		all = append(all, reportFile{format, name})
	}
	return all, nil
}

// reportCheck writes how things stand.
func (a *app) reportCheck(f checkFlags, files []reportFile, s conductor.Status) error {
	text, err := a.render(f.output, f.phase, s)
	if err != nil {
		return err
	}
	if _, err := a.stdout.Write(text); err != nil {
		return err
	}
	var failed error
	for _, file := range files {
		text, err := a.render(file.format, f.phase, s)
		if err == nil {
			err = os.WriteFile(file.name, text, 0o644) //nolint:gosec // the runner that collects it may be another user
		}
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("write the verdict as %s: %w", file.format, err))
		}
	}
	return failed
}

// render writes the verdict in one of the formats, without secrets.
func (a *app) render(format, phase string, s conductor.Status) ([]byte, error) {
	var out bytes.Buffer
	switch format {
	case "json":
		to := json.NewEncoder(&out)
		to.SetIndent("", "  ")
		to.SetEscapeHTML(false)
		if err := to.Encode(s); err != nil {
			return nil, fmt.Errorf("write the verdict as JSON: %w", err)
		}
	case "junit":
		if err := gatereport.JUnit(&out, s.Environment, s.At, judged(phase, s)); err != nil {
			return nil, err
		}
	case "markdown":
		out.WriteString(gatereport.Markdown(s.Environment, judged(phase, s)))
	default:
		out.WriteString(forgetext.Clean(s.Text(a.width)))
		if why := elsewhere(phase, s); why != "" {
			out.WriteString("\n" + why + "\n")
		}
	}
	if a.secrets != nil {
		return []byte(a.secrets.String(out.String())), nil
	}
	return out.Bytes(), nil
}

// judged is the gate with all that keeps the exit code from 0, so that no report is green where the job is not, or the other way round.
func judged(phase string, s conductor.Status) checks.Result {
	gate := checks.Result{Name: "gate", Verdict: s.Health, Reason: s.Happening}
	if s.Gate != nil {
		gate = *s.Gate
	}
	code := checkCode(phase, s)
	switch {
	case code == 0 && s.Gate == nil:
		return checks.Result{Name: "gate", Verdict: checks.Pass, Found: s.Happening}
	case code == 0 || gate.Verdict != checks.Pass:
		return gate
	}
	missing := checks.Result{Name: "situation", Question: "May it be merged now?", Verdict: checks.Fail, Reason: s.Happening}
	switch why := elsewhere(phase, s); {
	case why != "":
		missing = checks.Result{Name: "phase", Question: "Is it the phase that is meant?", Verdict: checks.Fail, Reason: why}
	case s.Situation == conductor.Waiting && s.Soak != nil && s.Soak.Remaining > 0:
		missing = checks.Result{Name: "soak", Question: "Has it been green for long enough?", Verdict: checks.Wait, Required: s.Soak.Need.String(),
			Found: (s.Soak.Need - s.Soak.Remaining).String(), Reason: fmt.Sprintf("it has been green for %s of %s", s.Soak.Need-s.Soak.Remaining, s.Soak.Need)}
	}
	gate.Children = append(append([]checks.Result{}, gate.Children...), missing)
	gate.Verdict, gate.NoSample = checks.Combine(gate.Children)
	gate.Reason = missing.Reason
	return gate
}

// elsewhere says that another phase is meant than the one whose gate was judged; "" = it is that one.
func elsewhere(phase string, s conductor.Status) string {
	if phase == "current" || phase == s.Phase || s.Phase == "" {
		return ""
	}
	return fmt.Sprintf("phase %s is meant, and the present one is %s: this gate says nothing of it", phase, s.Phase)
}
