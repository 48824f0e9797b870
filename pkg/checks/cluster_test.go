package checks

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// The cluster of these tests: two application namespaces, a gateway namespace with two gateways, one namespace outside the mesh, and Big Bang's
// Flux objects. Every test takes a fresh one and spoils it.

var (
	noon      = time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)
	old       = ControlPlane{"default", "1.28.3"}
	canary    = ControlPlane{"1-29-0", "1.29.0"}
	home      = ControlPlane{"default", "1.29.0"}
	fluxNames = FluxNames{Kustomization: "environment", GitRepository: "environment-repo", Namespace: "bigbang", HelmRelease: "bigbang"}
)

const (
	before = "1111111111111111111111111111111111111111"
	merged = "2222222222222222222222222222222222222222"
)

func upgrade() Upgrade {
	return Upgrade{Environment: "dev", ID: "dev/3.19.0", Flux: fluxNames, Old: old, Canary: canary, Home: home, CanaryReplicas: 2}
}

// merge happened an hour before noon; everything in the cluster came of it half an hour before noon, or is a day old.
func theMerge() Merge { return Merge{Commit: merged, At: noon.Add(-time.Hour)} }

// state says where the namespaces of the mesh are.
type state struct {
	on      map[string]string // namespace to revision; absent = default
	builtIn string            // version of the built-in istiod
	canary  int               // replicas of the canary
}

var meshNamespaces = []string{"istio-gateway", "logging", "monitoring"}

// allOnCanary is the state after the last gateway and before bump.
func allOnCanary() state {
	s := state{on: map[string]string{}, builtIn: "1.28.3", canary: 2}
	for _, ns := range meshNamespaces {
		s.on[ns] = canary.Revision
	}
	return s
}

func start() state { return state{builtIn: "1.28.3"} }

func (s state) revision(namespace string) string {
	if r, ok := s.on[namespace]; ok {
		return r
	}
	return "default"
}

func (s state) version(revision string) string {
	if revision == "default" {
		return s.builtIn
	}
	return canary.Version
}

func observe(s state) *Observation {
	o := &Observation{At: noon, Cluster: "Kubernetes", ServerVersion: "v1.33.4", Nodes: []Node{{"node-a", "v1.33.4"}, {"node-b", "v1.33.4"}}}
	o.Namespaces = []Namespace{
		{Name: "kube-system"}, {Name: "bigbang"}, {Name: "istio-system"},
		{Name: "plain", Labels: map[string]string{labelInjection: "disabled"}},
	}
	for _, ns := range meshNamespaces {
		o.Namespaces = append(o.Namespaces, Namespace{Name: ns, Labels: injectionLabels(s.revision(ns))})
	}
	s.addIstiod(o, "default", s.builtIn, 2)
	if s.canary > 0 {
		s.addIstiod(o, canary.Revision, canary.Version, s.canary)
	}
	s.addWorkload(o, "Deployment", "monitoring", "grafana", 2)
	s.addWorkload(o, "StatefulSet", "monitoring", "prometheus-main", 2, Owner{Kind: "Prometheus", Name: "main"})
	s.addWorkload(o, "StatefulSet", "logging", "loki", 2)
	s.addWorkload(o, "DaemonSet", "logging", "alloy", 2)
	s.addGateway(o, "public-ingressgateway")
	s.addGateway(o, "passthrough-ingressgateway")
	o.CronJobs = []CronJob{{Namespace: "logging", Name: "curator", Schedule: "0 3 * * *", TemplateLabels: map[string]string{"app": "curator"}}}
	o.Workloads = append(o.Workloads, Workload{Kind: "Deployment", Namespace: "plain", Name: "web", Replicas: 1, CurrentReplicas: 1, UpdatedReplicas: 1, ReadyReplicas: 1, AvailableReplicas: 1})
	o.Pods = append(o.Pods, Pod{Namespace: "plain", Name: "web-0", Phase: "Running", Ready: true, Created: noon.Add(-24 * time.Hour), Owners: []Owner{{Kind: "Deployment", Name: "web"}}})
	addFlux(o)
	addCRDs(o)
	return o
}

func injectionLabels(revision string) map[string]string {
	if revision == "default" {
		return map[string]string{labelInjection: "enabled"}
	}
	return map[string]string{labelRevision: revision}
}

func suffix(revision string) string {
	if revision == "default" {
		return ""
	}
	return "-" + revision
}

func (s state) addIstiod(o *Observation, revision, version string, replicas int) {
	name := "istiod" + suffix(revision)
	service := Service{Namespace: "istio-system", Name: name}
	for i := range replicas {
		pod := fmt.Sprintf("%s-%d", name, i)
		service.Ready = append(service.Ready, pod)
		o.Istiods = append(o.Istiods, Istiod{Namespace: "istio-system", Pod: pod, Revision: revision, Version: version, Phase: "Running", Ready: true, Answered: true})
		o.Pods = append(o.Pods, Pod{
			Namespace: "istio-system", Name: pod, Phase: "Running", Ready: true, Created: noon.Add(-24 * time.Hour),
			Containers: []Container{{Name: "discovery"}}, Owners: []Owner{{Kind: "ReplicaSet", Name: name + "-1"}, {Kind: "Deployment", Name: name}},
		})
		o.RootCertificates = append(o.RootCertificates, RootCertificate{Source: "istiod", Name: pod, Revision: revision, Fingerprint: "aa11"})
	}
	o.IstiodDeployments = append(o.IstiodDeployments, IstiodDeployment{Namespace: "istio-system", Name: name, Revision: revision, Replicas: replicas, StatusReplicas: replicas, ReadyReplicas: replicas})
	o.Services = append(o.Services, service)
	o.Mutating = append(o.Mutating, injector("istio-sidecar-injector"+suffix(revision), revision, "", revision == "default"))
	validator := func(name string) WebhookConfiguration {
		return WebhookConfiguration{Name: name, Labels: map[string]string{labelRevision: revision}, Hooks: []Webhook{{
			Name: "validation.istio.io", Service: NamespacedName{"istio-system", service.Name}, Path: "/validate", CABundle: true, FailurePolicy: "Fail",
		}}}
	}
	o.Validating = append(o.Validating, validator("istio-validator"+suffix(revision)+"-istio-system"))
	if revision == "default" {
		o.Validating = append(o.Validating, validator(defaultValidator))
	}
}

// injector is a webhook configuration with the selectors of Istio's chart: by revision, and, where it answers to the default, by istio-injection.
func injector(name, revision, tag string, isDefault bool) WebhookConfiguration {
	answersTo := revision
	labels := map[string]string{labelRevision: revision}
	if tag != "" {
		answersTo = tag
		labels[labelTag] = tag
	}
	in := func(key string, values ...string) SelectorRequirement { return SelectorRequirement{key, "In", values} }
	absent := func(key string) SelectorRequirement { return SelectorRequirement{Key: key, Operator: "DoesNotExist"} }
	notFalse := SelectorRequirement{labelInject, "NotIn", []string{"false"}}
	hook := func(name string, ns, object []SelectorRequirement) Webhook {
		return Webhook{
			Name: name, Service: NamespacedName{"istio-system", "istiod" + suffix(revision)}, Path: "/inject", CABundle: true, FailurePolicy: "Fail",
			NamespaceSelector: Selector{MatchExpressions: ns}, ObjectSelector: Selector{MatchExpressions: object},
		}
	}
	c := WebhookConfiguration{Name: name, Labels: labels, Hooks: []Webhook{
		hook("rev.namespace", []SelectorRequirement{in(labelRevision, answersTo), absent(labelInjection)}, []SelectorRequirement{notFalse}),
		hook("rev.object", []SelectorRequirement{absent(labelRevision), absent(labelInjection)}, []SelectorRequirement{notFalse, in(labelRevision, answersTo)}),
	}}
	if isDefault {
		c.Hooks = append(c.Hooks,
			hook("namespace", []SelectorRequirement{in(labelInjection, "enabled")}, []SelectorRequirement{notFalse}),
			hook("object", []SelectorRequirement{absent(labelInjection), absent(labelRevision)}, []SelectorRequirement{in(labelInject, "true"), absent(labelRevision)}),
		)
	}
	return c
}

func (s state) addWorkload(o *Observation, kind, namespace, name string, replicas int, above ...Owner) {
	revision := s.revision(namespace)
	o.Workloads = append(o.Workloads, Workload{
		Kind: kind, Namespace: namespace, Name: name, Owners: above, HelmRelease: NamespacedName{"bigbang", namespace},
		TemplateLabels: map[string]string{"app": name}, Generation: 3, ObservedGeneration: 3,
		Replicas: replicas, CurrentReplicas: replicas, UpdatedReplicas: replicas, ReadyReplicas: replicas, AvailableReplicas: replicas,
		Strategy: "RollingUpdate", Since: noon.Add(-30 * time.Minute),
	})
	owners := append([]Owner{{Kind: kind, Name: name}}, above...)
	if kind == "Deployment" {
		owners = append([]Owner{{Kind: "ReplicaSet", Name: name + "-5d"}}, owners...)
	}
	for i := range replicas {
		s.addPod(o, Pod{
			Namespace: namespace, Name: fmt.Sprintf("%s-%d", name, i), Owners: owners, Labels: map[string]string{"app": name}, Node: []string{"node-a", "node-b"}[i%2],
		}, revision, kind != "Deployment" || namespace != "istio-gateway")
	}
}

// addPod adds a running, connected proxy of a revision; a native sidecar or a gateway's own container.
func (s state) addPod(o *Observation, p Pod, revision string, native bool) {
	p.Phase, p.Ready, p.Created = "Running", true, noon.Add(-30*time.Minute)
	p.Annotations = map[string]string{labelRevision: revision, annotStatus: `{"initContainers":["istio-proxy"],"revision":"` + revision + `"}`}
	proxy := Container{Name: "istio-proxy", Image: "proxyv2:" + s.version(revision), Init: native, Env: map[string]string{"CA_ADDR": "istiod" + suffix(revision) + ".istio-system.svc:15012"}}
	p.Containers = []Container{{Name: "app"}, proxy}
	o.Pods = append(o.Pods, p)
	connect(o, p.Name+"."+p.Namespace, revision, s.version(revision))
}

func connect(o *Observation, proxy, revision, version string) {
	i := slices.IndexFunc(o.Istiods, func(it Istiod) bool { return it.Revision == revision })
	o.Istiods[i].Connections = append(o.Istiods[i].Connections, Connection{Proxy: proxy, Cluster: "Kubernetes", Version: version, State: Synced, Since: noon.Add(-20 * time.Minute)})
}

func disconnect(o *Observation, proxy string) {
	for i := range o.Istiods {
		o.Istiods[i].Connections = slices.DeleteFunc(o.Istiods[i].Connections, func(c Connection) bool { return c.Proxy == proxy })
	}
}

func (s state) addGateway(o *Observation, name string) {
	s.addWorkload(o, "Deployment", "istio-gateway", name, 1)
	o.Services = append(o.Services, Service{Namespace: "istio-gateway", Name: name, Ready: []string{name + "-0"}})
}

func addCRDs(o *Observation) {
	for _, name := range []string{"virtualservices.networking.istio.io", "peerauthentications.security.istio.io"} {
		o.CRDs = append(o.CRDs, CRD{Name: name, Established: true, Served: []string{"v1", "v1beta1"}, Stored: []string{"v1beta1"}})
	}
}

func addFlux(o *Observation) {
	revision := "main@sha1:" + merged
	ready := Condition{Status: "True", Reason: "Succeeded", Since: noon.Add(-30 * time.Minute)}
	environment := NamespacedName{"bigbang", "environment"}
	umbrella := NamespacedName{"bigbang", "bigbang"}
	object := func(name string, release, kustomization NamespacedName) FluxObject {
		return FluxObject{Namespace: "bigbang", Name: name, Generation: 5, ObservedGeneration: 5, Release: release, Kustomization: kustomization, Ready: ready}
	}
	none := NamespacedName{}
	o.Flux.GitRepositories = []Source{
		{FluxObject: object("environment-repo", none, none), Ref: "main", RefKind: "branch", Artifact: revision},
		{FluxObject: object("bigbang", none, environment), Ref: "3.18.0", RefKind: "tag", Artifact: "3.18.0@sha1:" + before},
	}
	o.Flux.Kustomizations = []Kustomization{{FluxObject: object("environment", none, none), Prune: true, LastAppliedRevision: revision, LastAttemptedRevision: revision}}
	addRelease := func(name, tag string, by, kustomization NamespacedName) {
		if name != "bigbang" {
			o.Flux.GitRepositories = append(o.Flux.GitRepositories, Source{FluxObject: object(name, by, kustomization), Ref: tag, RefKind: "tag", Artifact: tag + "@sha1:" + before})
		}
		o.Flux.HelmCharts = append(o.Flux.HelmCharts, HelmChart{
			FluxObject: object("bigbang-"+name, none, none), SourceKind: "GitRepository", SourceName: name, ObservedSourceArtifactRevision: tag + "@sha1:" + before, Artifact: tag,
		})
		o.Flux.HelmReleases = append(o.Flux.HelmReleases, HelmRelease{
			FluxObject: object(name, by, kustomization), Interval: 2 * time.Minute, Chart: NamespacedName{"bigbang", "bigbang-" + name},
			LastAttemptedGeneration: 5, LastAttemptedRevision: tag, LastAttemptedConfigDigest: "sha256:c0",
			History: []Snapshot{{Version: 7, Status: "deployed", ChartVersion: tag, ConfigDigest: "sha256:c0", LastDeployed: noon.Add(-50 * time.Minute)}},
		})
	}
	addRelease("bigbang", "3.18.0", none, environment)
	for _, name := range append([]string{"istiod"}, meshNamespaces...) {
		addRelease(name, "1.0.0", umbrella, none)
	}
}

// The finders below let a test spoil one thing.

func pod(o *Observation, namespace, name string) *Pod {
	return find(o.Pods, namespace+"/"+name, func(p *Pod) string { return p.Namespace + "/" + p.Name })
}

func workload(o *Observation, namespace, name string) *Workload {
	return find(o.Workloads, namespace+"/"+name, func(w *Workload) string { return w.Namespace + "/" + w.Name })
}

func namespace(o *Observation, name string) *Namespace {
	return find(o.Namespaces, name, func(n *Namespace) string { return n.Name })
}

func release(o *Observation, name string) *HelmRelease {
	return find(o.Flux.HelmReleases, name, func(h *HelmRelease) string { return h.Name })
}

func istiod(o *Observation, name string) *Istiod {
	return find(o.Istiods, name, func(i *Istiod) string { return i.Pod })
}

func mutating(o *Observation, name string) *WebhookConfiguration {
	return find(o.Mutating, name, func(c *WebhookConfiguration) string { return c.Name })
}

func service(o *Observation, name string) *Service {
	return find(o.Services, name, func(s *Service) string { return s.Name })
}

func connection(o *Observation, proxy string) *Connection {
	for i := range o.Istiods {
		for j := range o.Istiods[i].Connections {
			if c := &o.Istiods[i].Connections[j]; c.Proxy == proxy {
				return c
			}
		}
	}
	panic("no connection of " + proxy)
}

func find[T any](all []T, name string, of func(*T) string) *T {
	for i := range all {
		if of(&all[i]) == name {
			return &all[i]
		}
	}
	panic("the test cluster has no " + name)
}

// leaf finds the result of a name anywhere in a tree.
func leaf(r Result, name string) *Result {
	if r.Name == name {
		return &r
	}
	for _, c := range r.Children {
		if found := leaf(c, name); found != nil {
			return found
		}
	}
	return nil
}

// reasons are those of all nodes that are not green.
func reasons(r Result) string {
	var all []string
	if r.Verdict != Pass && len(r.Children) == 0 {
		all = append(all, r.Name+" "+r.Verdict.String()+": "+r.Reason)
	}
	for _, c := range r.Children {
		if s := reasons(c); s != "" {
			all = append(all, s)
		}
	}
	return strings.Join(all, "\n")
}
