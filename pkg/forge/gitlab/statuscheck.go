package gitlab

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	gl "github.com/xanzy/go-gitlab"

	"github.com/linnet-bot/linnet/pkg/forge"
)

// An external status check (GitLab Ultimate) belongs to a merge request and to a commit. One that stays pending for two minutes fails by itself, so that "not
// yet" is failed, which may become passed at any time.
const (
	statusPassed = "passed"
	statusFailed = "failed"
)

func statusOf(s forge.CheckState) string {
	if s == forge.Success {
		return statusPassed
	}
	return statusFailed
}

// answersFor tells whether a check is also an answer to the project's external status check.
func (f *Forge) answersFor(name string) bool {
	return f.o.StatusCheck != 0 && slices.Contains(f.o.RequiredChecks, name)
}

// answer gives the answer where it is another one than the present. Without an open merge request nobody asks.
func (f *Forge) answer(ctx context.Context, sha string, c forge.Check) error {
	m, err := f.openRequest(ctx, sha)
	if err != nil || m == nil {
		return err
	}
	tried := "answer the external status check " + strconv.Itoa(f.o.StatusCheck) + " of !" + strconv.Itoa(m.IID)
	is, err := f.answered(ctx, tried, m.IID)
	want := statusOf(c.State)
	if err != nil || is == want {
		return err
	}
	r, err := f.api.ExternalStatusChecks.SetExternalStatusCheckStatus(f.o.Project, m.IID,
		&gl.SetExternalStatusCheckStatusOptions{SHA: &sha, ExternalStatusCheckID: &f.o.StatusCheck, Status: &want}, gl.WithContext(ctx))
	if err != nil {
		return f.failed(ctx, tried, r, err)
	}
	return nil
}

// answered is what GitLab shows for the head of the merge request now.
func (f *Forge) answered(ctx context.Context, tried string, iid int) (string, error) {
	all, r, err := pages(func(o gl.ListOptions) ([]*gl.MergeStatusCheck, *gl.Response, error) {
		return f.api.ExternalStatusChecks.ListMergeStatusChecks(f.o.Project, iid, &o, gl.WithContext(ctx))
	})
	if code(r) == http.StatusNotFound {
		return "", fmt.Errorf("%s: %s: this GitLab has no external status checks, which come with Ultimate: take forge.statusCheck out of the configuration", f.o.Project, tried)
	}
	if err != nil {
		return "", f.failed(ctx, tried, r, err)
	}
	for _, one := range all {
		if one.ID == f.o.StatusCheck {
			return one.Status, nil
		}
	}
	return "", fmt.Errorf("%s: %s: it is not among those of this merge request: correct forge.statusCheck, or the branches that the check is for", f.o.Project, tried)
}

// unanswered takes back, in what is shown, what GitLab does not show of the external status check: after "Retry", for example, or when it was made.
func (f *Forge) unanswered(ctx context.Context, sha string, list []forge.Check) error {
	me, err := f.self(ctx)
	if err != nil {
		return err
	}
	for i, c := range list {
		if !f.answersFor(c.Name) || c.By.ID != strconv.Itoa(me.ID) {
			continue
		}
		m, err := f.openRequest(ctx, sha)
		if err != nil || m == nil {
			return err
		}
		is, err := f.answered(ctx, "read the external status check "+strconv.Itoa(f.o.StatusCheck)+" of !"+strconv.Itoa(m.IID), m.IID)
		if err != nil {
			return err
		}
		if is != statusOf(c.State) {
			list[i].State, list[i].Title = forge.Pending, ""
		}
	}
	return nil
}
