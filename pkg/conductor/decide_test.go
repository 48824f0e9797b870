package conductor

import (
	"errors"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
	"github.com/linnet-bot/linnet/pkg/planner"
)

const (
	sha1 = "1111111111111111111111111111111111111111"
	sha2 = "2222222222222222222222222222222222222222"
	tip  = "9999999999999999999999999999999999999999"
)

var (
	me    = forge.User{ID: "7", Name: "linnet"}
	ana   = forge.User{ID: "8", Name: "ana"}
	noon  = time.Date(2026, 3, 9, 12, 0, 0, 0, time.UTC)
	green = checks.Result{Name: "entry", Verdict: checks.Pass}
)

func files(phase string) tree.Tree {
	if phase == "" {
		return tree.New(map[string][]byte{"dev/a": []byte("start\n")})
	}
	return tree.New(map[string][]byte{"dev/a": []byte("start\n"), "dev/" + phase: []byte(phase + "\n")})
}

// next is a state in which the second of three phases is to come, the gate is green, and nothing is on the forge yet.
func next() State {
	plan := &planner.Plan{
		ID: "dev/3.19.0", Environment: "dev", From: planner.Version{Release: "3.18.0", Istio: "1.28.3"}, To: planner.Version{Release: "3.19.0", Istio: "1.29.0"},
		Phases: []planner.Phase{
			{Number: 1, Name: "crds", Kind: planner.CRDs, Title: "bring the CRDs", Before: files(""), After: files("crds")},
			{Number: 2, Name: "canary", Kind: planner.Canary, Title: "add the canary", Before: files("crds"), After: files("canary")},
			{Number: 3, Name: "cleanup", Kind: planner.Cleanup, Title: "clean up", Before: files("canary"), After: files("cleanup")},
		},
	}
	s := State{Now: noon, Seen: noon, Environment: "dev", Branch: "main", Tip: tip, Me: me, Merge: OnPromote, MaxGap: time.Minute, Plan: plan, Done: 1,
		Gate: Gate{Result: green, Now: noon, Merge: checks.Merge{Commit: sha1}}}
	for _, phase := range plan.Phases {
		s.Steps = append(s.Steps, Step{Branch: place{Release: "3.19.0", Attempt: 1, Number: phase.Number, Phase: phase.Name}.branch("dev")})
	}
	return s
}

// open is the same with the merge request of the second phase open and everything said about it.
func open(edits ...func(*State)) State {
	s := next()
	r := Request{MergeRequest: forge.MergeRequest{Number: 5, Title: "canary", Source: s.Steps[1].Branch, Target: "main", State: forge.Open, Head: sha2, Author: me,
		Mergeability: forge.Mergeability{Readiness: forge.Ready}}}
	s.Steps[1].Head, s.Steps[1].Request = sha2, &r.MergeRequest
	s.Current = &r
	s.Head = Head{SHA: sha2, Made: noon.Add(-time.Hour), Merges: AsPlanned}
	for _, edit := range edits {
		edit(&s)
	}
	said := s
	current := *s.Current
	said.Current = &current
	// What the first round says, the second finds.
	for _, a := range Decide(said) {
		switch a := a.(type) {
		case Describe:
			s.Current.Description = a.Description
		case SetCheck:
			a.Check.By = me
			s.Current.Checks = append(s.Current.Checks, a.Check)
		case WriteNote:
			s.Current.Comments = append(s.Current.Comments, forge.Comment{ID: 1, By: me, Body: "<!-- linnet:note " + a.Name + " -->\n" + a.Body})
		}
	}
	return s
}

func promoted(s *State) {
	s.Current.Comments = append(s.Current.Comments, forge.Comment{ID: 12, By: ana, Body: "/canary promote", Created: noon})
}

func claimed(s *State) {
	promoted(s)
	last := &s.Current.Comments[len(s.Current.Comments)-1]
	last.Reactions = []forge.Reaction{{Kind: forge.Eyes, By: me}}
}

func TestDecide(t *testing.T) {
	const (
		branch = "linnet/dev/3.19.0/1-02-canary"
		check  = "set check linnet/gate to "
		note   = "write the note progress of !5"
		merge  = "merge !5 at 22222222"
	)
	foreign := func(s *State) { s.Head = Head{SHA: sha2, Made: noon, Merges: Otherwise, Tree: files("mine")} }
	for _, tc := range []struct {
		name  string
		state State
		want  []string
	}{
		{"nothing to begin", State{Environment: "dev", Nothing: "all is new"}, nil},
		{"refused, and nothing open", State{Environment: "dev", Refusal: errors.New("no")}, nil},
		{"the next phase", next(), []string{"create branch " + branch}},
		{"a branch without a request", func() State {
			s := next()
			s.Steps[1].Head, s.Head = sha2, Head{SHA: sha2, Ours: true, Planned: true, Tree: files("canary")}
			return s
		}(), []string{"open a merge request from " + branch}},
		{"a branch that was planned for an earlier tip", func() State {
			s := next()
			s.Steps[1].Head, s.Head = sha2, Head{SHA: sha2, Ours: true, Tree: files("mine")}
			return s
		}(), []string{"open a merge request from " + branch}},
		{"a branch without a commit", func() State {
			s := next()
			s.Steps[1].Head, s.Head = sha2, Head{SHA: sha2, Empty: true, Tree: files("crds")}
			return s
		}(), []string{"commit to branch " + branch}},
		{"a branch of somebody else", func() State {
			s := next()
			s.Steps[1].Head, s.Head = sha2, Head{SHA: sha2, Tree: files("mine")}
			return s
		}(), nil},
		{"a merged request whose phase is not in", func() State {
			s := next()
			s.Steps[1].Request = &forge.MergeRequest{Number: 5, State: forge.Merged}
			return s
		}(), nil},
		{"a new request is described and judged", func() State {
			s := open()
			s.Current.Description, s.Current.Checks, s.Current.Comments = "", nil, nil
			return s
		}(), []string{"describe !5", check + "success on 22222222", note}},
		{"nothing new", open(), nil},
		{"somebody else's request is not described", open(func(s *State) { s.Current.Author = ana }), nil},
		{"what others say under our name does not count", func() State {
			s := open()
			s.Current.Checks[0].By = ana
			return s
		}(), []string{check + "success on 22222222"}},
		{"the gate turns", func() State {
			s := open()
			s.Gate.Result = checks.Result{Name: "entry", Verdict: checks.Fail, Reason: "a pod is gone"}
			return s
		}(), []string{check + "failure on 22222222", note}},
		{"unknown is in progress", func() State {
			s := open()
			s.Gate.Result = checks.Result{Name: "entry"}
			return s
		}(), []string{check + "in-progress on 22222222", note}},
		{"green but not for long enough", func() State {
			s := open()
			s.Gate.Asked.Soak, s.Gate.Clock = time.Hour, checks.SoakClock{GreenSince: noon.Add(-time.Minute), LastSample: noon}
			return s
		}(), []string{check + "in-progress on 22222222", note}},

		{"a promotion is claimed before anything is done", func() State { s := open(); promoted(&s); return s }(), []string{"answer comment 12 of !5 with eyes", note}},
		{"a claimed promotion merges", open(claimed), []string{merge}},
		{"not while the gate waits", open(claimed, func(s *State) { s.Gate.Result.Verdict = checks.Wait }), nil},
		{"not while it is unknown", open(claimed, func(s *State) { s.Gate.Result.Verdict = checks.Unknown }), nil},
		{"not while it soaks", open(claimed, func(s *State) {
			s.Gate.Asked.Soak, s.Gate.Clock = time.Hour, checks.SoakClock{GreenSince: noon.Add(-time.Minute), LastSample: noon}
		}), nil},
		{"not while the forge blocks", open(claimed, func(s *State) { s.Current.Mergeability.Readiness = forge.Blocked }), nil},
		{"not while the forge does not know", open(claimed, func(s *State) { s.Current.Mergeability.Readiness = forge.ReadinessUnknown }), nil},
		{"not before the check says so", func() State { s := open(claimed); s.Current.Checks = nil; return s }(), []string{check + "success on 22222222"}},
		{"not where people merge", open(func(s *State) { s.Merge = Manual }, claimed), []string{"answer comment 12 of !5 with -1"}},
		{"nor without a word", open(func(s *State) { s.Merge = Manual }), nil},
		{"without a word where the bot merges", open(func(s *State) { s.Merge = Auto }), []string{merge}},
		{"a promotion for an earlier commit", open(claimed, func(s *State) { s.Head.Made = noon.Add(time.Second) }), []string{"answer comment 12 of !5 with -1"}},
		{"an edited promotion", open(claimed, func(s *State) { s.Current.Comments[0].Edited = noon }), []string{"answer comment 12 of !5 with -1"}},
		{"a void promotion stays void", open(claimed, func(s *State) {
			s.Current.Comments[0].Reactions = append(s.Current.Comments[0].Reactions, forge.Reaction{Kind: forge.ThumbsDown, By: me})
		}), nil},
		{"somebody else's reaction is none", open(promoted, func(s *State) {
			s.Current.Comments[0].Reactions = []forge.Reaction{{Kind: forge.Eyes, By: ana}}
		}), []string{"answer comment 12 of !5 with eyes"}},
		{"the bot does not listen to itself", open(promoted, func(s *State) { s.Current.Comments[0].By = me }), nil},

		{"a head that would merge otherwise is planned anew", open(func(s *State) { s.Head = Head{SHA: sha2, Merges: Otherwise, Ours: true, Tree: files("mine")} }),
			[]string{"commit to branch " + branch}},
		{"and what was agreed on is void first", open(claimed, func(s *State) {
			s.Head = Head{SHA: sha2, Merges: Conflict, Ours: true, Tree: files("mine")}
		}), []string{"answer comment 12 of !5 with -1", "commit to branch " + branch}},
		{"what cannot follow is begun anew", open(func(s *State) {
			s.Head = Head{SHA: sha2, Merges: Conflict, Ours: true, Planned: true, Conflict: "conflict in a", Tree: files("canary")}
		}), []string{"close !5", "delete branch " + branch}},
		{"a branch that was reset to the target is filled again", open(func(s *State) {
			s.Head = Head{SHA: sha2, Merges: Otherwise, Empty: true, Tree: files("crds")}
		}), []string{"commit to branch " + branch}},
		{"a human commit stops it", func() State { s := open(claimed); foreign(&s); return s }(), []string{check + "action-required on 22222222", note}},
		{"a refusal is said on what is open", func() State {
			s := open()
			s.Others, s.Current, s.Plan, s.Steps, s.Refusal = []Request{*s.Current}, nil, nil, nil, errors.New("dev/x is edited")
			return s
		}(), []string{check + "action-required on 22222222", note}},

		{"what is not next is closed", func() State {
			s := open()
			s.Others = []Request{{MergeRequest: forge.MergeRequest{Number: 3, State: forge.Open}}}
			return s
		}(), []string{"close !3"}},
		{"what a person closed stays closed", func() State {
			s := next()
			s.Left = &Request{MergeRequest: forge.MergeRequest{Number: 5, State: forge.Closed, Head: sha2}}
			s.Steps[1].Head, s.Head = sha2, Head{SHA: sha2, Ours: true, Planned: true}
			return s
		}(), []string{note}},
		{"what the bot closed is cleared away", closedByBot(sha2), []string{"delete branch " + branch}},
		{"and made anew", closedByBot(""), []string{"create branch " + branch}},
		{"and opened anew", closedByBot(sha1), []string{"open a merge request from " + branch}},
		{"what the bot closed and a person reopened is open again", func() State {
			s := open()
			s.Current.Comments = append(s.Current.Comments, forge.Comment{ID: 2, By: me, Body: "<!-- linnet:note closed -->\nx\n" + closedMark})
			return s
		}(), []string{"write the note closed of !5"}},

		{"a merged one gets its outcome", func() State {
			s := open()
			r := Request{MergeRequest: forge.MergeRequest{Number: 4, Source: s.Steps[0].Branch, State: forge.Merged, MergeSHA: sha1, MergedBy: me, Done: noon}}
			r.Comments = []forge.Comment{{ID: 3, By: ana, Body: "/canary promote", Reactions: []forge.Reaction{{Kind: forge.Eyes, By: me}}}}
			s.Merged = []Request{r}
			return s
		}(), []string{"answer comment 3 of !4 with rocket", "write the note progress of !4"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var got []string
			for _, a := range Decide(tc.state) {
				got = append(got, a.String())
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if again := Decide(tc.state); !reflect.DeepEqual(again, Decide(tc.state)) {
				t.Error("the same state gives other actions")
			}
		})
	}
}

func closedByBot(head string) State {
	s := next()
	s.Left = &Request{MergeRequest: forge.MergeRequest{Number: 5, State: forge.Closed, Head: sha2},
		Comments: []forge.Comment{{ID: 2, By: me, Body: "<!-- linnet:note closed -->\nx\n" + closedMark}}}
	if head != "" {
		s.Steps[1].Head, s.Head = head, Head{SHA: head, Ours: true, Planned: true, Tree: files("canary")}
	}
	return s
}

// Git takes every branch name, no two environments share one, and each is read back.
func TestBranchesOfEnvironments(t *testing.T) {
	seen := map[string]string{}
	for _, environment := range []string{
		"dev", "prod", "clusters/prod", "clusters-prod", "clusters//prod", "a/b", "a-b", "a/b/c", "a-b/c", ".", "-", "prod.lock", "prod", "a b", "ü", "é", "x..y", "x@{1}", ".hidden", "end.",
	} {
		p := place{Release: "3.19.0", Attempt: 2, Number: 7, Phase: "wave-a"}
		branch := p.branch(environment)
		if back, ok := parseBranch(environment, branch); !ok || back != p {
			t.Errorf("%q: branch %s is read back as %v, %t", environment, branch, back, ok)
		}
		if !wellFormed.MatchString(branch) || strings.Contains(branch, "..") || strings.Contains(branch, ".lock/") {
			t.Errorf("%q: git refuses branch %s", environment, branch)
		}
		if other, ok := seen[branch]; ok && other != environment {
			t.Errorf("%q and %q share branch %s", environment, other, branch)
		}
		seen[branch] = environment
	}
	for environment, want := range map[string]string{"dev": "linnet/dev/", "clusters/prod": "linnet/clusters-prod-9a2a4f/"} {
		got := branchPrefix(environment)
		if len(got) != len(want) || !strings.HasPrefix(got, want[:min(len(want), 20)]) {
			t.Errorf("%q: got %s, want the like of %s", environment, got, want)
		}
	}
}

func TestBranchesThatAreNone(t *testing.T) {
	for _, branch := range []string{
		"main", "linnet/dev", "linnet/dev/", "linnet/prod/3.19.0/1-01-crds", "linnet/dev/3.19.0/1-1-crds", "linnet/dev/3.19.0/1-01-", "linnet/dev/3.19.0/01-01-crds",
		"linnet/dev//1-01-crds", "linnet/dev/a/b/1-01-crds", "linnet/dev/3.19.0/1-001-crds", "linnet/dev/3.19.0/99999999999999999999-01-crds", "linnet/dev/3.19.0/1-01-Crds",
	} {
		if p, ok := parseBranch("dev", branch); ok {
			t.Errorf("%s is read as %v", branch, p)
		}
	}
}

var wellFormed = regexp.MustCompile(`^linnet/[A-Za-z0-9_-]([A-Za-z0-9_.-]*[A-Za-z0-9_-])?/3\.19\.0/2-07-wave-a$`)
