package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/linnet-bot/linnet/pkg/checks"
)

// The elements are those that GitLab and GitHub's actions read: one suite, in it one case for each check that asks something itself.
type suites struct {
	XMLName xml.Name `xml:"testsuites"`
	Suites  []suite  `xml:"testsuite"`
}

type suite struct {
	Name      string     `xml:"name,attr"`
	Tests     int        `xml:"tests,attr"`
	Failures  int        `xml:"failures,attr"`
	Errors    int        `xml:"errors,attr"`
	Timestamp string     `xml:"timestamp,attr"`
	Cases     []testCase `xml:"testcase"`
}

type testCase struct {
	Class   string `xml:"classname,attr"` // the way to the check, "dev.wave-1"
	Name    string `xml:"name,attr"`
	Failure *told  `xml:"failure"`
	Error   *told  `xml:"error"`
	Out     string `xml:"system-out,omitempty"`
}

type told struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"` // the verdict
	Text    string `xml:",chardata"`
}

// JUnit writes the gate of an environment as a test report. A check that waits or fails is a failure, one that is unknown an error.
func JUnit(w io.Writer, environment string, at time.Time, gate checks.Result) error {
	s := suite{Name: environment + " " + gate.Name, Timestamp: at.UTC().Format("2006-01-02T15:04:05")}
	s.add(environment, gate)
	for _, c := range s.Cases {
		s.Tests++
		if c.Failure != nil {
			s.Failures++
		}
		if c.Error != nil {
			s.Errors++
		}
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	out := xml.NewEncoder(w)
	out.Indent("", "  ")
	if err := out.Encode(suites{Suites: []suite{s}}); err != nil {
		return fmt.Errorf("write the test report: %w", err)
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// add adds the checks at the end of each way.
func (s *suite) add(way string, r checks.Result) {
	if len(r.Children) > 0 {
		for _, c := range r.Children {
			s.add(way+"."+r.Name, c)
		}
		return
	}
	c := testCase{Class: way, Name: r.Name}
	switch {
	case r.Verdict == checks.Pass:
		c.Out = r.Found
	case r.Verdict == checks.Unknown:
		c.Error = tell(r)
	default:
		c.Failure = tell(r)
	}
	s.Cases = append(s.Cases, c)
}

// tell has the reason in one line, and below it what was asked, found and wanted, and who is missing.
func tell(r checks.Result) *told {
	var b strings.Builder
	for _, line := range [][2]string{{"asked", r.Question}, {"wanted", r.Required}, {"found", r.Found}} {
		if line[1] != "" {
			fmt.Fprintf(&b, "%s: %s\n", line[0], line[1])
		}
	}
	for _, m := range r.Stragglers {
		b.WriteString(straggler(m) + "\n")
	}
	return &told{Message: r.Reason, Type: r.Verdict.String(), Text: b.String()}
}

func straggler(m checks.Straggler) string {
	text := fmt.Sprintf("%s %s/%s: %s", m.Kind, m.Namespace, m.Name, m.Reason)
	if m.Pod != "" && m.Pod != m.Name {
		text = fmt.Sprintf("%s %s/%s (pod %s): %s", m.Kind, m.Namespace, m.Name, m.Pod, m.Reason)
	}
	if m.Remedy != "" {
		text += "; " + m.Remedy
	}
	return text
}
