package conductor

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/planner"
)

// situations are states of every kind, by what they are.
func situations() map[string]State {
	over, finishing := next(), next()
	over.Done, over.Over, over.Nothing = 3, true, "there is nothing newer than 3.19.0"
	finishing.Done, finishing.Gate.Result = 3, checks.Result{Name: "pruned", Question: "istiod 1-29-0 is gone", Verdict: checks.Wait, Reason: "Flux has not applied the merge"}
	stopped := open(func(s *State) { s.Head = Head{SHA: sha2, Merges: Otherwise, Tree: files("mine")} })
	waiting := open(claimed, func(s *State) {
		s.Gate.Asked.Soak = 30 * time.Minute
		s.Gate.Result = checks.Result{Name: "entry", Question: "the wave has moved", Verdict: checks.Wait, Reason: "2 proxies are on default", Children: []checks.Result{
			{Name: "flux-settled", Verdict: checks.Pass},
			{Name: "moved", Question: "every proxy is on 1-29-0", Verdict: checks.Wait, Reason: "2 proxies are on default", Stragglers: []checks.Straggler{
				{Namespace: "monitoring", Kind: "StatefulSet", Name: "prometheus-with-a-rather-long-name-that-goes-on-and-on", Pod: "prometheus-0", Reason: "its pod is on default", Remedy: "wait, or kubectl -n monitoring delete pod prometheus-0"},
				{Namespace: "@all", Kind: "Pod", Name: "/approve", Reason: "it is @bare\n/merge"},
			}},
		}}
		s.Current.Mergeability = forge.Mergeability{Readiness: forge.Blocked, Reasons: []forge.Reason{{Kind: forge.ReasonApprovals, Text: "1 of 2 approvals missing"}}}
	})
	return map[string]State{
		"idle":      {Environment: "dev", Nothing: "3.19.0 is the newest"},
		"refused":   {Environment: "dev", Refusal: &planner.Refused{Environment: "dev", Findings: []planner.Finding{{Level: planner.Refuse, Text: "Flux does not prune; set spec.prune"}, {Level: planner.Refuse, Text: "dev/a was edited"}}}},
		"about":     next(),
		"ready":     open(),
		"waiting":   waiting,
		"stopped":   stopped,
		"finishing": finishing,
		"finished":  over,
		"frozen":    open(frozen, claimed),
		"lingering": open(lingering),
		"soaking": open(func(s *State) {
			s.Gate.Asked.Soak, s.Gate.Clock = time.Hour, checks.SoakClock{GreenSince: noon.Add(-time.Minute), LastSample: noon, Resets: 2}
		}),
	}
}

func TestStatusAnswersInOrderAndFits(t *testing.T) {
	want := map[string]Situation{"idle": Idle, "refused": Refused, "about": Waiting, "ready": Ready, "waiting": Waiting, "stopped": Stopped, "finishing": Finishing, "finished": Finished, "soaking": Waiting, "frozen": Waiting, "lingering": Ready}
	for name, state := range situations() {
		status := describe(state)
		if status.Situation != want[name] {
			t.Errorf("%s: the situation is %s, want %s", name, status.Situation, want[name])
		}
		for _, width := range []int{40, 60, 80, 120} {
			text := status.Text(width)
			at := 0
			for _, label := range []string{"Happening", "Healthy", "In the way", "Wanted", "Goes on", "Next"} {
				if i := strings.Index(text, "\n"+label+"  "); i >= 0 {
					if i < at {
						t.Errorf("%s: %s comes too early:\n%s", name, label, text)
					}
					at = i
				}
			}
			head, _, _ := strings.Cut(text, "\n\n") // the gate below has a least width of its own
			for line := range strings.Lines(head) {
				if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > width {
					t.Errorf("%s: %d columns, want %d at most: %s", name, n, width, line)
				}
			}
			for _, answer := range []string{status.Happening, status.Healthy, status.GoesOn} {
				if answer == "" || !strings.HasSuffix(answer, ".") || answer[0] >= 'a' && answer[0] <= 'z' {
					t.Errorf("%s: %q is no sentence", name, answer)
				}
			}
		}
		if status.Text(0) != status.Text(80) {
			t.Errorf("%s: no width is not 80", name)
		}
		if _, err := json.Marshal(status); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Nothing in a note is a command or a mention, whatever the cluster and people call things.
func TestNotesAreHarmless(t *testing.T) {
	for name, state := range situations() {
		note := describe(state).note()
		for line := range strings.Lines(note) {
			if strings.HasPrefix(line, "/") || strings.HasPrefix(line, "@") {
				t.Errorf("%s: a line begins like a command: %q", name, line)
			}
		}
		prose, _, _ := strings.Cut(note, "```")
		for line := range strings.Lines(prose) {
			if strings.HasPrefix(strings.TrimSpace(line), "/") {
				t.Errorf("%s: a line begins like a command: %q", name, line)
			}
		}
		if strings.Contains(prose, "@") {
			t.Errorf("%s: a mention: %s", name, prose)
		}
		if n := strings.Count(note, "\n```"); n%2 != 0 {
			t.Errorf("%s: a fence is left open:\n%s", name, note)
		}
	}
}

// Whoever can make the cluster say something cannot make the bot believe that it wrote it.
func TestNothingThatTheClusterSaysIsAMarkOfTheBots(t *testing.T) {
	for _, mark := range []string{overMark, closedMark, toldMark, "<!-- linnet:state v1 x", "<!-- linnet:turn forward 1 0 - 0 - 0 -->"} {
		s := open(func(s *State) {
			s.Gate.Result = checks.Result{Name: "entry", Verdict: checks.Wait, Reason: mark, Children: []checks.Result{{Name: "flux", Verdict: checks.Wait, Reason: mark}}}
		})
		note := describe(s).note()
		if strings.Contains(note, "<!-- linnet:") || !strings.Contains(note, strings.TrimPrefix(mark, "<!-- ")) {
			t.Errorf("%s in a note:\n%s", mark, note)
		}
	}
	note := forge.Comment{By: me, Body: "<!-- linnet:note progress -->\n" + overMark + "\nis what Flux said\n"}
	if Over([]forge.Comment{note}, me) {
		t.Error("a mark in the middle of a note counts")
	}
}

func TestStragglersAreNamedWithTheirRemedy(t *testing.T) {
	status := describe(situations()["waiting"])
	want := []string{
		"StatefulSet monitoring/prometheus-with-a-rather-long-name-that-goes-on-and-on: its pod is on default; wait, or kubectl -n monitoring delete pod prometheus-0.",
		"Pod @all//approve: it is @bare\n/merge.",
		"The forge: 1 of 2 approvals missing.",
	}
	if strings.Join(status.Blocks, "|") != strings.Join(want, "|") {
		t.Errorf("got %q, want %q", status.Blocks, want)
	}
	if strings.Join(status.Wanted, "") != "Reviewers: approve !5 (1 of 2 approvals missing)." {
		t.Errorf("wanted: %q", status.Wanted)
	}
}

func TestNewWantsWhatItNeeds(t *testing.T) {
	whole := newLab(t, "git").conductor().Settings
	for name, spoil := range map[string]func(*Settings){
		"environment":             func(s *Settings) { s.Environment = "" },
		"forge":                   func(s *Settings) { s.Forge = nil },
		"observer":                func(s *Settings) { s.Observer = nil },
		"material":                func(s *Settings) { s.Material = nil },
		"way to choose a release": func(s *Settings) { s.Choose = nil },
		"clock":                   func(s *Settings) { s.Now = nil },
	} {
		s := whole
		spoil(&s)
		if _, err := New(s); err == nil || err.Error() != "make a conductor: no "+name+" was given" {
			t.Errorf("%s: got %v", name, err)
		}
	}
	whole.Requests.Title = "{{.Nonsense}}"
	if _, err := New(whole); err == nil {
		t.Error("a title that cannot be filled was taken")
	}
}

func TestWords(t *testing.T) {
	for text, want := range map[string]string{"": "", "a": "A.", "A.": "A.", " a b ": "A b.", "é x": "É x.", "a; did you mean b?": "A; did you mean b?"} {
		if got := sentence(text); got != want {
			t.Errorf("sentence(%q) = %q, want %q", text, got, want)
		}
	}
	if got := cutLine(strings.Repeat("é", 200), 11); got != "ééééé…" {
		t.Errorf("cutLine gave %q", got)
	}
	if got := cut("aaa\nbbb\nccc\n", 9); got != "aaa\nbbb\n\n… and 1 more lines\n" {
		t.Errorf("cut gave %q", got)
	}
	if got := fence("a ``` b\n"); got != "````text\na ``` b\n````\n" {
		t.Errorf("fence gave %q", got)
	}
	if got := strings.Join(atMost([]string{"a", "b", "c", "d"}, 2), " "); got != "a b and 2 more" {
		t.Errorf("atMost gave %q", got)
	}
	if got := strings.Join(findings(errors.New("x")), ""); got != "x" {
		t.Errorf("findings gave %q", got)
	}
	for d, want := range map[time.Duration]string{time.Minute: "1m", 90 * time.Second: "1m30s", time.Hour: "1h", 24 * time.Hour: "24h", time.Second: "1s"} {
		if got := length(d); got != want {
			t.Errorf("length(%d) = %s, want %s", d, got, want)
		}
	}
}
