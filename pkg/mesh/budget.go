package mesh

import (
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// budget is a PodDisruptionBudget.
type budget struct {
	namespace, name string
	over            labels.Selector // the pods that it protects
	refuses         bool            // whether it allows no disruption now
}

// budgetOf reads a budget. An empty selector is over every pod of the namespace, none at all over none. One that its controller has not looked at refuses:
// so does the API server.
func budgetOf(b *policyv1.PodDisruptionBudget) budget {
	out := budget{namespace: b.Namespace, name: b.Name, over: labels.Nothing()}
	if selector, err := metav1.LabelSelectorAsSelector(b.Spec.Selector); err == nil { // the API server admits no other
		out.over = selector
	}
	out.refuses = b.Status.DisruptionsAllowed == 0 || b.Status.ObservedGeneration < b.Generation
	return out
}

// blocks tells whether a budget keeps the pods of a workload from being evicted.
func (b *budget) blocks(w *workload) bool {
	return b.refuses && w.Replicas > 0 && b.namespace == w.Namespace && b.over.Matches(labels.Set(w.TemplateLabels))
}
