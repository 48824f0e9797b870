package sim

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/gitops/render"
)

// cronJob starts Jobs.
type cronJob struct {
	checks.CronJob
	template render.Object // spec.jobTemplate as a Job
	token    int
}

// runHooks starts the Jobs among a chart's hooks for an upgrade, the earlier run of each deleted first.
func (c *Cluster) runHooks(hooks render.Objects) []checks.NamespacedName {
	var running []checks.NamespacedName
	for _, h := range hooks {
		when := h.Annotations()["helm.sh/hook"]
		if h.Kind() != "Job" || !strings.Contains(when, "-upgrade") && !strings.Contains(when, "-install") {
			continue
		}
		c.runJob(h, nil)
		running = append(running, named(h.ID()))
	}
	return running
}

func (c *Cluster) runJob(o render.Object, owners []checks.Owner) {
	ref := checks.WorkloadRef{Namespace: o.Namespace(), Kind: "Job", Name: o.Name()}
	c.workloadDeleted(ref)
	w := newWorkload(o)
	w.wanted = 1
	w.Owners = owners
	w.Generation, w.ObservedGeneration, w.Created, w.Since = 1, 1, c.now, c.now
	c.workloads[ref] = w
	c.after(podsAfterUpdate, func() { c.roll(w) })
}

// jobDone tells whether a hook has ended; Helm deletes it then.
func (c *Cluster) jobDone(name checks.NamespacedName) bool {
	w := c.workloads[checks.WorkloadRef{Namespace: name.Namespace, Kind: "Job", Name: name.Name}]
	return w == nil || w.done
}

// succeed ends a Job and its pod, and with it the proxy's connection.
func (c *Cluster) succeed(w *workload, p *pod) {
	if c.pods[podKey{p.Namespace, p.Name}] != p || c.workloads[w.key()] != w {
		return
	}
	p.Phase, p.Ready = "Succeeded", false
	c.disconnect(p)
	w.done = true
	c.count(w)
	delete(c.workloads, w.key())
	if len(w.Owners) == 0 {
		delete(c.pods, podKey{p.Namespace, p.Name}) // a hook that succeeded
		return
	}
	c.forget(w.Owners[0].Name, p)
}

// forget keeps the last three pods of a CronJob.
func (c *Cluster) forget(cron string, last *pod) {
	var ended []*pod
	for _, p := range c.pods {
		if p.Namespace == last.Namespace && p.Phase == "Succeeded" && len(p.Owners) == 2 && p.Owners[1].Name == cron {
			ended = append(ended, p)
		}
	}
	slices.SortFunc(ended, comparePods)
	for len(ended) > 3 {
		delete(c.pods, podKey{ended[0].Namespace, ended[0].Name})
		ended = ended[1:]
	}
}

func (c *Cluster) cronChanged(id render.ID, o *object) {
	j := c.crons[named(id)]
	if j == nil {
		j = &cronJob{}
		c.crons[named(id)] = j
	}
	j.Namespace, j.Name = id.Namespace, id.Name
	j.Suspended = o.Get("spec", "suspend") == true
	j.Schedule, _ = o.Get("spec", "schedule").(string)
	j.TemplateLabels, j.TemplateAnnotations = templateOf(o.Object, "spec", "jobTemplate", "spec", "template")
	j.HostNetwork = o.Get("spec", "jobTemplate", "spec", "template", "spec", "hostNetwork") == true
	spec, _ := o.Get("spec", "jobTemplate", "spec").(map[string]any)
	j.template = render.Object{"apiVersion": "batch/v1", "kind": "Job", "spec": spec}
	c.nextRun(j)
}

func (c *Cluster) nextRun(j *cronJob) {
	j.token++
	schedule, err := cron.ParseStandard(j.Schedule)
	if err != nil {
		return // the API server would have refused it
	}
	token := j.token
	next := schedule.Next(c.now.UTC())
	c.after(next.Sub(c.now), func() {
		if j.token != token || c.crons[checks.NamespacedName{Namespace: j.Namespace, Name: j.Name}] != j {
			return
		}
		if !j.Suspended {
			j.LastSchedule = c.now
			c.runJob(withName(j.template, j.Namespace, fmt.Sprintf("%s-%d", j.Name, c.now.Unix()/int64(time.Minute/time.Second))),
				[]checks.Owner{{APIVersion: "batch/v1", Kind: "CronJob", Name: j.Name}})
		}
		c.nextRun(j)
	})
}

func withName(o render.Object, namespace, name string) render.Object {
	named := render.Object{"metadata": map[string]any{"namespace": namespace, "name": name}}
	for key, value := range o {
		named[key] = value
	}
	return named
}
