package github_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/linnet-bot/linnet/pkg/forge"
)

// bodies keeps what was written to paths with these words.
func bodies(f *faults, path string) *[]string {
	var kept []string
	f.set(func(_ http.ResponseWriter, r *http.Request, body string, _ http.Handler) bool {
		if r.Method != http.MethodGet && strings.Contains(r.URL.Path, path) {
			kept = append(kept, r.Method+" "+body)
		}
		return false
	})
	return &kept
}

func TestACompletedRunHasButtons(t *testing.T) {
	_, bot, f, main := faulty(t)
	kept := bodies(f, "/check-runs")
	for _, row := range []struct {
		check    forge.Check
		method   string
		has, not []string
	}{
		{forge.Check{State: forge.InProgress, Promote: true}, "POST", []string{`"status":"in_progress"`}, []string{"conclusion", "actions", "completed_at"}},
		{forge.Check{State: forge.ActionRequired}, "PATCH", []string{`"conclusion":"action_required"`, `"identifier":"recheck"`}, []string{"promote"}},
		{forge.Check{State: forge.Failure}, "PATCH", []string{`"conclusion":"failure"`, `"identifier":"recheck"`}, []string{"promote"}},
		{forge.Check{State: forge.ActionRequired, Promote: true}, "PATCH", []string{`"conclusion":"action_required"`, `"identifier":"promote"`, `"identifier":"recheck"`}, nil},
		{forge.Check{State: forge.Success, Promote: true}, "PATCH", []string{`"conclusion":"success"`, `"identifier":"promote"`, `"identifier":"recheck"`}, nil},
		{forge.Check{State: forge.Success, Anew: true}, "POST", []string{`"conclusion":"success"`, `"identifier":"recheck"`}, []string{"promote"}},
		{forge.Check{State: forge.Pending}, "POST", []string{`"status":"queued"`}, []string{"conclusion"}}, // a completed run is not taken up again
		{forge.Check{State: forge.Pending, Anew: true}, "POST", []string{`"status":"queued"`}, []string{"conclusion"}},
	} {
		*kept = nil
		c := row.check
		c.Name, c.Title, c.Summary = "linnet/gate", "t", "- s"
		if err := bot.SetCheck(t.Context(), main, c); err != nil {
			t.Fatal(err)
		}
		if len(*kept) != 1 || !strings.HasPrefix((*kept)[0], row.method) {
			t.Fatalf("%+v: got %v, want one %s", c, *kept, row.method)
		}
		for _, words := range row.has {
			if !strings.Contains((*kept)[0], words) {
				t.Errorf("%+v: got %s, want %s", c, (*kept)[0], words)
			}
		}
		for _, words := range row.not {
			if strings.Contains((*kept)[0], words) {
				t.Errorf("%+v: got %s with %s", c, (*kept)[0], words)
			}
		}
		if list, err := bot.Checks(t.Context(), main); err != nil || len(list) != 1 || list[0].State != c.State {
			t.Errorf("%+v: got %+v, %v", c, list, err)
		}
	}
}

func TestATextThatIsMissingOrTooLongFits(t *testing.T) {
	h, bot, _, main := faulty(t)
	person := h.person(t, "ann", "write")
	for _, f := range []forge.Forge{bot, person} {
		for _, c := range []forge.Check{
			{Name: "empty", State: forge.Success},
			{Name: "title", State: forge.Pending, Title: "t"},
			{Name: "long", State: forge.ActionRequired, Title: strings.Repeat("ü", 300), Summary: strings.Repeat("ü", 70000)},
		} {
			if err := f.SetCheck(t.Context(), main, c); err != nil {
				t.Errorf("%s: %v", c.Name, err)
			}
		}
	}
}

func TestAnotherAppsRunIsAnothers(t *testing.T) {
	h, bot, _, main := faulty(t)
	if err := bot.SetCheck(t.Context(), main, forge.Check{Name: "gate", State: forge.Success, Title: "t"}); err != nil {
		t.Fatal(err)
	}
	me, err := bot.Me(t.Context())
	if err != nil || !me.Bot || me.Name != "linnet[bot]" {
		t.Errorf("got %+v, %v", me, err)
	}
	list, err := h.person(t, "ann", "write").Checks(t.Context(), main)
	if err != nil || len(list) != 1 || list[0].By.ID == me.ID || list[0].By.Name != "linnet" || !list[0].By.Bot {
		t.Errorf("got %+v, %v", list, err)
	}
}

func TestATokenThatCannotReadRunsReadsStatuses(t *testing.T) {
	h, _, f, main := faulty(t)
	ann := h.person(t, "ann", "write")
	if err := ann.SetCheck(t.Context(), main, forge.Check{Name: "gate", State: forge.ActionRequired, Title: "t"}); err != nil {
		t.Fatal(err)
	}
	f.once("GET", "/check-runs", 403, nil, `{"message":"Resource not accessible by personal access token"}`)
	list, err := ann.Checks(t.Context(), main)
	if err != nil || len(list) != 1 || list[0].State != forge.ActionRequired || list[0].Title != "t" {
		t.Errorf("got %+v, %v", list, err)
	}
}

// Somebody else's last word is what GitHub counts and shows, so the bot's own has to be said again.
func TestAStatusThatAnotherSaidOverIsSaidAgain(t *testing.T) {
	h, _, _, main := faulty(t)
	ann, bob := h.person(t, "ann", "write"), h.person(t, "bob", "write")
	gate := forge.Check{Name: "gate", State: forge.Failure, Title: "no"}
	for _, say := range []struct {
		by *forge.Check
		f  forge.Forge
	}{{&gate, ann}, {&forge.Check{Name: "gate", State: forge.Success, Title: "yes"}, bob}, {&gate, ann}} {
		if err := say.f.SetCheck(t.Context(), main, *say.by); err != nil {
			t.Fatal(err)
		}
	}
	list, err := ann.Checks(t.Context(), main)
	if err != nil || len(list) != 2 || list[0].By.Name != "ann" || list[0].State != forge.Failure {
		t.Errorf("got %+v, %v", list, err)
	}
}

// What GitHub does not take is filled in, and an equal check is equal nevertheless.
func TestAnEqualRunIsNotWrittenAgain(t *testing.T) {
	_, bot, f, main := faulty(t)
	for _, c := range []forge.Check{
		{Name: "none", State: forge.Success},
		{Name: "title", State: forge.Success, Title: "t"},
		{Name: "twice", State: forge.Success, Title: "t", Summary: "t"},
		{Name: "both", State: forge.ActionRequired, Title: strings.Repeat("ü", 300), Summary: strings.Repeat("s", 70000)},
	} {
		if err := bot.SetCheck(t.Context(), main, c); err != nil {
			t.Fatal(err)
		}
		before := f.called("/check-runs")
		kept := bodies(f, "/check-runs")
		if err := bot.SetCheck(t.Context(), main, c); err != nil || len(*kept) > 0 {
			t.Errorf("%s: %d calls, of which %v write, %v", c.Name, f.called("/check-runs")-before, *kept, err)
		}
		f.set(nil)
	}
}

// GitHub takes a thousand statuses of a name and then none.
func TestAStatusCanTurnGreenHoweverOftenItsTitleChanged(t *testing.T) {
	h, _, f, main := faulty(t)
	ann := h.person(t, "ann", "write")
	kept := bodies(f, "/statuses/")
	for i := range 505 {
		if err := ann.SetCheck(t.Context(), main, forge.Check{Name: "gate", State: forge.InProgress, Title: "look " + itoa(int64(i))}); err != nil {
			t.Fatalf("title %d: %v", i, err)
		}
	}
	if len(*kept) != 500 {
		t.Errorf("%d statuses were written, want 500", len(*kept))
	}
	if err := ann.SetCheck(t.Context(), main, forge.Check{Name: "gate", State: forge.Success, Title: "yes"}); err != nil {
		t.Fatal(err)
	}
	if list, err := ann.Checks(t.Context(), main); err != nil || len(list) != 1 || list[0].State != forge.Success {
		t.Errorf("got %+v, %v", list, err)
	}
}

func TestATokenSaysWhatIsWeaker(t *testing.T) {
	h := newHub(t)
	app, credential := h.bot(t)
	if got := h.forge(t, credential, app.ID).Weaknesses(); len(got) > 0 {
		t.Errorf("an App is told weak: %q", got)
	}
	got := strings.Join(h.person(t, "ann", "write").Weaknesses(), "\n")
	for _, want := range []string{"whoever may push can set a status", "no buttons", "cannot give commands", "not signed"} {
		if !strings.Contains(got, want) {
			t.Errorf("nothing is said of %q:\n%s", want, got)
		}
	}
}
