package sim

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/gitops/render"
)

// attempt is one install or upgrade under way.
type attempt struct {
	r       *helmRelease
	started time.Time
	chart   string
	digest  string
	render  render.ReleaseRender
	poller  bool          // wait for Flux objects too
	timeout time.Duration // of waiting
	post    string        // digest of the postRenderers
	broken  error         // why it fails after it was applied
}

// upgrade starts an attempt. What it compared with is recorded before it is known whether it succeeds.
func (c *Cluster) upgrade(r *helmRelease, o *object, chart *helmChart, digest, post string) {
	r.busy, r.Reconciling = true, true
	r.token++ // no timer interrupts it
	if r.LastAttemptedGeneration != r.Generation {
		r.Failures, r.UpgradeFailures, r.InstallFailures, r.retries = 0, 0, 0, 0
	}
	r.LastAttemptedGeneration = r.Generation
	r.LastAttemptedRevision, r.LastAttemptedConfigDigest, r.postRenderers = chart.Artifact, digest, post
	r.stalled = false
	r.drift, _ = o.Get("spec", "driftDetection", "mode").(string)
	r.Ready = condition(r.Ready, "Unknown", "Progressing", "Running 'upgrade' action", c.now)

	a := &attempt{r: r, started: c.now, chart: chart.Artifact, digest: digest, post: post}
	a.poller = o.Get("spec", "waitStrategy", "name") != "legacy"
	a.timeout = duration(o.Object, defaultTimeout, "spec", "timeout")
	objs, _ := c.valuesObjects(o)
	var err error
	if chart.packed == nil {
		a.render, err = standInObjects(objs, o.Object)
	} else {
		a.render, err = render.Release(objs, o.Object, chart.packed, c.options.Kubernetes)
	}
	if err == nil {
		err = c.ownedByOthers(a, o)
	}
	if err == nil {
		if takeBack, why := c.failing(a); takeBack {
			a.broken = why
		} else {
			err = why
		}
	}
	if err != nil {
		c.after(triggerDelay, func() { c.failed(a, err, false) })
		return
	}
	if chart.standIn != "" {
		c.standIns[fmt.Sprintf("HelmRelease %s/%s runs %s in place of the chart %s %s", r.Namespace, r.Name, chart.standIn, chart.chart, chart.Artifact)] = true
	}
	c.applyRelease(a)
}

// ownedByOthers refuses to take over another release's objects, where the HelmRelease says so. By default helm-controller takes them silently.
func (c *Cluster) ownedByOthers(a *attempt, o *object) error {
	action := "upgrade"
	if len(a.r.History) == 0 {
		action = "install"
	}
	if o.Get("spec", action, "disableTakeOwnership") != true {
		return nil
	}
	helm := checks.NamespacedName{Namespace: a.render.Namespace, Name: a.render.Name}
	for _, wanted := range a.render.Objects {
		id := wanted.ID()
		if live := c.live[id]; live != nil && live.helm != helm && !slices.Contains(a.r.inventory, id) {
			//nolint:staticcheck // ST1005: Helm's own words
			return fmt.Errorf("Helm %s failed: %s %q in namespace %q exists and cannot be imported into the current release: "+
				"annotation validation error: key \"meta.helm.sh/release-name\" must equal %q: current value is %q",
				action, id.Kind, id.Name, id.Namespace, helm.Name, live.helm.Name)
		}
	}
	return nil
}

// applyRelease applies one object after the other, in Helm's order: namespaces, values and sources are in place before any HelmRelease.
func (c *Cluster) applyRelease(a *attempt) {
	by := owner{release: a.r.key(), helm: checks.NamespacedName{Namespace: a.render.Namespace, Name: a.render.Name}}
	objects := append(slices.Clone(a.render.CRDs), a.render.Objects...)
	for i, o := range objects {
		c.after(time.Duration(i+1)*applyStep, func() { c.apply(o, by) })
	}
	c.after(time.Duration(len(objects)+1)*applyStep, func() {
		now := map[render.ID]bool{}
		for _, o := range objects {
			now[o.ID()] = true
		}
		for _, id := range a.r.inventory {
			if !now[id] && !kept(c.live[id]) {
				c.remove(id)
			}
		}
		a.r.inventory = a.render.Objects.IDs()
		hooks, until := c.runHooks(a.render.Hooks), c.now.Add(a.timeout)
		c.after(c.some(releaseTime), func() { c.await(a, hooks, until) })
	})
}

// kept objects outlive their release.
func kept(o *object) bool { return o != nil && o.Annotations()["helm.sh/resource-policy"] == "keep" }

// await asks until everything is ready that Helm waits for.
func (c *Cluster) await(a *attempt, hooks []checks.NamespacedName, until time.Time) {
	if a.broken != nil {
		c.failed(a, a.broken, true)
		c.takenBack(a)
		return
	}
	what := c.unready(a, hooks)
	if what == "" {
		c.deployed(a)
		return
	}
	if !c.now.Before(until) {
		c.failed(a, errors.New("Helm upgrade failed: "+what+" is not ready: context deadline exceeded"), true)
		return
	}
	c.after(waitPoll, func() { c.await(a, hooks, until) })
}

func (c *Cluster) unready(a *attempt, hooks []checks.NamespacedName) string {
	for _, job := range hooks {
		if !c.jobDone(job) {
			return "Job " + job.String()
		}
	}
	for _, id := range a.r.inventory {
		switch {
		case id.Group == "apps" && isWorkload(id.Kind):
			w := c.workloads[checks.WorkloadRef{Namespace: id.Namespace, Kind: id.Kind, Name: id.Name}]
			if w == nil || w.Strategy != "OnDelete" && !w.settled() { // Helm cannot tell when such a one is ready, so it does not wait
				return id.String()
			}
		case a.poller && id.Group == helmGroup:
			nested := c.releases[named(id)]
			if nested != nil && nested.Suspended {
				continue
			}
			if nested == nil || nested.ObservedGeneration != nested.Generation || nested.Ready.Status != "True" {
				return id.String()
			}
		case a.poller && id.Group == sourceGroup && id.Kind == "GitRepository":
			s := c.sources[sourceKey{id.Kind, named(id)}]
			if s == nil || s.ObservedGeneration != s.Generation || s.Ready.Status != "True" {
				return id.String()
			}
		}
	}
	return ""
}

func (c *Cluster) deployed(a *attempt) {
	r := a.r
	for i := range r.History {
		if r.History[i].Status == "deployed" {
			r.History[i].Status = "superseded"
		}
	}
	c.record(a, "deployed")
	r.deployed, r.objects, r.Remediated = a.post, a.render.Objects, checks.Condition{}
	r.Failures, r.UpgradeFailures, r.InstallFailures, r.retries = 0, 0, 0, 0
	r.Drifted = checks.Condition{}
	reason, action := "UpgradeSucceeded", "upgrade"
	if r.History[0].Version == 1 {
		reason, action = "InstallSucceeded", "install"
	}
	r.Ready = condition(r.Ready, "True", reason, fmt.Sprintf("Helm %s succeeded for release %s.v%d", action, r.Name, r.History[0].Version), c.now)
	r.ObservedGeneration = r.LastAttemptedGeneration
	c.ended(r, r.Interval)
}

func (c *Cluster) record(a *attempt, status string) {
	version := 1
	if len(a.r.History) > 0 {
		version = a.r.History[0].Version + 1
	}
	entry := checks.Snapshot{Version: version, Status: status, ChartVersion: a.chart, ConfigDigest: a.digest, LastDeployed: a.started}
	a.r.History = append([]checks.Snapshot{entry}, a.r.History...)
	if len(a.r.History) > 2 {
		a.r.History = a.r.History[:2]
	}
}

// failed ends an attempt. One that failed before Helm recorded a release leaves the history as it was, which is why the next pass may find it in sync.
func (c *Cluster) failed(a *attempt, err error, recorded bool) {
	r := a.r
	if recorded {
		c.record(a, "failed")
	}
	r.Failures++
	reason := "UpgradeFailed"
	if len(r.History) == 0 {
		r.InstallFailures++
		reason = "InstallFailed"
	} else {
		r.UpgradeFailures++
	}
	r.Ready = condition(r.Ready, "False", reason, err.Error(), c.now)
	retry := min(failureRetry<<min(r.retries, 12), longestRetry)
	r.retries++
	c.ended(r, retry)
}

// takenBack is remediation: what was deployed before is applied again, and nothing is tried before the spec changes. The labels of namespaces are not
// this release's, so the pods that come back are injected by whomever they lead to now.
func (c *Cluster) takenBack(a *attempt) {
	r := a.r
	by := owner{release: r.key(), helm: checks.NamespacedName{Namespace: a.render.Namespace, Name: a.render.Name}}
	for i, o := range r.objects {
		c.after(time.Duration(i+1)*applyStep, func() { c.apply(o, by) })
	}
	r.Remediated = checks.Condition{Status: "True", Reason: "RollbackSucceeded", Message: "Helm rollback to previous release succeeded: " + a.broken.Error(), Since: c.now}
	r.stalled = true
}

func (c *Cluster) ended(r *helmRelease, next time.Duration) {
	r.busy, r.Reconciling = false, false
	if r.again {
		r.again = false
		next = triggerDelay
	}
	c.lookAgain(r, next)
}

// releaseDeleted is the finalizer: the release is uninstalled, webhooks first, and nobody asks who still needs it.
func (c *Cluster) releaseDeleted(key checks.NamespacedName, o *object) {
	r := c.releases[key]
	if r == nil {
		return
	}
	delete(c.releases, key)
	delete(c.charts, r.Chart)
	if o.Get("spec", "suspend") == true {
		return
	}
	inventory := slices.Clone(r.inventory)
	slices.SortStableFunc(inventory, func(a, b render.ID) int { return uninstallOrder(a) - uninstallOrder(b) })
	for i, id := range inventory {
		c.after(uninstallTime*time.Duration(i+1)/time.Duration(len(inventory)), func() {
			if live := c.live[id]; live != nil && !kept(live) {
				c.remove(id)
			}
		})
	}
}

func uninstallOrder(id render.ID) int {
	switch {
	case id.Group == "admissionregistration.k8s.io":
		return 0
	case id.Kind == "Namespace":
		return 2
	}
	return 1
}
