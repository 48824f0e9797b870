package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/linnet-bot/linnet/pkg/checks/proxies"
	"github.com/linnet-bot/linnet/pkg/conductor"
	"github.com/linnet-bot/linnet/pkg/planner"
)

// proxiesView is what the proxies are looked at by, and what they are held against.
type proxiesView struct {
	app      *app
	observer conductor.Observer
	changed  func() <-chan struct{} // a channel that is closed when something next changes; nil = nobody tells
	query    proxies.Query
}

func (v *proxiesView) list(ctx context.Context) (proxies.List, error) {
	o, err := v.observer.Observe(ctx)
	if err != nil {
		return proxies.List{}, fmt.Errorf("list the proxies: %w", err)
	}
	q := v.query
	q.Now = v.app.now()
	return proxies.Make(o, q), nil
}

// openView finds out what is looked at. The caller ends with the function that comes back.
func (a *app) openView(ctx context.Context, f proxiesFlags) (*proxiesView, func() error, error) {
	v := &proxiesView{app: a, query: proxies.Query{Revision: f.revision, Wish: "that --revision names", Namespace: f.namespace, Old: f.old}}
	if f.observation.from != "" && f.cluster.asked() {
		return nil, nil, usagef("--observation and a cluster are both named: the proxies are listed from one of them")
	}
	given, closeAll, err := a.observation(f.observation)
	if err != nil {
		return nil, nil, err
	}
	var environment *conductor.Conductor
	fail := func(err error) (*proxiesView, func() error, error) { return nil, nil, errors.Join(err, closeAll()) }
	if cfg, err := a.config(); err != nil {
		return fail(err)
	} else if needed := f.environment != "" || len(cfg.Environments) > 0 && f.observation.from == "" && !f.cluster.asked(); needed {
		all, done, err := a.conductors(ctx, f.environment)
		if err != nil {
			return fail(err)
		}
		before := closeAll
		closeAll = func() error { return errors.Join(done(), before()) }
		if len(all) > 1 {
			return fail(usagef("several environments are configured: name one by --environment, or a cluster by --context"))
		}
		environment = all[0]
	}
	switch {
	case given != nil:
		v.observer = given
	case environment != nil && !f.cluster.asked():
		v.observer = environment.Observer
	default:
		live, err := a.openCluster(ctx, f.cluster)
		if err != nil {
			return fail(err)
		}
		v.observer, v.changed = live, live.Changed
		before := closeAll
		closeAll = func() error { live.stop(); return before() }
	}
	if environment != nil && f.revision == "" {
		var err error
		if v.query.Revision, v.query.Wish, err = wantedBy(ctx, environment); err != nil {
			return fail(err)
		}
	}
	return v, closeAll, nil
}

// wantedBy is the revision that the upgrade of an environment moves to, and whose wish that is; "" where none is under way.
func wantedBy(ctx context.Context, c *conductor.Conductor) (revision, wish string, err error) {
	s, err := c.Status(ctx)
	if err != nil {
		return "", "", err
	}
	branch := c.Branch
	if branch == "" {
		if branch, err = c.Forge.DefaultBranch(ctx); err != nil {
			return "", "", fmt.Errorf("ask the forge for its default branch: %w", err)
		}
	}
	head, err := c.Forge.Head(ctx, branch)
	if err != nil {
		return "", "", fmt.Errorf("read the branch %s that Flux follows: %w", branch, err)
	}
	files, err := c.Forge.Tree(ctx, head)
	if err != nil {
		return "", "", fmt.Errorf("read %s at %.8s: %w", branch, head, err)
	}
	course, underway, err := planner.ReadCourse(files, s.Environment)
	if err != nil || !underway {
		return "", "", err
	}
	return wantedIn(course, s.Done), fmt.Sprintf("to which upgrade %s moves, of which %d of %d phases are in", course.Upgrade, s.Done, len(course.Phases())), nil
}

// wantedIn is the revision to which an upgrade moves with so many phases in it: the canary, and from the bump on the built-in one.
func wantedIn(course planner.Course, done int) string {
	for i, p := range course.Phases() {
		if p.Kind == planner.Bump && i < done {
			return "default"
		}
	}
	return course.Revision
}
