package planner_test

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linnet-bot/linnet/internal/miniature"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
	"github.com/linnet-bot/linnet/pkg/planner"
)

var update = flag.Bool("update", false, "rewrite the snippets of docs/")

// snippet is a fenced block, a list or a table that the plan of the miniature gives, or an example of a verdict, under a line that says which:
//
//	<!-- shown: file canary dev/istio-canary/kustomization.yaml -->
//	<!-- shown: diff crds dev/kustomization.yaml -->
//	<!-- shown: entry bump -->   <!-- shown: exit wave-stateless -->
//	<!-- shown: phases -->          <!-- shown: verdict wave-moving-80 -->
var snippet = regexp.MustCompile(`(?m)^<!-- shown: ([^>]*) -->\n(?:(?s:` + "```" + `.*?\n` + "```" + `)|(?:[-|].*\n(?:[ |-].*\n)*))`)

// What the pages show of a plan is what the planner makes of the miniature repository in the git flavour.
func TestSnippetsOfDocsAreInStep(t *testing.T) {
	start := tree.New(miniature.Repository("git"))
	plan := mustPlan(t, planner.Input{Tree: start, Environment: "dev", To: "3.19.0", Material: miniatureMaterial(t)})
	for _, page := range []string{"../../docs/upgrade-phases.md", "../../docs/gates.md"} {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		want := snippet.ReplaceAllFunc(text, func(block []byte) []byte {
			found++
			words := snippet.FindSubmatch(block)[1]
			out, err := snippetOf(plan, strings.Fields(string(words)))
			if err != nil {
				t.Errorf("%s: %s: %v", page, words, err)
				return block
			}
			return []byte("<!-- shown: " + string(words) + " -->\n" + out)
		})
		if marks := strings.Count(string(text), "<!-- shown: "); marks != found {
			t.Errorf("%s has %d marks of snippets, and %d of them stand before a fenced block or a list", page, marks, found)
		}
		if *update {
			if err := os.WriteFile(page, want, 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if diff := cmp.Diff(string(want), string(text)); diff != "" {
			t.Errorf("%s is not in step with the planner; run make generate (-want +got):\n%s", page, diff)
		}
	}
}

func snippetOf(plan planner.Plan, words []string) (string, error) {
	if len(words) == 1 && words[0] == "phases" {
		return phaseTable(plan), nil
	}
	if len(words) < 2 {
		return "", fmt.Errorf("say of which phase")
	}
	if words[0] == "verdict" {
		text, err := os.ReadFile("../checks/testdata/" + words[1] + ".txt")
		return "```\n" + string(text) + "```", err
	}
	for _, phase := range plan.Phases {
		if phase.Name != words[1] {
			continue
		}
		switch {
		case words[0] == "entry":
			return bullets(phase.Entry), nil
		case words[0] == "exit":
			return bullets(phase.Exit), nil
		case words[0] == "file" && len(words) == 3:
			content, ok := phase.After.Read(words[2])
			if !ok {
				return "", fmt.Errorf("the tree has no such file after the phase")
			}
			return "```yaml\n" + strings.TrimRight(string(content), "\n") + "\n```", nil
		case words[0] == "diff" && len(words) == 3:
			return diffOf(phase.Diff, words[2])
		}
	}
	return "", fmt.Errorf("the plan has no such phase, or there is no such snippet")
}

// diffOf cuts one file's hunks out of a patch, without Git's own header.
func diffOf(patch, file string) (string, error) {
	for _, part := range strings.Split(patch, "diff --git ") {
		if !strings.HasPrefix(part, "a/"+file+" ") {
			continue
		}
		_, body, ok := strings.Cut(part, "\n--- ")
		if !ok {
			return "", fmt.Errorf("the phase changes no line of the file")
		}
		return "```diff\n--- " + strings.TrimRight(body, "\n ") + "\n```", nil
	}
	return "", fmt.Errorf("the phase does not touch the file")
}

func bullets(items []string) string { return "- " + strings.Join(items, "\n- ") + "\n" }

func phaseTable(plan planner.Plan) string {
	var out strings.Builder
	out.WriteString("| # | phase | what it does | files |\n| --- | --- | --- | --- |\n")
	for _, phase := range plan.Phases {
		var files []string
		for _, c := range phase.Changes() {
			files = append(files, "`"+strings.TrimPrefix(c.Path, "dev/")+"`")
		}
		fmt.Fprintf(&out, "| %d | `%s` | %s | %s |\n", phase.Number, phase.Name, phase.Title, strings.Join(files, ", "))
	}
	return out.String()
}
