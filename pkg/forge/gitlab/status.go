package gitlab

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	gl "github.com/xanzy/go-gitlab"

	"github.com/linnet-bot/linnet/pkg/forge"
)

const (
	// personWanted begins the description of a pending status that waits for a person.
	personWanted = "Action required: "
	longestText  = 255
	// statusAttempts bounds how often a status is tried that another process is setting, too.
	statusAttempts = 6
	statusPause    = 500 * time.Millisecond
)

var states = map[forge.CheckState]gl.BuildStateValue{forge.Pending: gl.Pending, forge.InProgress: gl.Running, forge.ActionRequired: gl.Pending,
	forge.Failure: gl.Failed, forge.Success: gl.Success}

// Checks implements forge.Checks. GitLab marks a status as retried when anybody sets one of its name, so all are read, and the newest of each name
// and user counts.
func (f *Forge) Checks(ctx context.Context, sha string) ([]forge.Check, error) {
	p, err := f.headPipeline(ctx, sha)
	if err != nil {
		return nil, err
	}
	return f.checksBeside(ctx, sha, p)
}

// checksBeside are Checks where the head pipeline is known; nil is none.
func (f *Forge) checksBeside(ctx context.Context, sha string, p *gl.Pipeline) ([]forge.Check, error) {
	all, err := f.statuses(ctx, sha)
	if err != nil {
		return nil, err
	}
	if p != nil && p.SHA != sha {
		merged, err := f.statuses(ctx, p.SHA)
		if err != nil {
			return nil, err
		}
		all = append(all, merged...)
	}
	slices.SortFunc(all, func(a, b *gl.CommitStatus) int { return b.ID - a.ID })
	me, err := f.self(ctx)
	if err != nil {
		return nil, err
	}
	var list []forge.Check
	for _, s := range all {
		c := check(s)
		if s.Author.ID == me.ID && p != nil && s.PipelineId != p.ID {
			continue // said on a pipeline that decides no more, so it is still to be said
		}
		if !slices.ContainsFunc(list, func(k forge.Check) bool { return k.Name == c.Name && k.By.ID == c.By.ID }) {
			list = append(list, c)
		}
	}
	slices.SortFunc(list, func(a, b forge.Check) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.By.ID, b.By.ID))
	})
	if f.o.StatusCheck != 0 {
		err = f.unanswered(ctx, sha, list)
	}
	return list, err
}

// statuses are all of a commit. Whoever wants to know about one name asks for all of them, too: so they are paid for once.
func (f *Forge) statuses(ctx context.Context, sha string) ([]*gl.CommitStatus, error) {
	all, r, err := pages(func(o gl.ListOptions) ([]*gl.CommitStatus, *gl.Response, error) {
		return f.api.Commits.GetCommitStatuses(f.o.Project, sha, &gl.GetCommitStatusesOptions{ListOptions: o, All: gl.Ptr(true)}, gl.WithContext(ctx))
	})
	if err != nil {
		return nil, f.failed(ctx, "list the statuses of the commit "+sha, r, err)
	}
	return all, nil
}

func check(s *gl.CommitStatus) forge.Check {
	c := forge.Check{Name: s.Name, State: forge.Failure, Title: s.Description, URL: s.TargetURL, By: user(s.Author.ID, s.Author.Username)}
	for _, t := range []*time.Time{s.CreatedAt, s.StartedAt, s.FinishedAt} {
		if at(t).After(c.Updated) {
			c.Updated = *t
		}
	}
	switch gl.BuildStateValue(s.Status) {
	case gl.Success:
		c.State = forge.Success
	case gl.Running:
		c.State = forge.InProgress
	case gl.Pending, gl.Created:
		c.State = forge.Pending
		if title, ok := strings.CutPrefix(s.Description, personWanted); ok {
			c.State, c.Title = forge.ActionRequired, title
		}
	}
	return c
}

// headPipeline is the one that decides about the open merge request whose head is sha: nil when there is no such request or no pipeline yet. With
// merged results its commit is another one.
func (f *Forge) headPipeline(ctx context.Context, sha string) (*gl.Pipeline, error) {
	m, err := f.openRequest(ctx, sha)
	if err != nil || m == nil {
		return nil, err
	}
	return m.HeadPipeline, nil
}

// openRequest is the open merge request whose head is sha, nil for none. One that had it when it was read last is asked first.
func (f *Forge) openRequest(ctx context.Context, sha string) (*gl.MergeRequest, error) {
	f.mu.Lock()
	number, ok := f.heads[sha]
	f.mu.Unlock()
	if ok {
		if m, err := f.get(ctx, number); err == nil && isOpenAt(m, sha) {
			return m, nil
		} else if err != nil && !errors.Is(err, forge.ErrNotFound) {
			return nil, err
		}
	}
	list, r, err := f.api.Commits.ListMergeRequestsByCommit(f.o.Project, sha, gl.WithContext(ctx))
	if err != nil {
		return nil, f.failed(ctx, "look for the merge request of the commit "+sha, r, err)
	}
	for _, m := range list {
		if isOpenAt(m, sha) {
			return f.get(ctx, m.IID)
		}
	}
	return nil, nil
}

func isOpenAt(m *gl.MergeRequest, sha string) bool {
	return m.State == "opened" && m.SHA == sha && m.SourceProjectID == m.TargetProjectID
}

// SetCheck implements forge.Checks. Jobs of this name that an earlier pipeline still holds as pending or running are cancelled: nothing else would
// end them.
func (f *Forge) SetCheck(ctx context.Context, sha string, c forge.Check) error {
	if c.Name == "" || utf8.RuneCountInString(c.URL) > longestText {
		return fmt.Errorf("set a check: it needs a name, and a URL of at most %d characters", longestText)
	}
	if f.answersFor(c.Name) {
		if err := f.answer(ctx, sha, c); err != nil { // first: who has set the status has answered, too
			return err
		}
	}
	c.Title = description(c)
	for attempt := 1; ; attempt++ {
		err := f.setOnce(ctx, sha, c)
		if !errors.Is(err, errBusy) || attempt == statusAttempts {
			return err
		}
		if err := f.o.Sleep(ctx, statusPause); err != nil {
			return err
		}
	}
}

// errBusy tells that the state was changed meanwhile, or is being changed.
var errBusy = errors.New("another process is setting it: try again")

func (f *Forge) setOnce(ctx context.Context, sha string, c forge.Check) error {
	me, err := f.self(ctx)
	if err != nil {
		return err
	}
	jobs, err := f.statuses(ctx, sha)
	if err != nil {
		return err
	}
	head, err := f.headPipeline(ctx, sha)
	if err != nil {
		return err
	}
	if head != nil && head.SHA != sha {
		merged, err := f.statuses(ctx, head.SHA)
		if err != nil {
			return err
		}
		jobs = append(jobs, merged...)
	}
	jobs = slices.DeleteFunc(jobs, func(s *gl.CommitStatus) bool { return s.Author.ID != me.ID || s.Name != c.Name })
	slices.SortFunc(jobs, func(a, b *gl.CommitStatus) int { return b.ID - a.ID })
	on, pipeline := sha, 0
	switch {
	case head != nil:
		on, pipeline = head.SHA, head.ID
	case len(jobs) > 0:
		on, pipeline = jobs[0].SHA, jobs[0].PipelineId
	}
	if err := f.say(ctx, on, pipeline, jobs, c); err != nil {
		return err
	}
	for _, old := range jobs {
		if old.PipelineId != pipeline && unfinished(old) {
			if err := f.post(ctx, old.SHA, old.PipelineId, c.Name, gl.Canceled, "Superseded by a newer pipeline", ""); err != nil {
				return err
			}
		}
	}
	return nil
}

func unfinished(s *gl.CommitStatus) bool {
	return s.Status == string(gl.Pending) || s.Status == string(gl.Running) || s.Status == string(gl.Created)
}

// say brings this user's newest job in the pipeline to the state. GitLab lets a job go from pending to running and from both to an end. Where it
// must go another way it is cancelled, and a new one is made.
func (f *Forge) say(ctx context.Context, sha string, pipeline int, jobs []*gl.CommitStatus, c forge.Check) error {
	to := states[c.State]
	i := slices.IndexFunc(jobs, func(s *gl.CommitStatus) bool { return s.PipelineId == pipeline })
	if i >= 0 && pipeline != 0 {
		is := jobs[i]
		same := check(is).State == c.State
		if same && (is.Description == c.Title && is.TargetURL == c.URL || unfinished(is)) {
			return nil // a job's description changes only with its state
		}
		if unfinished(is) && (is.Status == string(to) || to == gl.Pending) {
			if err := f.post(ctx, sha, pipeline, c.Name, gl.Canceled, c.Title, c.URL); err != nil {
				return err
			}
		}
	}
	return f.post(ctx, sha, pipeline, c.Name, to, c.Title, c.URL)
}

// post sends no ref: a pipeline of a merge request has another one than its branch.
func (f *Forge) post(ctx context.Context, sha string, pipeline int, name string, state gl.BuildStateValue, text, link string) error {
	o := &gl.SetCommitStatusOptions{State: state, Name: &name, Description: &text}
	if link != "" {
		o.TargetURL = &link
	}
	if pipeline != 0 {
		o.PipelineID = &pipeline
	}
	_, r, err := f.api.Commits.SetCommitStatus(f.o.Project, sha, o, gl.WithContext(ctx))
	if err == nil {
		return nil
	}
	failed := f.failed(ctx, fmt.Sprintf("set the check %s on the commit %s", name, sha), r, err)
	if code(r) == http.StatusConflict || code(r) == http.StatusBadRequest && strings.Contains(said(err), "Cannot transition status") {
		return fmt.Errorf("%w: %w", failed, errBusy)
	}
	return failed
}

// description is the title as GitLab has it: with the mark of a check that waits for a person, cut at a rune.
func description(c forge.Check) string {
	text := strings.ToValidUTF8(c.Title, "")
	if c.State == forge.ActionRequired {
		text = personWanted + text
	}
	if len(text) > longestText {
		text = text[:longestText]
		for !utf8.ValidString(text) {
			text = text[:len(text)-1]
		}
	}
	return text
}
