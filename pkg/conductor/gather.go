package conductor

import (
	"context"
	"errors"
	"fmt"
	"path"

	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/gitops"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
	"github.com/linnet-bot/linnet/pkg/planner"
)

// errLookAgain tells that the world moved while it was read.
var errLookAgain = errors.New("the forge changed while it was read")

// gather reads the State. It changes nothing.
func (c *Conductor) gather(ctx context.Context, seen sight) (State, error) {
	s := State{Environment: path.Clean(c.Environment), Words: c.Words, Requests: c.Requests, Merge: c.Merge, MaxGap: c.MaxGap, Sampled: c.Sampled, Marker: c.Marker, Rights: c.Rights}
	s.Now, s.Calendar, s.MergeByKind, s.MaxDwell, s.Escalate = c.Now(), c.Calendar, c.MergeByKind, c.MaxDwell, c.Escalate
	s.Stated, s.Handed, s.Anew = c.stated, c.handed, c.anew
	if seen.observation != nil {
		s.Seen = seen.observation.At
	}
	var err error
	if s.Me, err = c.recall.Me(ctx); err != nil {
		return State{}, fmt.Errorf("ask the forge who the bot is: %w", err)
	}
	if s.Branch = c.Branch; s.Branch == "" {
		if s.Branch, err = c.recall.DefaultBranch(ctx); err != nil {
			return State{}, fmt.Errorf("ask the forge for its default branch: %w", err)
		}
	}
	c.recall.target = s.Branch
	if s.Tip, err = c.recall.Head(ctx, s.Branch); errors.Is(err, forge.ErrNotFound) {
		return State{}, fmt.Errorf("look at %s: the branch %s, which Flux is to follow, is %w on the forge; name another one in forge.branch of the configuration", s.Environment, s.Branch, forge.ErrNotFound)
	} else if err != nil {
		return State{}, fmt.Errorf("read the branch %s that Flux follows: %w", s.Branch, err)
	}
	files, err := c.recall.Tree(ctx, s.Tip)
	if err != nil {
		return State{}, fmt.Errorf("read %s at %.8s: %w", s.Branch, s.Tip, err)
	}
	known, err := c.requests(ctx, s)
	if err != nil {
		return State{}, err
	}
	if err := c.readPlan(ctx, &s, files, known); err != nil {
		return State{}, err
	}
	if err := c.readProof(ctx, &s, files); err != nil {
		return State{}, err
	}
	if err := c.readTurn(ctx, &s, files, known); err != nil {
		return State{}, err
	}
	if err := c.readSteps(ctx, &s, known); err != nil {
		return State{}, err
	}
	if err := c.readUndone(ctx, &s, seen); err != nil {
		return State{}, err
	}
	if err := c.readGate(ctx, &s, seen); err != nil {
		return State{}, err
	}
	if err := c.readTrials(ctx, &s); err != nil {
		return State{}, err
	}
	s.said = c.describeNext(s)
	return s, nil
}

// known are the bot's merge requests and branches of the environment.
type known struct {
	requests []forge.MergeRequest // the oldest first
	branches map[string]string    // name -> head
}

func (c *Conductor) requests(ctx context.Context, s State) (known, error) {
	prefix := branchPrefix(s.Environment)
	all, err := c.recall.Find(ctx, forge.Query{SourcePrefix: prefix, Target: s.Branch})
	if err != nil {
		return known{}, fmt.Errorf("list the merge requests of %s: %w", s.Environment, err)
	}
	k := known{branches: map[string]string{}}
	for _, r := range all {
		if _, ok := parseBranch(s.Environment, r.Source); ok && !r.Fork {
			k.requests = append(k.requests, r)
		}
	}
	branches, err := c.recall.Branches(ctx, prefix)
	if err != nil {
		return known{}, fmt.Errorf("list the branches of %s: %w", s.Environment, err)
	}
	for _, b := range branches {
		if _, ok := parseBranch(s.Environment, b.Name); ok {
			k.branches[b.Name] = b.Head
		}
	}
	return k, nil
}

// readPlan finds out which upgrade is under way, which is to be begun, or why none is.
func (c *Conductor) readPlan(ctx context.Context, s *State, files tree.Tree, k known) error {
	_, underway, err := planner.ReadCourse(files, s.Environment)
	if err != nil {
		s.Refusal = err
		return nil
	}
	if underway {
		return c.planAt(s, s.Tip, files, "")
	}
	if read, err := c.readFinish(ctx, s, files, k); err != nil || read {
		return err
	}
	to, err := c.target(ctx, s, files, k)
	if err != nil || to == "" {
		return err
	}
	return c.planAt(s, s.Tip, files, to)
}

// target is the release to move to; "" with s.Nothing or s.Refusal set when there is none.
func (c *Conductor) target(ctx context.Context, s *State, files tree.Tree, k known) (string, error) {
	current, err := c.currentRelease(s.Tip, files, s.Environment)
	if err != nil {
		s.Refusal = err
		return "", nil
	}
	// What is left over of an upgrade that is finished, a request that somebody opened again or a branch, begins nothing.
	if release := k.begun(s.Environment); release != "" && release != current {
		return release, nil
	}
	if c.First != nil {
		return c.afterFirst(ctx, s, files, current)
	}
	to, why, err := c.Choose(ctx, current)
	if errors.Is(err, planner.ErrUpToDate) {
		to, why, err = "", err.Error(), nil
	}
	if err != nil {
		return "", fmt.Errorf("choose a release for %s after Big Bang %s: %w", s.Environment, current, err)
	}
	if to == "" {
		s.Nothing = why
	}
	return to, nil
}

// begun is the release of an upgrade whose first merge request is out: a newer release does not bend it.
func (k known) begun(environment string) string {
	had := map[string]bool{}
	for _, r := range k.requests {
		if p, _ := parseBranch(environment, r.Source); r.State == forge.Open {
			return p.Release
		}
		had[r.Source] = true
	}
	release := ""
	for branch := range k.branches {
		if p, _ := parseBranch(environment, branch); !had[branch] && p.Release > release {
			release = p.Release
		}
	}
	return release
}

// currentRelease is what the environment's files say at a commit. An idle bot asks at every look, so the last answer is kept.
func (c *Conductor) currentRelease(commit string, files tree.Tree, environment string) (string, error) {
	if c.current.commit != commit {
		release, err := currentRelease(files, environment)
		c.current.commit, c.current.release, c.current.err = commit, release, err
	}
	return c.current.release, c.current.err
}

// currentRelease is "" where the files do not say it in a way the planner can use, which the planner then explains.
func currentRelease(files tree.Tree, environment string) (string, error) {
	repo, err := gitops.Discover(files, gitops.Options{})
	if err != nil {
		return "", err
	}
	env, err := repo.Environment(environment)
	if err != nil {
		return "", err
	}
	if env.ID != environment {
		return "", fmt.Errorf("environment %s is the folder %s: name it so in the configuration", environment, env.ID)
	}
	return env.Release.Version, nil
}
