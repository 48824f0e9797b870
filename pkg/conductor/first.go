package conductor

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"time"

	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
	"github.com/linnet-bot/linnet/pkg/planner"
)

// First is the environment that goes first: an upgrade begins only when that one has finished the same, and stands by it.
type First struct {
	Environment string        // its folder, in the same repository and on the same branch
	Age         time.Duration // for which it must have been finished
	// Among names the one of these releases to move to from the current one, and why, as Settings.Choose does.
	Among func(ctx context.Context, current string, releases []string) (to, why string, err error)
}

// afterFirst is the release to move to, of those that the environment that goes first has finished; "" with s.Queue or s.Nothing set where there is none.
func (c *Conductor) afterFirst(ctx context.Context, s *State, files tree.Tree, current string) (string, error) {
	a, err := c.readAhead(ctx, s, files, func(release string) bool { return newer(release, current) })
	if err != nil {
		return "", err
	}
	now := c.Now()
	var ripe, young []Proof
	for _, p := range a.proofs(current) {
		if now.Before(p.Finished.Add(c.First.Age)) {
			young = append(young, p)
		} else {
			ripe = append(ripe, p)
		}
	}
	proof, err := c.among(ctx, current, ripe)
	if err != nil {
		return "", err
	}
	if proof != nil {
		return c.proved(s, files, *proof)
	}
	if proof, err = c.among(ctx, current, young); err != nil {
		return "", err
	}
	if proof != nil {
		s.queue(Queue{
			Behind: a.environment, Release: proof.Release, Until: proof.Finished.Add(c.First.Age),
			Why: fmt.Sprintf("the environment %s finished it at %s as %s, and must have been there for %s", a.environment, clock(proof.Finished), s.Words.Number(proof.Request), length(c.First.Age)),
		})
		return "", nil
	}
	to, why, err := c.Choose(ctx, current)
	switch {
	case errors.Is(err, planner.ErrUpToDate):
		s.Nothing = err.Error()
	case err != nil:
		return "", fmt.Errorf("choose a release for %s after Big Bang %s: %w", s.Environment, current, err)
	case to == "":
		s.Nothing = why
	default:
		q := Queue{Behind: a.environment, Release: to}
		q.Why, q.Remedy = a.missing(to, s.Environment, s.Words)
		q.Why = fmt.Sprintf("the environment %s has not finished it: %s", a.environment, q.Why)
		s.queue(q)
	}
	return "", nil
}

// queue makes an upgrade wait for another environment.
func (s *State) queue(q Queue) {
	s.Queue, s.Nothing = &q, fmt.Sprintf("Big Bang %s comes next, but %s goes first: %s", q.Release, q.Behind, q.Why)
}

// among lets policy choose one of the proofs; nil = none.
func (c *Conductor) among(ctx context.Context, current string, proofs []Proof) (*Proof, error) {
	if len(proofs) == 0 {
		return nil, nil
	}
	var releases []string
	for _, p := range proofs {
		releases = append(releases, p.Release)
	}
	to, _, err := c.First.Among(ctx, current, releases)
	if errors.Is(err, planner.ErrUpToDate) || err == nil && to == "" {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("choose a release after Big Bang %s of those that %s has finished: %w", current, c.First.Environment, err)
	}
	for _, p := range proofs {
		if p.Release == to {
			return &p, nil
		}
	}
	return nil, fmt.Errorf("choose a release after Big Bang %s of those that %s has finished: %s is none of them", current, c.First.Environment, to)
}

// proved holds what was proved against what would be done. A plan that is refused says so itself.
func (c *Conductor) proved(s *State, files tree.Tree, proof Proof) (string, error) {
	plan, err := c.plan(s.Tip, files, s.Environment, proof.Release)
	var refused *planner.Refused
	switch {
	case errors.As(err, &refused):
		return proof.Release, nil
	case err != nil:
		return "", fmt.Errorf("plan %s at %.8s: %w", s.Environment, s.Tip, err)
	}
	if difference := proof.differs(plan); difference != "" {
		s.queue(Queue{
			Behind: proof.Environment, Release: proof.Release, Why: fmt.Sprintf("the environment %s finished it at %s, but %s", proof.Environment, clock(proof.Finished), difference),
			Remedy: fmt.Sprintf("Whoever decides: make %s and %s alike, or take `after` away from %s for this upgrade.", proof.Environment, s.Environment, s.Environment),
		})
		return "", nil
	}
	s.Proof = &proof
	return proof.Release, nil
}

// readProof reads what was proved of the upgrade that has begun. Nothing of it holds the upgrade up any more.
func (c *Conductor) readProof(ctx context.Context, s *State, files tree.Tree) error {
	if c.First == nil || s.Plan == nil || s.Over || s.Proof != nil {
		return nil
	}
	a, err := c.readAhead(ctx, s, files, func(release string) bool { return release == s.Plan.To.Release })
	if err != nil {
		return err
	}
	if proof, _, ok := a.proof(s.Plan.To.Release); ok {
		s.Proof = &proof
	}
	return nil
}

// readAhead reads the environment that goes first: its files at the tip, its merged merge requests, and, of the releases that matter, how they ended.
func (c *Conductor) readAhead(ctx context.Context, s *State, files tree.Tree, matters func(release string) bool) (ahead, error) {
	a := ahead{environment: path.Clean(c.First.Environment)}
	var err error
	if a.release, err = currentRelease(files, a.environment); err != nil {
		a.unreadable = err.Error()
	} else if a.release == "" {
		a.unreadable = "they do not name the release in a way that can be read"
	}
	course, underway, err := planner.ReadCourse(files, a.environment)
	if err != nil {
		a.unreadable = err.Error()
	}
	if underway {
		a.underway = course.To.Release
	}
	all, err := c.recall.Find(ctx, forge.Query{SourcePrefix: branchPrefix(a.environment), Target: s.Branch, States: []forge.State{forge.Merged}})
	if err != nil {
		return ahead{}, fmt.Errorf("list the merge requests of %s, which goes first: %w", a.environment, err)
	}
	slices.SortStableFunc(all, func(x, y forge.MergeRequest) int { return x.Done.Compare(y.Done) })
	last := map[string]forge.MergeRequest{}
	for _, r := range all {
		p, ok := parseBranch(a.environment, r.Source)
		if !ok || r.Fork {
			continue
		}
		i := slices.IndexFunc(a.walks, func(w walk) bool { return w.release == p.Release })
		if i < 0 {
			i = len(a.walks)
			a.walks = append(a.walks, walk{release: p.Release, passed: map[string]ProvedPhase{}})
		}
		w := &a.walks[i]
		w.back = p.back()
		w.passed[p.Phase] = ProvedPhase{Request: r.Number, Merged: r.Done}
		if p.Phase == string(planner.Cleanup) {
			w.last, last[p.Release] = r.Number, r
		}
	}
	for i := range a.walks {
		w := &a.walks[i]
		if r, ok := last[w.release]; ok && matters(w.release) {
			if err := c.readEnd(ctx, s, a.environment, w, r); err != nil {
				return ahead{}, err
			}
		}
	}
	return a, nil
}

// readEnd reads whether an upgrade of another environment is over, and by which course it went.
func (c *Conductor) readEnd(ctx context.Context, s *State, environment string, w *walk, last forge.MergeRequest) error {
	comments, err := c.recall.Comments(ctx, last.Number)
	if err != nil {
		return fmt.Errorf("read the comments of merge request !%d: %w", last.Number, err)
	}
	var over time.Time
	for _, comment := range comments {
		if Over([]forge.Comment{comment}, s.Me) {
			if over = comment.Created; !comment.Edited.IsZero() {
				over = comment.Edited
			}
		}
	}
	if over.IsZero() {
		return nil
	}
	course, ok, err := c.courseBefore(ctx, environment, last)
	if err != nil || !ok {
		return err // without its course nobody can tell which phases it had
	}
	w.over, w.course = over, course
	return nil
}

// courseBefore is the course that was in the files before the merge of the last phase.
func (c *Conductor) courseBefore(ctx context.Context, environment string, last forge.MergeRequest) (planner.Course, bool, error) {
	if course, ok := c.courses[last.MergeSHA]; ok {
		return course, true, nil
	}
	p, _ := parseBranch(environment, last.Source)
	sha := last.MergeSHA
	for range maxWalk {
		var err error
		if sha, err = c.recall.FirstParent(ctx, sha); err != nil {
			return planner.Course{}, false, fmt.Errorf("look for the commit before the merge of !%d: %w", last.Number, err)
		}
		if sha == "" {
			break
		}
		files, err := c.recall.Tree(ctx, sha)
		if err != nil {
			return planner.Course{}, false, fmt.Errorf("read %.8s, before the merge of !%d: %w", sha, last.Number, err)
		}
		if course, ok, err := planner.ReadCourse(files, environment); err == nil && ok && course.To.Release == p.Release {
			c.courses[last.MergeSHA] = course
			return course, true, nil
		}
	}
	return planner.Course{}, false, nil
}
