package mesh

import (
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/linnet-bot/linnet/pkg/checks"
)

func jobOf(j *batchv1.Job) workload {
	w := workloadOf("batch/v1", "Job", &j.ObjectMeta, &j.Spec.Template)
	w.Replicas, w.CurrentReplicas = wanted(j.Spec.Parallelism), int(j.Status.Active)
	if j.Status.Ready != nil {
		w.ReadyReplicas = int(*j.Status.Ready)
	}
	for _, c := range j.Status.Conditions {
		if (c.Type == batchv1.JobComplete || c.Type == batchv1.JobFailed) && c.Status == corev1.ConditionTrue {
			w.over = true
			w.TemplateLabels, w.TemplateAnnotations = nil, nil
		}
	}
	return w
}

// cronJob is what is kept of one.
type cronJob struct {
	checks.CronJob // without its Owners
	controller     checks.Owner
}

func cronJobOf(c *batchv1.CronJob) cronJob {
	t := &c.Spec.JobTemplate.Spec.Template
	out := cronJob{
		CronJob: checks.CronJob{
			Namespace: intern(c.Namespace), Name: intern(c.Name), Suspended: c.Spec.Suspend != nil && *c.Spec.Suspend, Schedule: c.Spec.Schedule,
			TemplateLabels: interned(t.Labels), TemplateAnnotations: interned(t.Annotations), HostNetwork: t.Spec.HostNetwork,
		},
		controller: controllerOf(c.OwnerReferences),
	}
	if c.Status.LastScheduleTime != nil {
		out.LastSchedule = c.Status.LastScheduleTime.UTC()
	}
	return out
}
