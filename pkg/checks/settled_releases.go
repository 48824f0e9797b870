package checks

import (
	"fmt"
	"strings"
	"time"
)

// releasesDeployed: every HelmRelease has deployed what it was told to.
func (c *chain) releasesDeployed() Result {
	r := Result{
		Name: "deployed", Question: "Has every HelmRelease deployed what it was told to?", Verdict: Pass, Found: count(len(c.releases), "HelmRelease"),
	}
	if len(c.releases) == 0 {
		r.Verdict, r.Reason = Unknown, "no HelmRelease of this environment was seen"
		return r
	}
	suspended := 0
	blink := true // whether every release that waits only blinks
	for _, h := range c.releases {
		if h.Suspended {
			suspended++
		}
		v, noSample, why := c.release(h)
		if v != Pass && !noSample {
			blink = false
		}
		r = r.worsen(v, why)
		if v == Fail || v == Wait && !noSample {
			r.Stragglers = append(r.Stragglers, h.straggler(why))
		}
	}
	if suspended > 0 {
		r.Found += fmt.Sprintf(", %d of them suspended", suspended)
	}
	r.NoSample = r.Verdict == Wait && blink
	return r
}

// release judges one HelmRelease. Ready alone proves nothing: after a failed postRenderer Flux takes the failed attempt for the current state and
// writes Ready=True, while nothing was applied.
func (c *chain) release(h *HelmRelease) (v Verdict, noSample bool, why string) {
	name := "HelmRelease " + h.Namespace + "/" + h.Name
	if h.Suspended {
		return c.suspended(h, name)
	}
	newest := h.newest()
	switch {
	case h.failed() && h.Ready.Status == "True":
		return Fail, false, fmt.Sprintf("%s: a postRenderer failed and Flux calls it Ready (%s on record); nothing of it was applied", name, count(int(h.Failures+h.UpgradeFailures+h.InstallFailures), "failure"))
	case h.failed() || h.Remediated.Status == "True":
		return Fail, false, name + " failed" + because(h.message())
	case h.ObservedGeneration != h.Generation || h.LastAttemptedGeneration != h.Generation:
		return Wait, false, name + " has changed and not been deployed since" + because(h.waiting())
	case c.artifact(h) == "":
		return Wait, false, name + " has no chart yet"
	case !sameChart(h.LastAttemptedRevision, c.artifact(h)):
		return Wait, false, fmt.Sprintf("%s is at chart %s, %s is there", name, h.LastAttemptedRevision, c.artifact(h))
	case newest == nil || newest.Status != "deployed":
		return Wait, false, name + " is not deployed" + because(h.message())
	case !sameChart(newest.ChartVersion, h.LastAttemptedRevision):
		return Wait, false, fmt.Sprintf("%s has deployed chart %s, %s was attempted", name, newest.ChartVersion, h.LastAttemptedRevision)
	case newest.ConfigDigest != h.LastAttemptedConfigDigest && h.Ready.Status != "True":
		return Wait, false, name + " is deploying new values"
	case newest.ConfigDigest != h.LastAttemptedConfigDigest:
		return Fail, false, name + ": the values that were attempted are not those that are deployed"
	case h.Drifted.Status == "True":
		return Fail, false, name + ": the cluster has drifted from it" + because(h.Drifted.Message)
	case h.Ready.Status == "True":
		return Pass, false, ""
	case h.Ready.Status == "False":
		if h.Ready.Reason == "DependencyNotReady" || h.Ready.Reason == "SourceNotReady" || h.Ready.Reason == "ArtifactFailed" {
			return Wait, false, name + " waits" + because(h.Ready.Message)
		}
		return Fail, false, name + " is not ready" + because(h.Ready.Message)
	case h.Reconciling && c.At.Sub(h.Ready.Since) < routine:
		return Wait, true, name + " makes a routine pass"
	}
	return Wait, false, name + " is not ready" + because(h.Ready.Message)
}

// suspended releases move no more. That is somebody's wish and no failure, unless something already waits behind it.
func (c *chain) suspended(h *HelmRelease, name string) (Verdict, bool, string) {
	if h.LastAttemptedGeneration != 0 && h.LastAttemptedGeneration != h.Generation || c.artifact(h) != "" && !sameChart(h.LastAttemptedRevision, c.artifact(h)) {
		return Fail, false, fmt.Sprintf("%s is suspended with a change waiting: flux resume helmrelease %s -n %s", name, h.Name, h.Namespace)
	}
	return Pass, false, ""
}

func (h *HelmRelease) failed() bool {
	return h.Failures > 0 || h.UpgradeFailures > 0 || h.InstallFailures > 0
}

func (h *HelmRelease) newest() *Snapshot {
	if len(h.History) == 0 {
		return nil
	}
	return &h.History[0]
}

func (h *HelmRelease) message() string {
	if h.Remediated.Status == "True" && h.Remediated.Message != "" {
		return h.Remediated.Message
	}
	return h.Ready.Message
}

// waiting is Flux's message where it explains a delay.
func (h *HelmRelease) waiting() string {
	if h.Ready.Status == "True" {
		return ""
	}
	return h.Ready.Message
}

func (h *HelmRelease) straggler(why string) Straggler {
	return Straggler{
		Namespace: h.Namespace, Kind: "HelmRelease", Name: h.Name, Reason: strings.TrimPrefix(why, "HelmRelease "+h.Namespace+"/"+h.Name+": "),
		Remedy: "kubectl -n " + h.Namespace + " describe helmrelease " + h.Name, Since: h.Ready.Since,
	}
}

// artifact is the chart that a release is to deploy: its HelmChart's, or that of the repository it refers to. "" = there is none yet.
func (c *chain) artifact(h *HelmRelease) string {
	if h.ChartRefKind == "OCIRepository" {
		for i := range c.Flux.OCIRepositories {
			if s := &c.Flux.OCIRepositories[i]; s.Namespace == h.ChartRef.Namespace && s.Name == h.ChartRef.Name {
				return s.Artifact
			}
		}
		return ""
	}
	name := h.Chart
	if h.ChartRefKind == "HelmChart" {
		name = h.ChartRef
	}
	for i := range c.Flux.HelmCharts {
		if chart := &c.Flux.HelmCharts[i]; chart.Namespace == name.Namespace && chart.Name == name.Name {
			return chart.Artifact
		}
	}
	return ""
}

// sameChart compares chart versions. What follows "+" tells builds of one version apart, and only one side may carry it; an OCI artifact has its
// digest behind "@".
func sameChart(a, b string) bool {
	if a == b {
		return a != ""
	}
	aVersion, aBuild := chartVersion(a)
	bVersion, bBuild := chartVersion(b)
	return aVersion != "" && aVersion == bVersion && (aBuild == "" || bBuild == "")
}

func chartVersion(s string) (version, build string) {
	s, _, _ = strings.Cut(s, "@")
	version, build, _ = strings.Cut(s, "+")
	return version, build
}

// umbrellaDeployed: where the merge changes what the umbrella renders, it was deployed after the merge, or had its interval to be. Little else tells an umbrella
// that has done its work from one that silently has not: only what the merge is to change, which is asked beside it.
func (c *chain) umbrellaDeployed(m Merge) Result {
	r := Result{Name: "umbrella", Question: "Was the umbrella deployed after the merge?"}
	h := c.umbrella
	if h == nil || h.newest() == nil {
		r.Reason = fmt.Sprintf("HelmRelease %s/%s was not seen deployed", c.names.Namespace, c.names.HelmRelease)
		return r
	}
	if m.Commit != "" && m.At.IsZero() {
		r.Reason = "when the merge was made is not known"
		return r
	}
	at := h.newest().LastDeployed
	r.Found = fmt.Sprintf("version %d of %s", h.newest().Version, at.UTC().Format(time.RFC3339))
	// Helm keeps whole seconds.
	if !at.Before(m.At.Truncate(time.Second)) {
		r.Verdict = Pass
		return r
	}
	r.Verdict, r.Reason = Wait, fmt.Sprintf("HelmRelease %s was last deployed before the merge", h.Name)
	if h.Interval <= 0 {
		return r
	}
	// A merge that brings back what was taken back before Flux saw it go changes nothing in the cluster, so nothing is deployed. Flux looks at least once in an
	// interval whether there is anything to deploy.
	until := m.At.Add(h.Interval + h.Interval/10 + 30*time.Second)
	if c.At.Before(until) {
		r.Reason += fmt.Sprintf("; if that is still so at %s, the merge has left it as it was", until.UTC().Format("15:04 MST"))
		return r
	}
	r.Verdict, r.Reason = Pass, ""
	r.Found += ", before the merge, which has left it as it was"
	return r
}

// workloadsRolled: what the releases render has rolled.
func (c *chain) workloadsRolled(s Scope) Result {
	r := Result{Name: "workloads", Question: "Have the workloads of these HelmReleases finished rolling?", Verdict: Pass}
	own := map[NamespacedName]bool{}
	for _, h := range c.releases {
		own[NamespacedName{h.Namespace, h.Name}] = true
	}
	total := 0
	for _, t := range c.templates() {
		if t.workload == nil || !own[t.workload.HelmRelease] || t.left(s) {
			continue
		}
		total++
		if why := t.workload.unfinished(); why != "" {
			reason, remedy := c.workloadHolds(t.workload)
			if reason == "" {
				reason, remedy = why, "wait"
			}
			r = r.worsen(Wait, t.ref.String()+": "+reason)
			who := t.straggler("", reason, remedy)
			who.Acceptable = true
			r.Stragglers = append(r.Stragglers, who)
		}
	}
	r.Found = count(total, "workload")
	return r
}

// quiet: a package whose values Secret alone has changed moves only at its own next interval, and nothing shows that it will. So that long must
// pass after the umbrella wrote those Secrets.
func (c *chain) quiet() Result {
	r := Result{Name: "quiet", Question: "Has the longest interval passed since the umbrella was deployed?"}
	if c.umbrella == nil || c.umbrella.newest() == nil {
		r.Reason = fmt.Sprintf("HelmRelease %s/%s was not seen deployed", c.names.Namespace, c.names.HelmRelease)
		return r
	}
	var longest time.Duration
	for _, h := range c.releases {
		if h == c.umbrella || h.Suspended {
			continue
		}
		if h.Interval <= 0 {
			r.Reason = fmt.Sprintf("the interval of HelmRelease %s/%s was not seen", h.Namespace, h.Name)
			return r
		}
		longest = max(longest, h.Interval)
	}
	need := longest + longest/10 + 30*time.Second
	passed := c.At.Sub(c.umbrella.newest().LastDeployed)
	r.Required = duration(need) + " after the umbrella was deployed"
	r.Found = duration(passed)
	if passed < need {
		r.Verdict = Wait
		r.Reason = fmt.Sprintf("packages whose values Secret changed may still move until %s", c.umbrella.newest().LastDeployed.Add(need).UTC().Format("15:04:05 MST"))
		return r
	}
	r.Verdict = Pass
	return r
}
