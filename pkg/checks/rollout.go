package checks

import "fmt"

// rolling reports whether a workload is replacing pods or has not yet begun to.
func (w *Workload) rolling() bool { return w.unfinished() != "" }

// unfinished says what a rollout lacks; "" = it is complete. Jobs and custom resources have no rollout.
func (w *Workload) unfinished() string {
	if w.custom() || w.Kind == "Job" {
		return ""
	}
	switch {
	case w.ObservedGeneration < w.Generation:
		return "its controller has not seen the newest template"
	case w.UpdatedReplicas < w.Replicas:
		return fmt.Sprintf("%d of %d pods have the newest template", w.UpdatedReplicas, w.Replicas)
	case w.CurrentReplicas > w.Replicas:
		return fmt.Sprintf("%s of an older template still there", count(w.CurrentReplicas-w.Replicas, "pod"))
	case w.ReadyReplicas < w.Replicas:
		return fmt.Sprintf("%d of %d pods are ready", w.ReadyReplicas, w.Replicas)
	case w.AvailableReplicas < w.Replicas:
		return fmt.Sprintf("%d of %d pods are available", w.AvailableReplicas, w.Replicas)
	case w.Kind == "StatefulSet" && w.Replicas > 0 && w.UpdateRevision != "" && w.CurrentRevision != w.UpdateRevision:
		return "its pods are not all of the newest revision"
	}
	return ""
}

// rolledOut asks whether every workload of a scope has replaced its pods and has them ready.
func rolledOut(s Scope) Check {
	return question{
		name: "rolled-out", asks: "Has every workload of " + s.String() + " finished rolling?",
		words: "every workload of " + s.String() + " has finished its rollout",
		judge: func(w *world, _ Merge) Result {
			r := Result{Required: "newest template on all pods, all of them ready"}
			total := 0
			for _, ref := range s.Workloads {
				if w.workloads[ref] == nil && s.namespace(ref.Namespace) && ref.Kind != "CronJob" && !s.leaves(ref) {
					r.Stragglers = append(r.Stragglers, Straggler{
						Namespace: ref.Namespace, Kind: ref.Kind, Name: ref.Name,
						Reason: "the plan's render has it, the cluster has not", Remedy: "wait for Flux, or look at its HelmRelease",
						Acceptable: true,
					})
				}
			}
			for _, t := range w.templates() {
				if t.workload == nil || !t.in(s) || !w.concerned(t) {
					continue
				}
				total++
				missing := t.workload.unfinished()
				if missing == "" {
					continue
				}
				reason, remedy := w.workloadHolds(t.workload)
				if reason == "" {
					reason, remedy = missing, "wait"
				}
				who := t.straggler("", reason, remedy)
				who.Acceptable = true
				r.Stragglers = append(r.Stragglers, who)
			}
			if n := len(r.Stragglers); n > 0 {
				r.Verdict = Wait
				r.Found = fmt.Sprintf("%s not finished", count(n, "workload"))
				r.Reason = r.Stragglers[0].Kind + " " + r.Stragglers[0].Namespace + "/" + r.Stragglers[0].Name + ": " + r.Stragglers[0].Reason
				return r
			}
			r.Verdict, r.Found = Pass, count(total, "workload")+" complete"
			return r
		},
	}
}

// concerned reports whether a workload is part of the mesh, or would be with its next pod. Others may roll as they like.
func (w *world) concerned(t template) bool {
	if t.injectable() && len(t.injectors(w)) > 0 {
		return true
	}
	return w.meshed[t.ref] > 0
}
