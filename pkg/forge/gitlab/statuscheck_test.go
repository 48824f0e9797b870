package gitlab_test

import (
	"strings"
	"testing"

	"github.com/linnet-bot/linnet/internal/fakegitlab"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/forge/gitlab"
)

func TestTheExternalStatusCheckSaysWhatTheCheckSays(t *testing.T) {
	w, _, m := begun(t, fakegitlab.Settings{StatusCheck: 12})
	bot := w.open(t, w.AddUser("project_7_bot_9"), func(o *gitlab.Options) { o.RequiredChecks, o.StatusCheck = []string{"linnet/gate"}, 12 })
	say := func(state forge.CheckState) {
		t.Helper()
		must(t, bot.SetCheck(t.Context(), m.Head, forge.Check{Name: "linnet/gate", State: state, Title: string(state)}))
	}
	merge := func() error {
		_, err := bot.Merge(t.Context(), m.Number, forge.MergeOptions{Head: m.Head, Method: forge.MergeCommit})
		return err
	}
	must(t, bot.SetCheck(t.Context(), m.Head, forge.Check{Name: "another", State: forge.Success})) // answers nothing
	wantReason(t, merge(), forge.ReasonChecks, "external status checks must pass")
	must(t, w.pat.Close(t.Context(), m.Number)) // nobody asks
	must(t, bot.SetCheck(t.Context(), m.Head, forge.Check{Name: "linnet/gate", State: forge.Success}))
	must(t, w.pat.Reopen(t.Context(), m.Number))

	say(forge.InProgress)
	wantReason(t, merge(), forge.ReasonChecks, "")
	say(forge.Success)
	w.RetryStatusCheck(m.Number)
	list, err := bot.Checks(t.Context(), m.Head)
	must(t, err)
	if i := len(list) - 1; list[i].Name != "linnet/gate" || list[i].State != forge.Pending {
		t.Errorf("GitLab asks anew, and got %+v", list)
	}
	say(forge.Success)
	must(t, merge())
}

func TestAnExternalStatusCheckThatIsNotThereIsSaid(t *testing.T) {
	for want, at := range map[string]int{"come with Ultimate": 0, "correct forge.statusCheck": 13} {
		w, _, m := begun(t, fakegitlab.Settings{StatusCheck: at})
		bot := w.open(t, w.AddUser("project_7_bot_9"), func(o *gitlab.Options) { o.RequiredChecks, o.StatusCheck = []string{"linnet/gate"}, 12 })
		if err := bot.SetCheck(t.Context(), m.Head, forge.Check{Name: "linnet/gate", State: forge.Success}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
		if list, err := bot.Checks(t.Context(), m.Head); err != nil || len(list) != 0 {
			t.Errorf("a check was set that could not be answered: %v, %v", list, err)
		}
	}
}
