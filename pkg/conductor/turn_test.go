package conductor

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/planner"
)

var (
	bot    = forge.User{ID: "7", Name: "linnet"}
	person = forge.User{ID: "8", Name: "ana"}
	monday = time.Date(2026, 3, 9, 12, 0, 0, 0, time.UTC)
)

// below is a state of an upgrade of four phases with these comments below its newest merge request.
func below(branch string, state forge.State, done int, comments ...forge.Comment) State {
	plan := &planner.Plan{ID: "dev/3.19.0", To: planner.Version{Release: "3.19.0"}}
	for i, name := range []string{"crds", "canary", "wave-one", "cleanup"} {
		plan.Phases = append(plan.Phases, planner.Phase{Number: i + 1, Name: name})
	}
	r := Request{MergeRequest: forge.MergeRequest{Number: 9, Source: "linnet/dev/3.19.0/" + branch, State: state}, Comments: comments}
	return State{Environment: "dev", Me: bot, Plan: plan, Done: done, Merge: OnPromote, Newest: &r}
}

func says(id int64, text string, reactions ...forge.ReactionKind) forge.Comment {
	c := forge.Comment{ID: id, By: person, Body: text, Created: monday}
	for _, kind := range reactions {
		c.Reactions = append(c.Reactions, forge.Reaction{Kind: kind, By: bot})
	}
	return c
}

func wrote(id int64, t Turn) forge.Comment {
	return forge.Comment{ID: id, By: bot, Body: "<!-- linnet:note turn -->\nSomething.\n" + t.mark() + "\n"}
}

func TestTurnFollowsFromTheNewestMergeRequest(t *testing.T) {
	const wave, back = "1-03-wave-one", "1-03-back-wave-one"
	edited := says(5, "/canary pause")
	edited.Edited = monday
	for _, tc := range []struct {
		name  string
		state State
		want  string // heading, attempt, paused
		lines string
	}{
		{"a forward one", below(wave, forge.Open, 2), "forward 1 0", ""},
		{"one of the third attempt", below("3-03-wave-one", forge.Merged, 3), "forward 3 0", ""},
		{"one that goes back", below(back, forge.Open, 3), "back 1 0", ""},
		{"one that went back", below(back, forge.Merged, 2), "turned 1 0", ""},
		{"one that went back by another hand", below(back, forge.Closed, 2), "turned 1 0", ""},
		{"rollback", below(wave, forge.Open, 2, says(5, "/canary rollback")), "back 1 0", "rollback: it goes back"},
		{"rollback of nothing", below("1-01-crds", forge.Open, 0, says(5, "/canary rollback")), "forward 1 0", "no phase is in"},
		{"rollback twice", below(wave, forge.Open, 2, says(5, "/canary rollback"), says(6, "/canary rollback")), "back 1 0", "it goes back already"},
		{"rollback after the last phase", below("1-04-cleanup", forge.Merged, 4, says(5, "/canary rollback")), "forward 1 0", "no upgrade is under way"},
		{"rollback and resume", below(wave, forge.Open, 2, says(5, "/canary rollback"), says(6, "/canary resume")), "forward 2 0", "it goes forward again"},
		{"resume of nothing", below(wave, forge.Open, 2, says(5, "/canary resume")), "forward 1 0", "neither paused nor turned round"},
		{"resume after a step back", below(back, forge.Merged, 2, says(5, "/canary resume")), "forward 2 0", "it goes forward again"},
		{"another step back", below(back, forge.Merged, 2, says(5, "/canary rollback")), "back 1 0", "it goes back"},
		{"abort", below(wave, forge.Open, 2, says(5, "/canary abort")), "aborted 1 0", "it stays as it is"},
		{"abort twice", below(wave, forge.Open, 2, says(5, "/canary abort"), says(6, "/canary abort")), "aborted 1 0", "it is aborted already"},
		{"abort and rollback", below(wave, forge.Closed, 2, says(5, "/canary abort"), says(6, "/canary rollback")), "back 2 0", "it goes back"},
		{"abort and resume", below(wave, forge.Closed, 2, says(5, "/canary abort"), says(6, "/canary resume")), "forward 2 0", "it goes forward again"},
		{"pause", below(wave, forge.Open, 2, says(5, "/canary pause")), "forward 1 5", "until somebody resumes"},
		{"pause that was edited", below(wave, forge.Open, 2, edited), "forward 1 5", "until somebody resumes"},
		{"pause and resume", below(wave, forge.Open, 2, says(5, "/canary pause"), says(6, "/canary resume")), "forward 1 0", "the pause is over"},
		{"pause of a way back, and resume", below(back, forge.Open, 3, says(5, "/canary pause"), says(6, "/canary resume")), "back 1 0", "the pause is over"},
		{"rollback ends a pause", below(wave, forge.Open, 2, says(5, "/canary pause"), says(6, "/canary rollback")), "back 1 0", "it goes back"},
		{"what was refused stays refused", below(wave, forge.Open, 2, says(5, "/canary rollback", forge.ThumbsDown)), "forward 1 0", "it was refused when it was written"},
		{"a command of which only the note is left", below(wave, forge.Closed, 2, wrote(6, Turn{Heading: Back, Attempt: 1, By: 5, Who: "ana", Taken: 5})), "back 1 0", ""},
		{"a pause of which only the note is left", below(wave, forge.Open, 2, wrote(6, Turn{Attempt: 1, Paused: 5, Holder: "ana", Taken: 5})), "forward 1 5", ""},
		{"and what came after", below(wave, forge.Open, 2, wrote(6, Turn{Attempt: 1, Paused: 5, Holder: "ana", Taken: 5}), says(7, "/canary resume")), "forward 1 0", "the pause is over"},
		{"a pause whose end is gone", below(wave, forge.Open, 2, says(4, "/canary pause"), wrote(6, Turn{Attempt: 1, Taken: 5})), "forward 1 4", "until somebody resumes"},
		{"a command that was carried out is not carried out again", below(wave, forge.Open, 2, says(4, "/canary rollback", forge.Eyes, forge.Rocket), says(5, "/canary resume", forge.Eyes, forge.Rocket),
			wrote(6, Turn{Attempt: 2, By: 5, Who: "ana", Taken: 5})), "forward 2 0", "rollback: it goes back"},
		{"a note that is not the bot's", below(wave, forge.Open, 2, forge.Comment{ID: 6, By: person, Body: wrote(6, Turn{Heading: Aborted, Attempt: 1, By: 5}).Body}), "forward 1 0", ""},
		{"a note that cannot be read", below(wave, forge.Open, 2, forge.Comment{ID: 6, By: bot, Body: "<!-- linnet:note turn -->\n<!-- linnet:turn sideways 1 0 - 0 - 0 -->"}), "forward 1 0", ""},
	} {
		turn, orders := tc.state.hear(*tc.state.Newest)
		heading := string(turn.Heading)
		if turn.Heading == Forward {
			heading = "forward"
		}
		if got := fmt.Sprint(heading, " ", turn.Attempt, " ", turn.Paused); got != tc.want {
			t.Errorf("%s: got %s, want %s", tc.name, got, tc.want)
		}
		var lines []string
		for _, o := range orders {
			lines = append(lines, o.line)
		}
		if all := strings.Join(lines, "\n"); !strings.Contains(all, tc.lines) || tc.lines == "" && all != "" {
			t.Errorf("%s: it says %q, want %q", tc.name, all, tc.lines)
		}
	}
}

func TestCommandIsClaimedThenWrittenDownThenDone(t *testing.T) {
	eyes, rocket := "answer comment 5 of !9 with eyes", "answer comment 5 of !9 with rocket"
	written := wrote(6, Turn{Heading: Back, Attempt: 1, By: 5, Who: "ana", Taken: 5})
	for _, tc := range []struct {
		name  string
		state State
		want  []string
	}{
		{"new", below("1-03-wave-one", forge.Open, 2, says(5, "/canary rollback")), []string{eyes, "write the note turn of !9"}},
		{"claimed", below("1-03-wave-one", forge.Open, 2, says(5, "/canary rollback", forge.Eyes)), []string{"write the note turn of !9"}},
		{"closed", below("1-03-wave-one", forge.Closed, 2, says(5, "/canary rollback", forge.Eyes), written), []string{"write the note turn of !9", rocket}},
		{"claimed, and the note tells of an earlier one", below("1-03-wave-one", forge.Open, 2, wrote(3, Turn{Attempt: 1, Paused: 2, Holder: "ana", Taken: 2}), says(5, "/canary resume", forge.Eyes)), []string{"write the note turn of !9"}},
		{"a question", below("1-03-wave-one", forge.Open, 2, says(5, "/canary plan")), []string{eyes, "write the note answer-5 of !9"}},
		{"a question that is answered", below("1-03-wave-one", forge.Open, 2, says(5, "/canary plan", forge.Eyes), forge.Comment{ID: 6, By: bot, Body: "<!-- linnet:note answer-5 -->\nSo.\n"}), []string{rocket}},
		{"a question that was answered, and the answer deleted", below("1-03-wave-one", forge.Open, 2, says(5, "/canary plan", forge.Eyes, forge.Rocket)), nil},
	} {
		var got []string
		for _, a := range tc.state.heed() {
			got = append(got, a.String())
		}
		if fmt.Sprint(got) != fmt.Sprint(tc.want) {
			t.Errorf("%s: got %q, want %q", tc.name, got, tc.want)
		}
	}
}
