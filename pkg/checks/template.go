package checks

// template is what decides about the next pod of a workload or CronJob.
type template struct {
	ref         WorkloadRef
	labels      map[string]string
	annotations map[string]string
	hostNetwork bool
	workload    *Workload // nil for a CronJob, and where the owner was not observed
	cron        *CronJob
}

// templates are all that can start pods: workloads (scaled to zero too) and CronJobs (suspended too). A custom resource whose operator owns a
// workload is left to that workload, which carries the labels that the pods really get. DaemonSets and the like with an unknown kind have their own.
func (w *world) templates() []template {
	all := make([]template, 0, len(w.Workloads)+len(w.CronJobs))
	for i := range w.Workloads {
		wl := &w.Workloads[i]
		if wl.custom() {
			continue
		}
		all = append(all, template{wl.ref(), wl.TemplateLabels, wl.TemplateAnnotations, wl.HostNetwork, wl, nil})
	}
	for i := range w.CronJobs {
		c := &w.CronJobs[i]
		all = append(all, template{WorkloadRef{c.Namespace, "CronJob", c.Name}, c.TemplateLabels, c.TemplateAnnotations, c.HostNetwork, nil, c})
	}
	return all
}

// custom resources become workloads by way of an operator.
func (w *Workload) custom() bool {
	switch w.Kind {
	case "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job", "Rollout":
		return false
	}
	return true
}

func (t template) in(s Scope) bool {
	if t.left(s) {
		return false
	}
	if s.holds(t.ref) {
		return true
	}
	for _, o := range t.owners() {
		if s.holds(WorkloadRef{t.ref.Namespace, o.Kind, o.Name}) {
			return true
		}
	}
	return false
}

// left tells whether a scope goes on without it, by its own name or by an owner's.
func (t template) left(s Scope) bool {
	if s.leaves(t.ref) {
		return true
	}
	for _, o := range t.owners() {
		if s.leaves(WorkloadRef{t.ref.Namespace, o.Kind, o.Name}) {
			return true
		}
	}
	return false
}

func (t template) owners() []Owner {
	switch {
	case t.cron != nil:
		return t.cron.Owners
	case t.workload != nil:
		return t.workload.Owners
	}
	return nil
}

func (t template) injectable() bool {
	return Injectable(t.ref.Namespace, t.hostNetwork, t.labels, t.annotations)
}

// injectors are those that the next pod would meet. Labels that controllers add to pods are left out: no injector looks at them.
func (t template) injectors(w *world) []Injector {
	return Match(w.Mutating, w.labels(t.ref.Namespace), t.labels)
}
