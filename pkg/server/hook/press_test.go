package hook

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

const (
	pressedSHA = "ec26c3e57ca3a959ca5aad62de7213c562f8c821"
	pressedRun = `{"action": "requested_action", "requested_action": {"identifier": "promote"}, "check_run": {"head_sha": "` + pressedSHA + `"},
		"repository": {"full_name": "acme/gitops"}, "sender": {"id": 21, "login": "ann", "type": "User"}}`
)

func TestAPressIsToldAsItCame(t *testing.T) {
	want := Press{Project: "acme/gitops", Button: "promote", SHA: pressedSHA, SenderID: "21", Sender: "ann"}
	edit := func(pairs ...string) string { return strings.NewReplacer(pairs...).Replace(pressedRun) }
	again := want
	again.Button = ""
	bot := want
	bot.SenderIsBot = true
	for _, row := range []struct {
		name, event, body string
		want              []Press
	}{
		{"a button", "check_run", pressedRun, []Press{want}},
		{"a run again", "check_run", edit("requested_action\",", "rerequested\","), []Press{again}},
		{"all of a commit again", "check_suite", edit("requested_action\",", "rerequested\",", "check_run", "check_suite"), []Press{again}},
		{"by a bot", "check_run", edit(`"User"`, `"Bot"`), []Press{bot}},
		{"another event of a run", "check_run", edit("requested_action\",", "completed\","), nil},
		{"a button without a name", "check_run", edit(`"promote"`, `""`), nil},
		{"a button with a strange name", "check_run", edit(`"promote"`, `"a\nb"`), nil},
		{"by nobody", "check_run", edit(`"ann"`, `""`), nil},
		{"by somebody without a number", "check_run", edit(`21`, `0`), nil},
		{"an event of another kind", "status", edit(`"check_run"`, `"sha": "`+pressedSHA+`", "x"`), nil},
		{"no delivery", "check_run", pressedRun, nil},
		{"no commit", "check_run", edit(pressedSHA, "main"), nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			var got []Press
			p := &place{memory: NewMemory()}
			o := p.options()
			o.Press = func(one Press) {
				if len(p.hints) > 0 {
					t.Error("it was woken before it was told")
				}
				got = append(got, one)
			}
			h, err := NewGitHub(fixed(testSecret), o)
			if err != nil {
				t.Fatal(err)
			}
			p.Handler = h
			for range 2 { // delivered twice
				r := githubRequest(row.event, "d-1", row.body)
				if row.name == "no delivery" {
					r.Header.Del("X-GitHub-Delivery")
				}
				if answer := p.do(r); answer.Code != http.StatusAccepted {
					t.Fatalf("answered %d", answer.Code)
				}
			}
			for i := range row.want {
				row.want[i].Delivery = "d-1"
			}
			if !slices.Equal(got, row.want) {
				t.Errorf("got %+v, want %+v", got, row.want)
			}
		})
	}
}
