package conductor

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/internal/fakegithub"
	"github.com/linnet-bot/linnet/pkg/chatops"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/forge/github"
	"github.com/linnet-bot/linnet/pkg/server/hook"
)

// pressLab is a merge request that is ready and waits for somebody's word, on a forge with buttons.
type pressLab struct {
	*hubLab
	roles map[string]chatops.Role // by name
	head  string
	by    forge.User // ann, a maintainer
}

func newPressLab(t *testing.T, edit func(*Settings)) *pressLab {
	t.Helper()
	marker, err := forge.NewMarker([]byte(strings.Repeat("k", forge.MinMarkerKey)))
	if err != nil {
		t.Fatal(err)
	}
	p := &pressLab{roles: map[string]chatops.Role{"ann": chatops.Maintainer}}
	p.hubLab = newHubLab(t, fakegithub.Rules{}, func(s *Settings) {
		s.Marker = &marker
		s.Role = func(_ context.Context, who forge.User) (chatops.Role, error) { return p.roles[who.Name], nil }
		if edit != nil {
			edit(s)
		}
	})
	if p.by, err = p.ann.Me(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.until("it is ready", func(s Status) bool { return s.Situation == Ready })
	p.head = p.pull(1).Head
	return p
}

func (p *pressLab) press(c *Conductor, press Press) {
	p.Helper()
	if err := c.Press(p.Context(), press); err != nil {
		p.Fatal(err)
	}
}

func (p *pressLab) promote(delivery string) Press {
	return Press{By: p.by, Verb: chatops.Promote, SHA: p.head, Delivery: delivery}
}

// records are the bot's comments about presses.
func (p *pressLab) records() []forge.Comment {
	p.Helper()
	all, err := p.hubBot.Comments(p.Context(), 1)
	if err != nil {
		p.Fatal(err)
	}
	var found []forge.Comment
	for _, c := range all {
		if strings.Contains(c.Body, "pressed **Promote**") {
			found = append(found, c)
		}
	}
	return found
}

// buttons counts the check runs on which somebody sees a button, or, without one named, all of them.
func (p *pressLab) buttons(named string) int {
	n := 0
	for id := range int64(500) {
		if named == "" && p.hub.Rerequest(id, "ann") == nil || named != "" && p.hub.Press(id, named, "ann") == nil {
			n++
		}
	}
	return n
}

func TestAPressPromotesLikeACommand(t *testing.T) {
	p := newPressLab(t, nil)
	if p.buttons("promote") != 1 || p.buttons("recheck") != 1 {
		t.Fatalf("there are %d buttons to promote and %d to look again, want one of each", p.buttons("promote"), p.buttons("recheck"))
	}
	p.press(p.process, p.promote("d-1"))
	p.press(p.process, p.promote("d-1")) // delivered twice
	p.press(p.process, p.promote("d-2")) // pressed twice
	records := p.records()
	if len(records) != 1 || !strings.Contains(records[0].Body, "`ann` pressed **Promote** on "+p.head[:8]) {
		t.Fatalf("got records %+v, want one", records)
	}
	// The process dies, and another one goes on.
	next := p.conductorAs(p.hubBot)
	next.Observer = p
	p.look(next)
	if got := p.pull(1); got.State != forge.Merged {
		t.Fatalf("got %+v, want it merged\n%s", got, p.progress(1))
	}
	p.look(next)
	if note := p.progress(1); !strings.Contains(note, "on the word of `ann`") {
		t.Errorf("the note does not say on whose word:\n%s", note)
	}
	var kinds []forge.ReactionKind
	for _, r := range p.records()[0].Reactions {
		kinds = append(kinds, r.Kind)
	}
	if len(kinds) != 2 || kinds[0] != forge.Eyes || kinds[1] != forge.Rocket {
		t.Errorf("the press is answered with %v", kinds)
	}
}

func TestAPressActsForNobodyWhoMayNot(t *testing.T) {
	for name, tc := range map[string]struct {
		edit  func(*pressLab)
		press func(*pressLab) Press
	}{
		"whose role is too low": {func(p *pressLab) { p.roles["ann"] = chatops.Developer }, nil},
		"who has no role":       {func(p *pressLab) { delete(p.roles, "ann") }, nil},
		"whose role cannot be read": {func(p *pressLab) {
			p.process.Role = func(context.Context, forge.User) (chatops.Role, error) { return chatops.Owner, errors.New("no") }
		}, nil},
		"who looked at another commit":   {nil, func(p *pressLab) Press { o := p.promote("d"); o.SHA = p.tip; return o }},
		"who is a bot":                   {nil, func(p *pressLab) Press { o := p.promote("d"); o.By.Bot = true; return o }},
		"who is the bot":                 {nil, func(p *pressLab) Press { o := p.promote("d"); o.By, _ = p.hubBot.Me(t.Context()); return o }},
		"who is nobody":                  {nil, func(p *pressLab) Press { o := p.promote("d"); o.By = forge.User{}; return o }},
		"who presses what there is not":  {nil, func(p *pressLab) Press { o := p.promote("d"); o.Verb = chatops.Rollback; return o }},
		"where nobody else cannot write": {func(p *pressLab) { p.process.Marker = nil }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPressLab(t, nil)
			if tc.edit != nil {
				tc.edit(p)
			}
			press := p.promote("d")
			if tc.press != nil {
				press = tc.press(p)
			}
			p.press(p.process, press)
			p.look(p.process)
			if got := p.pull(1); got.State != forge.Open || len(p.records()) > 0 {
				t.Errorf("got %s and records %+v, want it open and none", got.State, p.records())
			}
		})
	}
}

// What stands for a while is asked about again at the moment of acting.
func TestAPressIsVoidWhenTheRightIsTakenAway(t *testing.T) {
	p := newPressLab(t, nil)
	p.press(p.process, p.promote("d"))
	p.roles["ann"] = chatops.Developer
	p.look(p.process)
	if got := p.pull(1); got.State != forge.Open {
		t.Fatalf("got %+v, want it open", got)
	}
	if note := p.progress(1); !strings.Contains(note, "promote: refused, since `ann` is a developer") {
		t.Errorf("the note does not say why:\n%s", note)
	}
	p.roles["ann"] = chatops.Maintainer
	p.look(p.process)
	if got := p.pull(1); got.State != forge.Open {
		t.Errorf("it was merged on a press that had been refused")
	}
}

// Whoever may write may edit the bot's comments, and copy them.
func TestARecordOfAPressCannotBeForged(t *testing.T) {
	p := newPressLab(t, func(s *Settings) { s.Merge = Manual })
	p.press(p.process, p.promote("d")) // where people merge, so that the record stays and does nothing
	record := p.records()[0]
	p.process.Merge = OnPromote
	if _, err := p.ann.AddComment(t.Context(), 1, record.Body); err != nil {
		t.Fatal(err)
	}
	p.pass(2 * time.Second)
	for _, body := range []string{record.Body + "\n", strings.Replace(record.Body, p.head[:8], "00000000", 1), record.Body} {
		p.hub.EditComment(record.ID, body)
		p.look(p.process)
		if got := p.pull(1); got.State != forge.Open {
			t.Fatalf("got %+v, want it open", got)
		}
	}
	// Another comment of the bot's in its place.
	all, err := p.hubBot.Comments(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		if c.By.Bot && c.ID != record.ID {
			p.hub.EditComment(c.ID, record.Body)
		}
	}
	p.look(p.process)
	if got := p.pull(1); got.State != forge.Open {
		t.Fatalf("got %+v, want it open", got)
	}
	if note := p.progress(1); !strings.Contains(note, "promote: void, since the comment was edited") {
		t.Errorf("the note does not say why:\n%s", note)
	}
}

func TestACheckThatIsAskedForAgainIsMadeAnew(t *testing.T) {
	p := newPressLab(t, nil)
	again := Press{By: p.by, Verb: chatops.Retry, SHA: p.head, Delivery: "d"}
	before := p.buttons("")
	p.look(p.process)
	if got := p.buttons(""); got != before {
		t.Fatalf("%d runs were %d", got, before)
	}
	p.press(p.process, again)
	p.look(p.process)
	p.look(p.process)
	if got := p.buttons(""); got != before+1 {
		t.Errorf("there are %d runs, want one more than %d", got, before)
	}
	if got := p.saidOf(p.head); got.State != forge.Success {
		t.Errorf("got %+v, want success", got)
	}
	p.roles["ann"] = chatops.NoRole
	p.press(p.process, again)
	p.look(p.process)
	if got := p.buttons(""); got != before+1 {
		t.Errorf("there are %d runs, want no other one for somebody without a role", got)
	}
}

func TestNoButtonIsOfferedThatDoesNothing(t *testing.T) {
	for _, when := range []When{Auto, Manual} {
		p := newHubLab(t, fakegithub.Rules{Approvals: 1}, func(s *Settings) { s.Merge = when })
		p.until("the gate is green", func(s Status) bool { return p.saidOf(p.pull(1).Head).State == forge.Success })
		if got := (&pressLab{hubLab: p}).buttons("promote"); got != 0 {
			t.Errorf("%s: %d buttons to promote", when, got)
		}
	}
}

func TestAPressArrivesByWebhook(t *testing.T) {
	p := newPressLab(t, nil)
	var pressed []hook.Press
	receiver, err := hook.NewGitHub(func() ([]string, error) { return []string{"correct horse battery staple"}, nil },
		hook.Options{Wake: func(hook.Hint) {}, Press: func(one hook.Press) { pressed = append(pressed, one) }, Deliveries: hook.NewMemory(), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	ears := httptest.NewServer(receiver)
	defer ears.Close()
	if err := p.hub.Subscribe(fakegithub.Subscription{URL: ears.URL, Secret: "correct horse battery staple", App: p.app}); err != nil {
		t.Fatal(err)
	}
	if p.buttons(github.ActionPromote) != 1 {
		t.Fatal("there is no button")
	}
	p.hub.SettleWebhooks()
	ears.Close() // what was answered is being dealt with
	if len(pressed) != 1 {
		t.Fatalf("got presses %+v, want one", pressed)
	}
	got := pressed[0]
	p.press(p.process, Press{By: forge.User{ID: got.SenderID, Name: got.Sender, Bot: got.SenderIsBot}, Verb: got.Button, SHA: got.SHA, Delivery: got.Delivery})
	p.look(p.process)
	if got := p.pull(1); got.State != forge.Merged {
		t.Fatalf("got %+v, want it merged\n%s", got, p.progress(1))
	}
}
