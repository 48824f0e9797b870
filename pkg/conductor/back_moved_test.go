package conductor

import (
	"strings"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/planner"
)

func TestTargetThatMovesWhileAStepBackIsOpen(t *testing.T) {
	l := newLab(t, "git")
	l.plans = nil
	c := l.conductor()
	l.on(c, 3)
	l.look(c)
	promote := l.say("/canary promote")
	blind := func() { // claimed, and never green
		l.blind = errKilled
		l.look(c)
		l.blind = nil
	}
	blind()
	l.wantReaction(4, promote.ID, forge.Eyes)
	l.say("/canary rollback")
	blind()
	l.wantReaction(4, promote.ID, forge.Eyes, forge.ThumbsDown)
	early := l.say("/canary promote")
	blind()
	head := l.get(5).Head

	t.Log("another commit that changes nothing of what is merged")
	l.commit(l.ana, "main", map[string]string{"README.md": "Hello\n"})
	blind()
	if got := l.get(5).Head; got != head {
		t.Errorf("the branch was written to for nothing")
	}

	t.Log("another commit that changes which namespaces there are")
	l.pass(time.Minute)
	l.commit(l.ana, "main", map[string]string{
		"dev/mission/kustomization.yaml": l.file("dev/mission/kustomization.yaml") + "- audit.yaml\n",
		"dev/mission/audit.yaml":         "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: audit\n  labels:\n    istio-injection: enabled\n",
	})
	at, err := planner.Make(planner.Input{Tree: l.main(), Environment: "dev", Policy: l.policy, Material: material()})
	if err != nil {
		t.Fatal(err)
	}
	s := l.until(c, "it went back", func(s Status) bool { return s.Done == 2 })
	l.wantReaction(5, early.ID, forge.Eyes, forge.Rocket)
	if got := l.main(); !got.Equal(at.Back.After) {
		t.Errorf("it is not what was planned for the tip:\n%s", s.Text(100))
	}
	if !strings.Contains(l.file("dev/mission/audit.yaml"), "audit") {
		t.Error("the other commit is lost")
	}
}

func TestAnswersNameWhatIsInTheWay(t *testing.T) {
	s := below("1-03-back-wave-one", forge.Merged, 2)
	s.Turn = Turn{Heading: Turned, Attempt: 1}
	s.Plan.Phases[2].Render.Rolls = []planner.Workload{{Kind: "Deployment", Namespace: "one", Name: "api"}}
	s.Plan.Phases[1].Inverse = "Takes @istiod away."
	s.Gate.Result = checks.Result{Name: "gate", Verdict: checks.Wait, Stragglers: []checks.Straggler{
		{Namespace: "one", Kind: "Deployment", Name: "api", Pod: "api-0", Reason: "is on @default", Remedy: "wait"},
	}, Children: []checks.Result{{Name: "visible", Children: []checks.Result{{Name: "istiods", Verdict: checks.Pass}}}}}
	for got, want := range map[string]string{
		s.stragglers():       "- Deployment one/api api-0: is on &#64;default; wait\n",
		s.comes():            "- phase 2, canary, is taken back: Takes &#64;istiod away.\n- phase 1, crds, is taken back: ",
		s.comes() + " ":      "`/canary resume` goes forward instead:\n\n- 3/4 wave-one: ; rolls Deployment one/api. May be merged when\n- 4/4 cleanup",
		s.explain("istiods"): "istiods",
		s.explain("istiodz"): "Did you mean `istiods`?",
		s.help("nonsense"):   "is not a command",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in:\n%s", want, got)
		}
	}
	s.Plan, s.Gate = nil, Gate{}
	if got := s.comes() + s.explain(""); got != "No phase comes: no upgrade is under way.\nNo gate is asked at the moment.\n" {
		t.Errorf("got %s", got)
	}
}
