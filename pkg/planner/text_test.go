package planner_test

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/linnet-bot/linnet/internal/miniature"
	"github.com/linnet-bot/linnet/pkg/planner"
)

func TestThePageFitsItsWidthAndSaysThingsOnce(t *testing.T) {
	plan := mustPlan(t, gitFlavour(t).input(miniatureMaterial(t)))
	for _, width := range []int{60, 80, 120} {
		var out bytes.Buffer
		if err := plan.WriteText(&out, width); err != nil {
			t.Fatal(err)
		}
		diff := false // diffs, and rules to copy, keep their own width
		for i, line := range strings.Split(out.String(), "\n") {
			switch {
			case strings.HasPrefix(line, "diff --git"):
				diff = true
			case strings.HasPrefix(line, "-----"):
				diff = false
			}
			if n := utf8.RuneCountInString(line); n > width && !diff && strings.Contains(strings.TrimSpace(line), " ") && !strings.HasPrefix(line, "      ") {
				t.Errorf("line %d is %d wide, want at most %d: %s", i+1, n, width, line)
			}
			if strings.TrimRight(line, " ") != line && !diff {
				t.Errorf("line %d ends with a space: %q", i+1, line)
			}
		}
		for _, once := range []string{"Preflight\n", "Waves\n", "Gateways\n", "(+ holds, ? not known from here, ! look at this)"} {
			if n := strings.Count(out.String(), once); n != 1 {
				t.Errorf("at width %d the page says %q %d times", width, once, n)
			}
		}
	}
}

func TestNoPageShowsWhatASecretHolds(t *testing.T) {
	r := &repository{t: t, files: miniature.Repository("git")}
	r.replace("base/common-bb-secret.yaml", "sample-password", "s3cr3t-password")
	r.replace("base/common-bb-secret.yaml", "key: sample", "key: s3cr3t-key")
	plan := mustPlan(t, r.input(miniatureMaterial(t)))
	var out bytes.Buffer
	if err := plan.WriteText(&out, 80); err != nil {
		t.Fatal(err)
	}
	if err := plan.WriteMarkdown(&out); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "s3cr3t") {
		t.Error("a value of a Secret is on the page")
	}
	if !strings.Contains(out.String(), "Secret bigbang/bigbang-istiod-values: stringData.common, stringData.defaults") {
		t.Error("a Secret that changes is not named by its fields")
	}
}

func TestTheMarkdownPageFencesItsDiffs(t *testing.T) {
	plan := mustPlan(t, gitFlavour(t).add(overlay, "# ```` four backticks\n").input(miniatureMaterial(t)))
	var out bytes.Buffer
	if err := plan.WriteMarkdown(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"# Upgrade dev/3.19.0\n", "\n## Waves\n", "`````diff\n", "\n## 14/14 `cleanup`: remove istiod 1-29-0 and everything temporary\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the page does not hold %q", want)
		}
	}
}

func TestAPageThatCannotBeWrittenIsAnError(t *testing.T) {
	plan := planner.Plan{ID: "dev/3.19.0"}
	if err := plan.WriteText(full{}, 80); err == nil {
		t.Error("text: no error")
	}
	if err := plan.WriteMarkdown(full{}); err == nil {
		t.Error("markdown: no error")
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, bytes.ErrTooLarge }
