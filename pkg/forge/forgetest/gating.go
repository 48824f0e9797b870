package forgetest

import (
	"testing"

	"github.com/linnet-bot/linnet/pkg/forge"
)

var gatingCases = []testCase{
	{"A draft is not merged", func(t *testing.T, p *project) {
		p.branch(t, "topic", "a", "a")
		m, err := p.Bot.Open(p.ctx, forge.OpenRequest{Source: "topic", Target: "main", Title: "Draft", Draft: true})
		must(t, err)
		_, err = p.Bot.Merge(p.ctx, m.Number, forge.MergeOptions{Head: m.Head})
		refused(t, err, forge.ReasonDraft)
		_, err = p.Bot.Update(p.ctx, m.Number, forge.Update{Draft: ptr(false)})
		must(t, err)
		if got := p.get(t, m.Number); got.Mergeability.Readiness != forge.Ready {
			t.Errorf("got %+v", got.Mergeability)
		}
		_, err = p.Bot.Merge(p.ctx, m.Number, forge.MergeOptions{Head: m.Head})
		must(t, err)
	}},
	{"Required approvals hold the merge back", func(t *testing.T, p *project) {
		p.RequireApprovals(t, 2)
		m := p.request(t, "topic", "a", "a")
		if got := p.get(t, m.Number).Approvals; got.Required != 2 || got.Missing() != 2 {
			t.Errorf("got %+v", got)
		}
		must(t, p.Person.Approve(p.ctx, m.Number, m.Head))
		must(t, p.Person.Approve(p.ctx, m.Number, m.Head)) // once is once
		got := p.get(t, m.Number)
		who, err := p.Person.Me(p.ctx)
		must(t, err)
		if len(got.Approvals.Given) != 1 || got.Approvals.Given[0].By.ID != who.ID || got.Approvals.Given[0].Head != m.Head {
			t.Errorf("got %+v", got.Approvals)
		}
		_, err = p.Bot.Merge(p.ctx, m.Number, forge.MergeOptions{Head: m.Head})
		refused(t, err, forge.ReasonApprovals)
		must(t, p.SecondPerson.Approve(p.ctx, m.Number, m.Head))
		must(t, p.Person.Unapprove(p.ctx, m.Number))
		_, err = p.Bot.Merge(p.ctx, m.Number, forge.MergeOptions{Head: m.Head})
		refused(t, err, forge.ReasonApprovals)
		must(t, p.Person.Approve(p.ctx, m.Number, m.Head))
		_, err = p.Bot.Merge(p.ctx, m.Number, forge.MergeOptions{Head: m.Head})
		must(t, err)
	}},
	{"A push voids the approvals", func(t *testing.T, p *project) {
		p.RequireApprovals(t, 1)
		m := p.request(t, "topic", "a", "a")
		must(t, p.Person.Approve(p.ctx, m.Number, m.Head))
		head := p.push(t, "topic", "b", "b")
		if got := p.get(t, m.Number).Approvals; len(got.Given) != 0 || got.Missing() != 1 {
			t.Errorf("got %+v", got)
		}
		_, err := p.Bot.Merge(p.ctx, m.Number, forge.MergeOptions{Head: head})
		refused(t, err, forge.ReasonApprovals)
		wantErr(t, p.Person.Approve(p.ctx, m.Number, m.Head), forge.ErrHeadMoved)
		must(t, p.Person.Approve(p.ctx, m.Number, head))
		_, err = p.Bot.Merge(p.ctx, m.Number, forge.MergeOptions{Head: head})
		must(t, err)
	}},
	{"The author's own approval is refused", func(t *testing.T, p *project) {
		head := p.branch(t, "topic", "a", "a")
		m, err := p.Person.Open(p.ctx, forge.OpenRequest{Source: "topic", Target: "main", Title: "My own"})
		must(t, err)
		wantErr(t, p.Person.Approve(p.ctx, m.Number, head), forge.ErrForbidden)
	}},
	{"A required check must be green on the head", func(t *testing.T, p *project) {
		p.RequireCheck(t, "linnet/gate")
		m := p.request(t, "topic", "a", "a")
		_, err := p.Bot.Merge(p.ctx, m.Number, forge.MergeOptions{Head: m.Head})
		refused(t, err, forge.ReasonChecks)
		for _, state := range []forge.CheckState{forge.Pending, forge.InProgress, forge.ActionRequired, forge.Failure} {
			must(t, p.Bot.SetCheck(p.ctx, m.Head, forge.Check{Name: "linnet/gate", State: state, Title: "not yet"}))
			_, err := p.Bot.Merge(p.ctx, m.Number, forge.MergeOptions{Head: m.Head})
			refused(t, err, forge.ReasonChecks)
		}
		green := forge.Check{Name: "linnet/gate", State: forge.Success, Title: "all moved"}
		must(t, p.Bot.SetCheck(p.ctx, m.Head, green))
		head := p.push(t, "topic", "b", "b") // green was said of another commit
		_, err = p.Bot.Merge(p.ctx, m.Number, forge.MergeOptions{Head: head})
		refused(t, err, forge.ReasonChecks)
		must(t, p.Bot.SetCheck(p.ctx, head, green))
		_, err = p.Bot.Merge(p.ctx, m.Number, forge.MergeOptions{Head: head})
		must(t, err)
	}},
	{"A forged green check does not let a merge through", func(t *testing.T, p *project) {
		p.RequireCheck(t, "linnet/gate")
		m := p.request(t, "topic", "a", "a")
		must(t, p.Person.SetCheck(p.ctx, m.Head, forge.Check{Name: "linnet/gate", State: forge.Success, Title: "yes"}))
		_, err := p.Bot.Merge(p.ctx, m.Number, forge.MergeOptions{Head: m.Head})
		refused(t, err, forge.ReasonChecks)
		must(t, p.Bot.SetCheck(p.ctx, m.Head, forge.Check{Name: "linnet/gate", State: forge.Failure, Title: "no"}))
		_, err = p.Bot.Merge(p.ctx, m.Number, forge.MergeOptions{Head: m.Head})
		refused(t, err, forge.ReasonChecks)
	}},
	{"A draft that lacks other things too is blocked with reasons", func(t *testing.T, p *project) {
		p.RequireApprovals(t, 1)
		p.RequireCheck(t, "linnet/gate")
		m := p.request(t, "topic", "a", "a")
		_, err := p.Bot.Update(p.ctx, m.Number, forge.Update{Draft: ptr(true)})
		must(t, err)
		if got := p.get(t, m.Number).Mergeability; got.Readiness != forge.Blocked || len(got.Reasons) == 0 || got.Reasons[0].Kind != forge.ReasonDraft {
			t.Errorf("got %+v", got)
		}
	}},
}
