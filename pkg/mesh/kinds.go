package mesh

import (
	admissionv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	policyv1 "k8s.io/api/policy/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/linnet-bot/linnet/pkg/checks"
)

// kinds are all that is followed.
type kinds struct {
	namespaces   *source[checks.Namespace]
	nodes        *source[checks.Node]
	pods         *source[pod]
	replicaSets  *source[checks.Owner] // the controller above each
	deployments  *source[workload]
	statefulSets *source[workload]
	daemonSets   *source[workload]
	jobs         *source[workload]
	cronJobs     *source[cronJob]
	budgets      *source[budget]
	services     *source[checks.NamespacedName]
	slices       *source[slice]
	mutating     *source[hooks]
	validating   *source[hooks]
	crds         *source[checks.CRD]
	roots        *source[root]

	gitRepositories, helmRepositories, ociRepositories *source[checks.Source]
	kustomizations                                     *source[checks.Kustomization]
	helmCharts                                         *source[checks.HelmChart]
	helmReleases                                       *source[checks.HelmRelease]
	custom                                             map[string]*source[workload] // by kind
}

const (
	page      = 500
	largePage = 25 // for objects that may be hundreds of kilobytes each
)

// make makes a source of each kind.
func (c *Cluster) make() error {
	c.pods = follows(c, page, of((&shapes{}).pod))
	c.departures = departures{now: c.now, owners: func(namespace string, direct checks.Owner) []checks.Owner {
		return (&chains{c.above, map[ownerKey][]checks.Owner{}}).of(namespace, direct)
	}}
	c.pods.store.diary = &c.departures
	c.namespaces = follows(c, page, of(namespaceOf))
	c.nodes = follows(c, page, of(nodeOf))
	c.roots = follows(c, page, of(rootOf))
	c.deployments = follows(c, page, of(deploymentOf))
	c.statefulSets = follows(c, page, of(statefulSetOf))
	c.daemonSets = follows(c, page, of(daemonSetOf))
	c.jobs = follows(c, page, of(jobOf))
	c.cronJobs = follows(c, page, of(cronJobOf))
	c.budgets = follows(c, page, of(budgetOf))
	c.slices = follows(c, page, of(sliceOf))
	c.mutating = follows(c, largePage, of(mutatingOf))
	c.validating = follows(c, largePage, of(validatingOf))
	c.crds = follows(c, largePage, of(crdOf))
	for _, k := range []struct {
		source interface{ add(remote) }
		group  schema.GroupVersion
		name   string
	}{
		{c.pods, corev1.SchemeGroupVersion, "pods"},
		{c.namespaces, corev1.SchemeGroupVersion, "namespaces"},
		{c.nodes, corev1.SchemeGroupVersion, "nodes"},
		{c.roots, corev1.SchemeGroupVersion, "configmaps"},
		{c.deployments, appsv1.SchemeGroupVersion, "deployments"},
		{c.statefulSets, appsv1.SchemeGroupVersion, "statefulsets"},
		{c.daemonSets, appsv1.SchemeGroupVersion, "daemonsets"},
		{c.jobs, batchv1.SchemeGroupVersion, "jobs"},
		{c.cronJobs, batchv1.SchemeGroupVersion, "cronjobs"},
		{c.budgets, policyv1.SchemeGroupVersion, "poddisruptionbudgets"},
		{c.slices, discoveryv1.SchemeGroupVersion, "endpointslices"},
		{c.mutating, admissionv1.SchemeGroupVersion, "mutatingwebhookconfigurations"},
		{c.validating, admissionv1.SchemeGroupVersion, "validatingwebhookconfigurations"},
		{c.crds, apiextensionsv1.SchemeGroupVersion, "customresourcedefinitions"},
	} {
		selector := ""
		if k.name == "configmaps" {
			selector = "metadata.name=" + rootConfigMap
		}
		r, err := c.clients.typed(k.group.WithResource(k.name), selector)
		if err != nil {
			return err
		}
		k.source.add(r)
	}
	c.replicaSets = follows(c, page, of(func(m *metav1.PartialObjectMetadata) checks.Owner { return controllerOf(m.OwnerReferences) }))
	c.replicaSets.add(c.clients.metadataOnly(appsv1.SchemeGroupVersion.WithResource("replicasets")))
	c.services = follows(c, page, of(func(m *metav1.PartialObjectMetadata) checks.NamespacedName {
		return checks.NamespacedName{Namespace: intern(m.Namespace), Name: intern(m.Name)}
	}))
	c.kinds.services.add(c.clients.metadataOnly(corev1.SchemeGroupVersion.WithResource("services")))
	c.makeOptional()
	return nil
}

// makeOptional makes those that a cluster may be without.
func (c *Cluster) makeOptional() {
	c.gitRepositories = optional(c, sourceOf, served(groupSource, "gitrepositories", "v1", "v1beta2"))
	c.helmRepositories = optional(c, sourceOf, served(groupSource, "helmrepositories", "v1", "v1beta2"))
	c.ociRepositories = optional(c, sourceOf, served(groupSource, "ocirepositories", "v1", "v1beta2"))
	c.helmCharts = optional(c, helmChartOf, served(groupSource, "helmcharts", "v1", "v1beta2"))
	c.kustomizations = optional(c, kustomizationOf, served(groupKustomize, "kustomizations", "v1", "v1beta2"))
	c.helmReleases = optional(c, helmReleaseOf, served(groupHelm, "helmreleases", "v2", "v2beta2", "v2beta1"))
	c.custom = map[string]*source[workload]{}
	for _, o := range operators {
		c.custom[o.kind] = optional(c, o.workloadOf, o.resources())
	}
}

// of makes a conversion from one of a Go type.
func of[O runtime.Object, T any](convert func(O) T) func(runtime.Object) (T, bool) {
	return func(o runtime.Object) (out T, ok bool) {
		object, ok := o.(O)
		if ok {
			out = convert(object)
		}
		return out, ok
	}
}

func follows[T any](c *Cluster, page int64, convert func(runtime.Object) (T, bool)) *source[T] {
	s := &source[T]{page: page, convert: convert, clients: c.clients}
	s.changed = c.bell.strike
	c.all = append(c.all, s)
	return s
}

func optional[T any](c *Cluster, convert func(*unstructured.Unstructured) T, versions []schema.GroupVersionResource) *source[T] {
	s := follows(c, page, of(convert))
	s.optional = true
	for _, v := range versions {
		s.add(c.clients.untyped(v))
	}
	return s
}

// add adds a version, the best first.
func (s *source[T]) add(r remote) {
	s.versions = append(s.versions, r)
	s.resource = r.GroupResource().String()
}

func (s *source[T]) String() string { return s.resource }

func (s *source[T]) known() (known bool, missing string, why error) { return s.look() }
