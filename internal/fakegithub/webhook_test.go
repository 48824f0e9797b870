package fakegithub_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/linnet-bot/linnet/internal/fakegithub"
	"github.com/linnet-bot/linnet/internal/outbox"
	"github.com/linnet-bot/linnet/internal/shareddata"
)

func TestWhatHappensIsToldOnceAndInOrder(t *testing.T) {
	p := newPlace(t, nil)
	p.everything()
	want := []string{
		"ping", "push", "check_suite requested", "pull_request opened", "pull_request labeled", "pull_request edited",
		"issue_comment created", "issue_comment edited", "issue_comment created", "issue_comment edited", "issue_comment deleted",
		"check_run created", "check_run completed", "check_run requested_action", "check_run rerequested", "check_suite rerequested", "status",
		"pull_request_review submitted", "push", "check_suite requested", "pull_request synchronize", "pull_request_review dismissed",
		"pull_request converted_to_draft", "pull_request ready_for_review", "pull_request closed", "pull_request reopened",
		"pull_request_review submitted", "push", "check_suite requested", "pull_request closed", "push",
	}
	if got := p.said(); !slices.Equal(got, want) {
		t.Errorf("told\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for _, a := range p.Webhooks() {
		if a.Status != http.StatusAccepted {
			t.Errorf("%s %s is answered %d %v", a.Event, a.Action, a.Status, a.Err)
		}
	}
}

func TestTheMergeQueueTellsOfItsTrials(t *testing.T) {
	p := newPlace(t, nil)
	p.queued()
	p.settle()
	var got []string
	for _, a := range p.Webhooks() {
		if a.Event == "merge_group" || strings.HasSuffix(a.Action, "queued") || strings.HasPrefix(a.Action, "auto_merge") {
			var body struct {
				Reason string `json:"reason"`
			}
			if err := json.Unmarshal(a.Body, &body); err != nil {
				t.Fatal(err)
			}
			got = append(got, strings.TrimSpace(a.Action+" "+body.Reason))
		}
	}
	slices.Sort(got)
	want := []string{"auto_merge_enabled", "auto_merge_enabled", "checks_requested", "checks_requested", "dequeued MERGE", "dequeued UNKNOWN_REMOVAL_REASON",
		"destroyed dequeued", "destroyed merged", "enqueued", "enqueued"}
	if !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
}

// The schema of each event is GitHub's own.
func TestWebhooksAreAsGitHubDescribesThem(t *testing.T) {
	described, err := fakegithub.DescribeWebhooks(filepath.Join(shareddata.Path(t, "forge", "github"), "webhooks-bot.json"))
	if err != nil {
		t.Fatal(err)
	}
	p := newPlace(t, nil)
	p.everything()
	p.queued()
	p.settle()
	kinds := map[string]bool{}
	for _, a := range p.Webhooks() {
		kinds[a.Event+" "+a.Action] = true
		if err := described.Check(a.Delivery); err != nil {
			t.Error(err)
		}
	}
	if len(kinds) != 27 {
		t.Errorf("%d kinds were told, want 27: %v", len(kinds), kinds)
	}
}

// What a description is for: it finds an event, a header and a field that are wrong.
func TestADescriptionOfWebhooksFindsWhatIsWrong(t *testing.T) {
	described, err := fakegithub.DescribeWebhooks(filepath.Join(shareddata.Path(t, "forge", "github"), "webhooks-bot.json"))
	if err != nil {
		t.Fatal(err)
	}
	p := newPlace(t, nil)
	p.write(p.bot, "topic", "new")
	p.settle()
	good := p.Webhooks()[1].Delivery
	for want, spoil := range map[string]func(*outbox.Delivery){
		"/star-created is not described":       func(d *outbox.Delivery) { d.Event, d.Action = "star", "created" },
		"lacks the header X-Hub-Signature-256": func(d *outbox.Delivery) { d.Header.Del("X-Hub-Signature-256") },
		`property "after" is missing`:          func(d *outbox.Delivery) { d.Body = bytes.ReplaceAll(d.Body, []byte(`"after"`), []byte(`"later"`)) },
		"invalid character":                    func(d *outbox.Delivery) { d.Body = []byte("payload=") },
	} {
		bad := good
		bad.Header = good.Header.Clone()
		spoil(&bad)
		if err := described.Check(bad); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestOnlyTheAppOfARunHearsOfItsButtons(t *testing.T) {
	p := newPlace(t, nil)
	var heard []string
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		heard = append(heard, r.Header.Get("X-GitHub-Event"))
	}))
	t.Cleanup(other.Close)
	if err := p.Subscribe(fakegithub.Subscription{URL: other.URL, Secret: "another"}); err != nil {
		t.Fatal(err)
	}
	sha := p.write(p.bot, "topic", "new")
	run := int64(p.ask(p.bot, http.MethodPost, "/check-runs", map[string]any{"name": "linnet/gate", "head_sha": sha, "conclusion": "action_required",
		"actions": []any{map[string]any{"label": "Promote", "description": "Go on", "identifier": "promote"}}})["id"].(float64))
	for _, wrong := range []struct{ button, who string }{{"abort", "ann"}, {"promote", "eve"}} {
		if p.Press(run, wrong.button, wrong.who) == nil {
			t.Errorf("%s presses %q", wrong.who, wrong.button)
		}
	}
	if err := p.Press(run, "promote", "ann"); err != nil {
		t.Fatal(err)
	}
	p.settle()
	if want := []string{"ping", "push", "check_run", "check_run"}; !slices.Equal(heard, want) {
		t.Errorf("the repository's hook hears %q, want %q", heard, want)
	}
	last := p.Webhooks()
	i := slices.IndexFunc(last, func(a outbox.Attempt) bool { return a.Action == "requested_action" })
	if i < 0 || !bytes.Contains(last[i].Body, []byte(`"requested_action":{"identifier":"promote"}`)) || !bytes.Contains(last[i].Body, []byte(`"login":"ann"`)) {
		t.Errorf("the App hears nothing of the button: %q", p.said())
	}
}

// Whoever asks GitHub for a redelivery gets the same id and the same content.
func TestARedeliveryKeepsItsIDAndWakesNobodyTwice(t *testing.T) {
	p := newPlace(t, nil)
	p.write(p.bot, "topic", "new")
	p.settle()
	sent := p.Webhooks()
	first := sent[len(sent)-1]
	if err := p.Redeliver(first.ID); err != nil {
		t.Fatal(err)
	}
	p.settle()
	sent = p.Webhooks()
	if again := sent[len(sent)-1]; len(sent) != 4 || again.ID != first.ID || !bytes.Equal(again.Body, first.Body) {
		t.Errorf("redelivered %s, want %s once more", again.ID, first.ID)
	}
	if len(p.hints) != 3 { // ping, push and what a push asks of checks
		t.Errorf("woken by %+v", p.hints)
	}
	if err := p.Redeliver("unknown"); err == nil {
		t.Error("what was never delivered is delivered again")
	}
}

// GitHub sends nothing a second time by itself.
func TestWhatIsLostStaysLost(t *testing.T) {
	p := newPlace(t, func(d outbox.Delivery) []outbox.Delivery {
		if d.Event == "push" {
			return nil
		}
		return []outbox.Delivery{d, d}
	})
	p.write(p.bot, "topic", "new")
	p.open(p.bot, "topic")
	if got, want := p.said(), []string{"ping", "ping", "check_suite requested", "check_suite requested", "pull_request opened", "pull_request opened"}; !slices.Equal(got, want) {
		t.Errorf("sent %q, want %q", got, want)
	}
	if len(p.hints) != 3 {
		t.Errorf("woken by %+v, want each once", p.hints)
	}
	p.receiver.Close()
	p.write(p.bot, "topic", "more")
	p.ask(p.bot, http.MethodPost, "/issues/1/comments", map[string]any{"body": "Hello."})
	p.settle()
	unanswered := 0
	for _, a := range p.Webhooks() {
		if a.Err != nil {
			unanswered++
		}
	}
	if unanswered != 6 { // what a push asks of checks, synchronize and the comment, doubled
		t.Errorf("%d went to nobody, want 6", unanswered)
	}
}

// Links in a webhook lead elsewhere, so that a client that follows one is caught.
func TestNoWebhookLeadsBackHere(t *testing.T) {
	p := newPlace(t, nil)
	p.everything()
	p.settle()
	for _, a := range p.Webhooks() {
		if a.Event != "ping" && bytes.Contains(a.Body, []byte("127.0.0.1")) {
			t.Errorf("%s %s leads here: %s", a.Event, a.Action, a.Body)
		}
	}
}
