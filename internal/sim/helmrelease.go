package sim

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/gitops/render"
)

// helmRelease is what helm-controller knows of one HelmRelease.
type helmRelease struct {
	checks.HelmRelease
	inventory []render.ID // of the deployed release
	drift     string      // driftDetection.mode of the last attempt: enabled mends, warn tells, anything else does not look

	postRenderers string         // digest of those of the last attempt, successful or not
	deployed      string         // digest of those that the deployed release was rendered with
	objects       render.Objects // that were deployed last
	stalled       bool           // an upgrade was taken back, and nothing is tried before the spec changes
	busy, again   bool
	token         int // of the timer that is due
	retries       int // of the failing attempt, for back-off
	values        valuesSeen
}

// valuesSeen remembers what the values were composed from, so that a routine pass over unchanged objects does not compose them again.
type valuesSeen struct {
	versions []int64
	digest   string
	spec     int64
}

func (c *Cluster) releaseChanged(key checks.NamespacedName) {
	if c.releases[key] == nil {
		r := &helmRelease{}
		r.Namespace, r.Name = key.Namespace, key.Name
		r.Ready = checks.Condition{Status: "Unknown", Reason: "Progressing", Since: c.now}
		c.releases[key] = r
	}
	r, o := c.releases[key], c.liveRelease(key)
	r.Generation = o.generation
	r.FluxObject.Release, r.FluxObject.Kustomization = o.owner.release, o.owner.kustomization
	r.Interval = c.intervalOf(r, duration(o.Object, defaultInterval, "spec", "interval"))
	r.ChartVersion, _ = o.Get("spec", "chart", "spec", "version").(string)
	r.Suspended = o.Get("spec", "suspend") == true
	c.poke(key)
}

func (c *Cluster) liveRelease(key checks.NamespacedName) *object {
	return c.live[render.ID{Group: helmGroup, Kind: "HelmRelease", Namespace: key.Namespace, Name: key.Name}]
}

func (c *Cluster) sortedReleases() []*helmRelease {
	return slices.SortedFunc(maps.Values(c.releases), func(a, b *helmRelease) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
}

// reconcileRelease is one pass of helm-controller over one release.
func (c *Cluster) reconcileRelease(r *helmRelease) {
	if r.busy {
		r.again = true
		return
	}
	o := c.liveRelease(r.key())
	if o == nil {
		return
	}
	if r.Suspended {
		r.ObservedGeneration = r.Generation
		return
	}
	if r.stalled && r.LastAttemptedGeneration == r.Generation {
		return
	}
	chart := c.chartOf(r, o)
	if waits := c.dependency(r, o); waits != "" {
		// The generation stays unobserved, and nothing looks again before the requeue, whatever becomes ready meanwhile.
		r.Ready = condition(r.Ready, "False", "DependencyNotReady", waits, c.now)
		c.lookAgain(r, dependencyRetry)
		return
	}
	if !chart.ready() {
		r.Ready = condition(r.Ready, "False", "SourceNotReady", "HelmChart '"+r.Chart.String()+"' is not ready", c.now)
		c.lookAgain(r, r.Interval)
		return
	}
	digest, err := c.valuesDigest(r, o)
	if err != nil {
		r.Ready = condition(r.Ready, "False", "ValuesError", err.Error(), c.now)
		c.lookAgain(r, dependencyRetry)
		return
	}
	post := digestOf(o.Get("spec", "postRenderers"))
	if r.inSync(chart.Artifact, digest, post) {
		c.routine(r)
		return
	}
	c.upgrade(r, o, chart, digest, post)
}

func (r *helmRelease) key() checks.NamespacedName {
	return checks.NamespacedName{Namespace: r.Namespace, Name: r.Name}
}

// inSync compares the deployed release with what is wanted, and the postRenderers with those of the last attempt. The attempt may have failed:
// where it changed nothing but postRenderers, this is what makes the failure look like a success.
func (r *helmRelease) inSync(chart, values, post string) bool {
	if len(r.History) == 0 {
		return false
	}
	last := r.History[0]
	return last.Status == "deployed" && last.ChartVersion == chart && last.ConfigDigest == values && r.postRenderers == post
}

// dependency names the first dependency that is not ready. A dependency whose source moved but whose spec did not is ready: that is the hole
// through which an in-place bump injects with the wrong control plane.
func (c *Cluster) dependency(r *helmRelease, o *object) string {
	wanted, _ := o.Get("spec", "dependsOn").([]any)
	for _, d := range wanted {
		ref, _ := d.(map[string]any)
		name, _ := ref["name"].(string)
		namespace, _ := ref["namespace"].(string)
		key := checks.NamespacedName{Namespace: cmp.Or(namespace, r.Namespace), Name: name}
		on := c.releases[key]
		if on == nil || on.ObservedGeneration != on.Generation || on.Ready.Status != "True" {
			return "dependency '" + key.String() + "' is not ready"
		}
	}
	return ""
}

// routine is a pass that finds nothing to do: it blinks and looks for what went missing.
func (c *Cluster) routine(r *helmRelease) {
	r.ObservedGeneration, r.LastAttemptedGeneration = r.Generation, r.Generation
	r.retries = 0
	r.Ready = condition(r.Ready, "True", "UpgradeSucceeded", fmt.Sprintf("Helm upgrade succeeded for release %s.v%d", r.Name, r.History[0].Version), c.now)
	c.lookForDrift(r)
	r.Reconciling = true
	c.after(c.routineTime(releaseBusy), func() { r.Reconciling = r.busy })
	c.lookAgain(r, r.Interval)
}

// lookForDrift tells of objects that are gone or that another release took over.
func (c *Cluster) lookForDrift(r *helmRelease) {
	r.Drifted = checks.Condition{}
	if r.drift != "enabled" && r.drift != "warn" {
		return
	}
	for _, id := range r.inventory {
		live := c.live[id]
		what := ""
		switch {
		case live == nil:
			what = " removed"
		case live.owner.release != r.key():
			what = " changed"
		}
		if what == "" {
			continue
		}
		if r.drift == "enabled" {
			r.postRenderers = "" // mended by a new attempt
			c.poke(r.key())
		}
		r.Drifted = checks.Condition{Status: "True", Reason: "DriftDetected", Message: id.Kind + "/" + id.Namespace + "/" + id.Name + what, Since: c.now}
		return
	}
}

// lookAgain sets the one timer of the release.
func (c *Cluster) lookAgain(r *helmRelease, d time.Duration) {
	r.token++
	token := r.token
	c.after(d, func() {
		if r.token == token && c.releases[r.key()] == r {
			c.reconcileRelease(r)
		}
	})
}

// valuesDigest is the digest of the composed values.
func (c *Cluster) valuesDigest(r *helmRelease, o *object) (string, error) {
	objs, versions := c.valuesObjects(o)
	if r.values.digest != "" && r.values.spec == o.generation && slices.Equal(r.values.versions, versions) {
		return r.values.digest, nil
	}
	layers, err := render.Layers(objs, o.Object)
	if err != nil {
		return "", err
	}
	for _, l := range layers {
		if !l.Found && !l.Optional {
			return "", fmt.Errorf("could not resolve %s chart values reference '%s/%s' with key '%s'", l.Kind, r.Namespace, l.Name, l.Key)
		}
	}
	r.values = valuesSeen{versions, digestOf(render.Merge(layers)), o.generation}
	return r.values.digest, nil
}

// valuesObjects are the objects that a release takes its values from, with their resource versions.
func (c *Cluster) valuesObjects(o *object) (render.Objects, []int64) {
	var objs render.Objects
	var versions []int64
	refs, _ := o.Get("spec", "valuesFrom").([]any)
	for _, entry := range refs {
		ref, _ := entry.(map[string]any)
		kind, _ := ref["kind"].(string)
		name, _ := ref["name"].(string)
		if live := c.live[render.ID{Kind: kind, Namespace: o.Namespace(), Name: name}]; live != nil {
			objs = append(objs, live.Object)
			versions = append(versions, live.version)
		} else {
			versions = append(versions, 0)
		}
	}
	return objs, versions
}

func digestOf(v any) string {
	asJSON, err := json.Marshal(v)
	if err != nil {
		return "" // decoded YAML always marshals
	}
	sum := sha256.Sum256(asJSON)
	return "sha256:" + hex.EncodeToString(sum[:])
}
