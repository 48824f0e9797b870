package changerecord_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/store"
	"github.com/linnet-bot/linnet/pkg/store/changerecord"
)

var update = flag.Bool("update", false, "rewrite testdata")

var (
	now = time.Date(2026, time.March, 9, 8, 0, 0, 0, time.UTC)
	bot = forge.User{ID: "1", Name: "linnet"}
	ana = forge.User{ID: "2", Name: "ana"}
	eve = forge.User{ID: "3", Name: "eve|`@all`<b>"}
)

// shelf is a forge that holds what it was given.
type shelf struct {
	requests []forge.MergeRequest
	comments map[int][]forge.Comment
	checks   map[string][]forge.Check
}

func (s shelf) Me(context.Context) (forge.User, error) { return bot, nil }
func (s shelf) Find(_ context.Context, q forge.Query) (found []forge.MergeRequest, err error) {
	for _, r := range s.requests {
		if strings.HasPrefix(r.Source, q.SourcePrefix) {
			found = append(found, r)
		}
	}
	return found, nil
}
func (s shelf) Get(_ context.Context, number int) (forge.MergeRequest, error) {
	return s.requests[number-1], nil
}
func (s shelf) Comments(_ context.Context, number int) ([]forge.Comment, error) {
	return s.comments[number], nil
}
func (s shelf) Checks(_ context.Context, sha string) ([]forge.Check, error) {
	return s.checks[sha], nil
}

func at(minutes int) time.Time { return now.Add(time.Duration(minutes) * time.Minute) }

func said(id int64, body string, by forge.User, kinds ...forge.ReactionKind) forge.Comment {
	c := forge.Comment{ID: id, By: by, Body: body, Created: at(int(id))}
	for _, k := range kinds {
		c.Reactions = append(c.Reactions, forge.Reaction{Kind: k, By: bot})
	}
	return c
}

// signedOff is the bot's record of a straggler.
func signedOff(id int64, a checks.Acceptance) forge.Comment {
	payload, err := json.Marshal(a)
	if err != nil {
		panic(err)
	}
	return said(id, fmt.Sprintf("<!-- linnet:note accepted-%d -->\nSigned off\n\n<!-- linnet:accepted %s -->\n", a.Comment, base64.StdEncoding.EncodeToString(payload)), bot)
}

// meddled is an upgrade that many hands touched: one phase merged on a word, one by hand while red, one closed and made anew, one open.
func meddled() shelf {
	section := forge.PutSection("", "Phase 1 of 4 of the upgrade `dev/3.19.0`: Big Bang 3.18.0 to 3.19.0, Istio 1.28.3 to 1.29.0.\n")
	request := func(number int, branch string, state forge.State, by forge.User) forge.MergeRequest {
		r := forge.MergeRequest{
			Number: number, Source: branch, Target: "main", Title: "phase", Description: section, State: state, Author: bot, Opened: at(10 * number),
			Head: strings.Repeat(string(rune('a'+number)), 40),
		}
		if state != forge.Open {
			r.Done = at(10*number + 5)
		}
		if state == forge.Merged {
			r.MergeSHA, r.MergedBy = strings.Repeat(string(rune('0'+number)), 40), by
		}
		return r
	}
	s := shelf{
		requests: []forge.MergeRequest{
			request(1, "linnet/dev/3.18.0/1-01-crds", forge.Merged, bot),
			request(2, "linnet/dev/3.19.0/1-01-crds", forge.Merged, bot),
			request(3, "linnet/dev/3.19.0/1-02-canary", forge.Closed, forge.User{}),
			request(4, "linnet/dev/3.19.0/1-02-canary", forge.Merged, eve),
			request(5, "linnet/dev/3.19.0/1-03-bump", forge.Open, forge.User{}),
			request(6, "linnet/dev/3.19.0/by-hand", forge.Merged, ana),
		},
		comments: map[int][]forge.Comment{
			2: {said(21, "/canary promote", ana, forge.Eyes, forge.Rocket), said(22, "/canary promote", eve, forge.Eyes, forge.ThumbsDown), said(23, "well done", ana)},
			3: {said(31, "<!-- linnet:note closed -->\nmain has moved\n\n<!-- linnet:closed -->\n", bot)},
			4: {
				said(41, "/canary accept Deployment/app/web owner is on leave | until 2026-03-12", eve, forge.Eyes, forge.Rocket),
				said(42, "/canary accept Job/app/x never", ana, forge.ThumbsDown),
				signedOff(43, checks.Acceptance{
					Kind: "Deployment", Namespace: "app", Name: "web", By: eve.Name, At: at(41), Reason: "owner is on leave |",
					Until: time.Date(2026, 3, 13, 0, 0, 0, 0, time.UTC), Request: 4, Comment: 41,
				}),
				signedOff(44, checks.Acceptance{Kind: "Job", Namespace: "app", Name: "gone", By: "ana", At: at(42), Reason: "its comment is gone", Request: 4, Comment: 40}),
			},
		},
		checks: map[string][]forge.Check{},
	}
	head := s.requests[1].Head
	s.checks[head] = []forge.Check{
		{Name: "linnet/gate", State: forge.Failure, Title: "forged", By: eve, Updated: at(24)},
		{Name: "linnet/gate", State: forge.Success, Title: "preflight: pass, 11 of 11 checks pass", By: bot, Updated: at(24)},
	}
	return s
}

func TestARecordOfWhatManyHandsDid(t *testing.T) {
	h := changerecord.History{
		Entries: []store.Entry{
			{At: at(45), Kind: store.Gate, Environment: "dev", Upgrade: "dev/3.19.0", Subject: "g", State: "wait", Cause: "1 proxy is not on 1-29-0", Facts: map[string]string{
				"branch": "linnet/dev/3.19.0/1-02-canary", "gate": "entry", "summary": "entry-canary: wait, 5 of 7 checks pass", "evidence": "[wait] entry-canary\n```\n/close @all\n"}},
			{At: at(46), Kind: store.Request, Environment: "dev", Upgrade: "dev/3.19.0", Request: 4, Subject: "merge request 4", State: "merged"},
			{At: at(47), Kind: store.Gate, Environment: "dev", Upgrade: "dev/3.19.0", Subject: "g", State: "open", Facts: map[string]string{
				"branch": "linnet/dev/3.19.0/1-02-canary", "gate": "entry", "summary": "too late to count"}},
			{At: at(48), Kind: store.Upgrade, Environment: "dev", Upgrade: "dev/3.19.0", Subject: "work on dev", State: "stopped: x", What: "nothing goes on: !4 was taken back."},
			{At: at(49), Kind: store.Upgrade, Environment: "dev", Upgrade: "dev/3.19.0", Subject: "work on dev", State: "goes on"},
			{At: at(50), Kind: store.Gate, Environment: "prod", Upgrade: "prod/3.19.0", Subject: "other", State: "open"},
		},
		Looks: []store.Look{{Environment: "dev", At: at(44), Counts: []store.Count{{Namespace: "app", Revision: "default", Proxies: 3}}}, {Environment: "dev", At: at(60)}},
	}
	r, err := changerecord.Make(t.Context(), meddled(), "dev", "", h)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	for file, got := range map[string]string{"testdata/meddled.md": r.Markdown(), "testdata/meddled.json": string(text) + "\n"} {
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s (-want +got); -update rewrites it:\n%s", file, diff)
		}
	}
}

func TestWhichUpgradeIsReported(t *testing.T) {
	for _, tc := range []struct{ name, environment, upgrade, want, err string }{
		{"the last", "dev", "", "dev/3.19.0", ""},
		{"by its id", "dev", "dev/3.18.0", "dev/3.18.0", ""},
		{"by its release", "dev", "3.18.0", "dev/3.18.0", ""},
		{"one that is not there", "dev", "dev/3.20.0", "", "report on dev: there is no upgrade dev/3.20.0; known are those to 3.18.0, 3.19.0"},
		{"an environment without any", "prod", "", "", "report on prod: the forge has no merge request of an upgrade of it; see that the environment is named by its folder"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r, err := changerecord.Make(t.Context(), meddled(), tc.environment, tc.upgrade, changerecord.History{})
			if err != nil && err.Error() != tc.err || err == nil && tc.err != "" || r.Upgrade != tc.want {
				t.Errorf("got %q, %v, want %q, %s", r.Upgrade, err, tc.want, tc.err)
			}
		})
	}
}

func TestAnUpgradeThatWasTakenBack(t *testing.T) {
	for name, phase := range map[string]string{"two merge requests": "1-01-back-crds", "CRDs and canary in one": "1-01-back-canary"} {
		t.Run(name, func(t *testing.T) {
			s := meddled()
			open := s.requests[4]
			s.requests = s.requests[:4]
			s.requests[3].Source = "linnet/dev/3.19.0/" + phase
			r, err := changerecord.Make(t.Context(), s, "dev", "", changerecord.History{})
			if err != nil || r.State != changerecord.TakenBack || !r.Ended.Equal(at(45)) || len(r.Phases) != 2 {
				t.Errorf("%s at %s, %+v, %v", r.State, r.Ended, r.Phases, err)
			}
			open.Source = "linnet/dev/3.19.0/2-01-crds"
			s.requests = append(s.requests, open)
			if r, err := changerecord.Make(t.Context(), s, "dev", "", changerecord.History{}); err != nil || r.State != changerecord.Running || !r.Ended.IsZero() {
				t.Errorf("gone forward again: %s at %s, %v", r.State, r.Ended, err)
			}
		})
	}
}

func TestAPhaseThatCameInByHandIsMissedInTheEnd(t *testing.T) {
	s := meddled()
	s.requests = s.requests[:4]
	s.requests[3].Source = "linnet/dev/3.19.0/1-04-cleanup"
	s.comments[4] = []forge.Comment{said(44, "<!-- linnet:note progress -->\ndone\n<!-- linnet:over -->\n", bot)}
	r, err := changerecord.Make(t.Context(), s, "dev", "", changerecord.History{})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"Nothing tells what the gate of !4 (cleanup) said when it was merged.",
		"Phase 2 has no merged merge request: it came in by hand.", "Phase 3 has no merged merge request: it came in by hand.",
	}
	if diff := cmp.Diff(want, r.Unknown); diff != "" || r.State != changerecord.Finished || !r.Ended.Equal(at(44)) {
		t.Errorf("%s, ended %s, unknown (-want +got):\n%s", r.State, r.Ended, diff)
	}
	s.comments[4][0].By = eve // who is not the bot ends nothing
	if r, err := changerecord.Make(t.Context(), s, "dev", "", changerecord.History{}); err != nil || r.State != changerecord.Running {
		t.Errorf("%s, %v", r.State, err)
	}
}
