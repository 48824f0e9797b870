package checks

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestProxyTraps(t *testing.T) {
	const grafana = "grafana-0.monitoring"
	runTraps(t, Moved(upgrade(), wave("monitoring"), old, canary, Effects{}, 0), during("monitoring"), []trap{
		{"a pod of the old revision", func(o *Observation) {
			pod(o, "monitoring", "grafana-0").Annotations = map[string]string{labelRevision: "default"}
		}, Wait, "on-1-29-0", "1 proxy of wave-1 (monitoring) is not on 1-29-0"},
		{"the annotation says one thing and the connection another", func(o *Observation) {
			disconnect(o, grafana)
			connect(o, grafana, "default", "1.28.3")
		}, Wait, "off-default", "1 proxy of wave-1 (monitoring) still uses default"},
		{"connected to both", func(o *Observation) { connect(o, grafana, "default", "1.28.3") }, Wait, "healthy", "is connected to istiod default"},
		{"not connected", func(o *Observation) { disconnect(o, grafana) }, Unknown, "healthy", "is connected to no istiod of 1-29-0"},
		{"not ready", func(o *Observation) {
			pod(o, "monitoring", "grafana-0").Ready = false
			pod(o, "monitoring", "grafana-0").Containers[0].Waiting = "CrashLoopBackOff"
		}, Wait, "healthy", "is not ready: app CrashLoopBackOff"},
		{"just started and not ready", func(o *Observation) {
			pod(o, "monitoring", "grafana-0").Ready = false
			pod(o, "monitoring", "grafana-0").Created = noon.Add(-10 * time.Second)
		}, Wait, "healthy", "has just started"},
		{"just started and not connected", func(o *Observation) {
			disconnect(o, grafana)
			pod(o, "monitoring", "grafana-0").Created = noon.Add(-10 * time.Second)
		}, Wait, "healthy", "has just started"},
		{"rejects its configuration", func(o *Observation) {
			connection(o, grafana).State, connection(o, grafana).Detail = Errored, "no object factory"
		}, Fail, "healthy", "rejects what istiod sends: no object factory"},
		{"rejected something a second ago", func(o *Observation) {
			connection(o, grafana).State, connection(o, grafana).Since = Errored, noon.Add(-time.Second)
		}, Pass, "", ""},
		{"stale for a moment, as during every push", func(o *Observation) {
			connection(o, grafana).State, connection(o, grafana).Since = Stale, noon.Add(-time.Second)
		}, Pass, "", ""},
		{"stale for long", func(o *Observation) { connection(o, grafana).State = Stale }, Wait, "healthy", "is not in sync (STALE)"},
		{"stale for nobody knows how long", func(o *Observation) {
			connection(o, grafana).State, connection(o, grafana).Since = Stale, time.Time{}
		}, Wait, "healthy", "is not in sync"},
		{"a version that is not the control plane's", func(o *Observation) { connection(o, grafana).Version = "1.28.3" }, Wait, "healthy", "runs 1.28.3, wanted 1.29.0"},
		{"a build of the version", func(o *Observation) { connection(o, grafana).Version = "1.29.0-bb.1" }, Pass, "", ""},
		{"no version", func(o *Observation) { connection(o, grafana).Version = "" }, Unknown, "healthy", "does not say its version"},
		{"a proxy that restarted just now", func(o *Observation) {
			c := &pod(o, "monitoring", "grafana-0").Containers[1]
			c.Restarts, c.LastRestart = 1, noon.Add(-time.Minute)
		}, Wait, "healthy", "restarted its proxy 1m ago"},
		{"a proxy that restarted yesterday", func(o *Observation) {
			c := &pod(o, "monitoring", "grafana-0").Containers[1]
			c.Restarts, c.LastRestart = 3, noon.Add(-20*time.Hour)
		}, Pass, "", ""},
		{"a Job pod that is not ready", func(o *Observation) {
			p := *pod(o, "monitoring", "grafana-0")
			p.Name, p.Ready, p.Owners = "migrate-x", false, []Owner{{Kind: "Job", Name: "migrate"}}
			o.Pods = append(o.Pods, p)
		}, Pass, "", ""},
		{"the wait Job of a gateway, completed on the old revision", func(o *Observation) {
			o.Pods = append(o.Pods, Pod{
				Namespace: "monitoring", Name: "wait-x", Phase: "Succeeded", Created: noon.Add(-time.Hour), Owners: []Owner{{Kind: "Job", Name: "wait"}},
				Annotations: map[string]string{labelRevision: "default"}, Containers: []Container{{Name: "istio-proxy", Init: true}},
			})
		}, Pass, "", ""},
		{"a pod of the old revision that is terminating", func(o *Observation) {
			p := *pod(o, "monitoring", "grafana-0")
			p.Name, p.Deleting, p.Annotations = "grafana-old", true, map[string]string{labelRevision: "default"}
			o.Pods = append(o.Pods, p)
			connect(o, "grafana-old.monitoring", "default", "1.28.3")
		}, Wait, "off-default", "1 proxy"},
		{"a proxy that does not say who injected it", func(o *Observation) {
			p := pod(o, "monitoring", "grafana-0")
			p.Annotations, p.Containers[1].Env = nil, nil
		}, Unknown, "on-1-29-0", "1 proxy does not say which control plane injected it"},
		{"and so may be on the one it should have left", func(o *Observation) {
			p := pod(o, "monitoring", "grafana-0")
			p.Annotations, p.Containers[1].Env = nil, nil
		}, Unknown, "off-default", "it may be default"},
		{"pods on the host network and pods that opted out", func(o *Observation) {
			o.Pods = append(o.Pods,
				Pod{Namespace: "monitoring", Name: "node-exporter", HostNetwork: true, Phase: "Running", Created: noon.Add(-time.Minute)},
				Pod{Namespace: "monitoring", Name: "raw", Labels: map[string]string{labelInject: "false"}, Phase: "Running", Created: noon.Add(-time.Minute)})
		}, Pass, "", ""},
		{"a pod that was without a proxy before the merge", func(o *Observation) {
			o.Pods = append(o.Pods, Pod{Namespace: "monitoring", Name: "raw", Phase: "Running", Created: noon.Add(-48 * time.Hour)})
		}, Pass, "", ""},
		{"the rollout is half done", func(o *Observation) {
			workload(o, "monitoring", "grafana").UpdatedReplicas = 1
		}, Wait, "rolled-out", "1 of 2 pods have the newest template"},
		{"an old pod is still there", func(o *Observation) { workload(o, "monitoring", "grafana").CurrentReplicas = 3 }, Wait, "rolled-out", "1 pod of an older template"},
		{"the controller has not looked", func(o *Observation) { workload(o, "monitoring", "grafana").Generation = 4 }, Wait, "rolled-out", "has not seen the newest template"},
		{"not available", func(o *Observation) { workload(o, "monitoring", "grafana").AvailableReplicas = 1 }, Wait, "rolled-out", "1 of 2 pods are available"},
		{"a StatefulSet between revisions", func(o *Observation) {
			w := workload(o, "monitoring", "prometheus-main")
			w.CurrentRevision, w.UpdateRevision = "a", "b"
		}, Wait, "rolled-out", "newest revision"},
		{"a workload outside the mesh may roll as it likes", func(o *Observation) { workload(o, "plain", "web").ReadyReplicas = 0 }, Pass, "", ""},
		{"the next pod would get the old one again", func(o *Observation) {
			namespace(o, "monitoring").Labels = injectionLabels("default")
		}, Wait, "next-pods-1-29-0", "the namespace says istio-injection=enabled"},
		{"the namespace label beats the pod label", func(o *Observation) {
			namespace(o, "monitoring").Labels = injectionLabels("default")
			workload(o, "monitoring", "grafana").TemplateLabels = map[string]string{labelRevision: "1-29-0"}
		}, Wait, "next-pods-1-29-0", "would get default"},
		{"two injectors", func(o *Observation) {
			o.Mutating = append(o.Mutating, injector("istio-revision-tag-x", "1-29-0", "1-29-0", false))
		}, Fail, "next-pods-1-29-0", "injected twice, by istio-sidecar-injector-1-29-0, istio-revision-tag-x"},
		{"the injector's revision is gone", func(o *Observation) { o.Mutating = o.Mutating[:1] }, Fail, "next-pods-1-29-0", "would start without a proxy"},
		{"the injector has no CA bundle", func(o *Observation) {
			hooks := mutating(o, "istio-sidecar-injector-1-29-0").Hooks
			for i := range hooks {
				hooks[i].CABundle = false
			}
		}, Wait, "next-pods-1-29-0", "has no CA bundle"},
		{"nobody is behind the injector", func(o *Observation) { service(o, "istiod-1-29-0").Ready = nil }, Wait, "next-pods-1-29-0", "has no ready pod"},
		{"no injector was seen", func(o *Observation) { o.Mutating = nil }, Unknown, "next-pods-1-29-0", "no injector was seen"},
		{"a CronJob that opted out", func(o *Observation) {
			o.CronJobs = append(o.CronJobs, CronJob{Namespace: "monitoring", Name: "raw", TemplateAnnotations: map[string]string{labelInject: "false"}})
		}, Pass, "", ""},
	})
}

func TestABrandNewPodIsNoSample(t *testing.T) {
	o := observe(during("monitoring"))
	pod(o, "monitoring", "grafana-0").Ready = false
	pod(o, "monitoring", "grafana-0").Created = noon.Add(-10 * time.Second)
	g := Moved(upgrade(), wave("monitoring"), old, canary, Effects{}, 0)
	if r := g.Evaluate(o, theMerge()); !r.NoSample {
		t.Errorf("got a sample, want none\n%s", reasons(r))
	}
	pod(o, "monitoring", "grafana-1").Ready = false // and one that has been there for long
	if r := g.Evaluate(o, theMerge()); r.NoSample {
		t.Error("a pod that is not ready for long: got no sample, want wait")
	}
}

func TestAWorkloadOfTheRenderThatNobodySeesIsNotMoved(t *testing.T) {
	s := wave("monitoring")
	s.Workloads = []WorkloadRef{{"monitoring", "Deployment", "grafana"}, {"monitoring", "Deployment", "mimir"}}
	r := Moved(upgrade(), s, old, canary, Effects{}, 0).Evaluate(observe(during("monitoring")), theMerge())
	if l := leaf(r, "rolled-out"); l.Verdict != Wait || !strings.Contains(l.Reason, "mimir") {
		t.Errorf("got %s %q, want wait for mimir", l.Verdict, l.Reason)
	}
	empty := observe(during("monitoring"))
	empty.Pods = slices.DeleteFunc(empty.Pods, func(p Pod) bool { return p.Namespace == "monitoring" })
	if l := leaf(Moved(upgrade(), s, old, canary, Effects{}, 0).Evaluate(empty, theMerge()), "on-1-29-0"); l.Verdict != Unknown {
		t.Errorf("a wave without a single proxy: got %s, want unknown", l.Verdict)
	}
}

func TestOneGatewayMovesWhileTheOtherWaits(t *testing.T) {
	u := upgrade()
	s := during("istio-gateway")
	o := observe(s)
	p := pod(o, "istio-gateway", "passthrough-ingressgateway-0")
	p.Annotations = map[string]string{labelRevision: "default"}
	disconnect(o, "passthrough-ingressgateway-0.istio-gateway")
	connect(o, "passthrough-ingressgateway-0.istio-gateway", "default", "1.28.3")
	public := GatewayMoved(u, gateway("public-ingressgateway"), old, canary, Effects{}, 0)
	passthrough := GatewayMoved(u, gateway("passthrough-ingressgateway"), old, canary, Effects{}, 0)
	if r := public.Evaluate(o, theMerge()); r.Verdict != Pass {
		t.Errorf("the gateway that moved: got %s\n%s", r.Verdict, reasons(r))
	}
	r := passthrough.Evaluate(o, theMerge())
	if r.Verdict != Wait || leaf(r, "endpoints").Verdict != Wait {
		t.Errorf("the gateway that did not: got %s, endpoints %s; want wait", r.Verdict, leaf(r, "endpoints").Verdict)
	}
	runTraps(t, public, s, []trap{
		{"no endpoint is ready", func(o *Observation) {
			gw := service(o, "public-ingressgateway")
			gw.Ready, gw.NotReady = nil, gw.Ready
		}, Wait, "endpoints", "has no ready endpoint"},
		{"no Service leads to it", func(o *Observation) { service(o, "public-ingressgateway").Ready = nil }, Unknown, "endpoints", "no Service leads"},
	})
}

func TestControlPlaneTraps(t *testing.T) {
	u := upgrade()
	validator := func(o *Observation, name string) *WebhookConfiguration {
		return find(o.Validating, name, func(c *WebhookConfiguration) string { return c.Name })
	}
	runTraps(t, Canary(u, Effects{Sources: []SourceEffect{{"GitRepository", "bigbang", "istiod", "1.0.0"}}}), state{builtIn: "1.28.3", canary: 2}, []trap{
		{"the canary is of another version", func(o *Observation) { istiod(o, "istiod-1-29-0-1").Version = "1.28.3" }, Wait, "istiod-1-29-0", "is at 1.28.3"},
		{"the canary is not ready", func(o *Observation) { istiod(o, "istiod-1-29-0-1").Ready = false }, Wait, "istiod-1-29-0", "has 1 of 2 replicas ready"},
		{"its validator has no CA bundle", func(o *Observation) {
			validator(o, "istio-validator-1-29-0-istio-system").Hooks[0].CABundle = false
		}, Wait, "webhooks-1-29-0", "has no CA bundle yet"},
		{"it has no validator", func(o *Observation) { o.Validating = o.Validating[:2] }, Wait, "webhooks-1-29-0", "no validator of 1-29-0"},
		{"another root certificate", func(o *Observation) { o.RootCertificates[2].Fingerprint = "bb22" }, Fail, "same-root", "2 different root certificates"},
		{"a root certificate that nobody saw", func(o *Observation) { o.RootCertificates = o.RootCertificates[:2] }, Unknown, "same-root", "of 1-29-0 was not seen"},
		{"a proxy has strayed to it", func(o *Observation) {
			disconnect(o, "loki-0.logging")
			connect(o, "loki-0.logging", "1-29-0", "1.28.3")
		}, Wait, "off-1-29-0", "still uses 1-29-0"},
		{"its source is at another tag", func(o *Observation) {
			o.Flux.GitRepositories[2].Ref, o.Flux.GitRepositories[2].Artifact = "0.9.0", "0.9.0@sha1:"+before
		}, Wait, "references", "is at 0.9.0, wanted 1.0.0"},
	})
	runTraps(t, CRDs(u, Effects{}), start(), []trap{
		{"a CRD is not established", func(o *Observation) { o.CRDs[0].Established = false }, Wait, "crds", "virtualservices.networking.istio.io is not established"},
		{"a stored version is no longer served", func(o *Observation) { o.CRDs[0].Stored = []string{"v1alpha3"} }, Fail, "crds", "stores objects as v1alpha3"},
		{"the stored versions were not seen", func(o *Observation) { o.CRDs[0].Stored = nil }, Unknown, "crds", "are stored was not seen"},
		{"no CRD was seen", func(o *Observation) { o.CRDs = nil }, Unknown, "crds", "no CRD"},
		{"no default validator", func(o *Observation) { o.Validating = o.Validating[:1] }, Unknown, "default-validator", "was not seen"},
		{"the default validator points at nobody", func(o *Observation) {
			validator(o, defaultValidator).Hooks[0].Service.Name = "istiod-1-28-0"
		}, Wait, "default-validator", "istio-system/istiod-1-28-0, which has no ready pod"},
		{"the default validator ignores failures", func(o *Observation) { validator(o, defaultValidator).Hooks[0].FailurePolicy = "Ignore" }, Wait, "default-validator", "ignores failures"},
		{"the default validator's policy was not seen", func(o *Observation) { validator(o, defaultValidator).Hooks[0].FailurePolicy = "" }, Unknown, "default-validator", "failurePolicy"},
		{"the default validator calls nobody", func(o *Observation) { validator(o, defaultValidator).Hooks = nil }, Fail, "default-validator", "calls nobody"},
	})
}

func TestPreflightTraps(t *testing.T) {
	u := upgrade()
	u.Kubernetes = KubernetesRange{"1.31", "1.34"}
	runTraps(t, Preflight(u), start(), []trap{
		{"a namespace carries a revision", func(o *Observation) { namespace(o, "plain").Labels[labelRevision] = "x" }, Fail, "finished", "namespace plain carries istio.io/rev=x"},
		{"a revision tag", func(o *Observation) {
			o.Mutating = append(o.Mutating, injector("istio-revision-tag-x", "default", "x", false))
		}, Fail, "finished", "revision tag x"},
		{"the default tag beside the unrevisioned injector", func(o *Observation) {
			o.Mutating = append(o.Mutating, injector("istio-revision-tag-default", "default", "default", true))
		}, Fail, "one-injector", "injected twice"},
		{"ambient namespaces", func(o *Observation) { namespace(o, "plain").Labels["istio.io/dataplane-mode"] = "ambient" }, Fail, "no-ambient", "namespace plain"},
		{"a waypoint", func(o *Observation) {
			pod(o, "logging", "loki-0").Labels["gateway.istio.io/managed"] = "istio.io-mesh-controller"
		}, Fail, "no-ambient", "a waypoint"},
		{"a redirected pod", func(o *Observation) {
			pod(o, "plain", "web-0").Annotations = map[string]string{"ambient.istio.io/redirection": "enabled"}
		}, Fail, "no-ambient", "in ambient mode"},
		{"Flux does not prune", func(o *Observation) { o.Flux.Kustomizations[0].Prune = false }, Fail, "flux-prunes", "spec.prune: true"},
		{"an old kubelet", func(o *Observation) { o.Nodes[1].KubeletVersion = "v1.30.9" }, Fail, "kubernetes", "kubelet of node node-b is at v1.30.9"},
		{"a new API server", func(o *Observation) { o.ServerVersion = "v1.35.0+rke2r1" }, Fail, "kubernetes", "the API server is at v1.35.0+rke2r1"},
		{"no node was seen", func(o *Observation) { o.Nodes = nil }, Unknown, "kubernetes", "no node was seen"},
		{"an istiod of another revision, scaled to nothing", func(o *Observation) {
			o.IstiodDeployments = append(o.IstiodDeployments, IstiodDeployment{Revision: "1-27-0"})
		}, Fail, "finished", "istiod 1-27-0 is there beside default"},
		{"an injector that was left behind", func(o *Observation) {
			o.Mutating = append(o.Mutating, injector("istio-sidecar-injector-1-27-0", "1-27-0", "", false))
		}, Fail, "finished", "1-27-0, was left behind"},
		{"a version nobody understands", func(o *Observation) { o.ServerVersion = "" }, Unknown, "kubernetes", "not known"},
	})
	u.Flux.Kustomization = "other"
	if r := prunes(u).Evaluate(observe(start()), Merge{}); r.Verdict != Unknown {
		t.Errorf("no Kustomization seen: got %s, want unknown", r.Verdict)
	}
}

func TestCNITraps(t *testing.T) {
	withCNI := func(o *Observation) {
		o.Workloads = append(o.Workloads, Workload{Kind: "DaemonSet", Namespace: "kube-system", Name: cniDaemonSet, Replicas: 2, CurrentReplicas: 2, UpdatedReplicas: 2, ReadyReplicas: 2, AvailableReplicas: 2, HostNetwork: true})
		for i, node := range []string{"node-a", "node-b"} {
			o.Pods = append(o.Pods, Pod{Namespace: "kube-system", Name: fmt.Sprintf("istio-cni-node-%d", i), Node: node, Phase: "Running", Ready: true, Created: noon.Add(-35 * time.Minute), Owners: []Owner{{Kind: "DaemonSet", Name: cniDaemonSet}}})
		}
	}
	runTraps(t, CNI(upgrade(), Effects{}), allOnCanary(), []trap{
		{"rolled, and pods have started since", withCNI, Pass, "", ""},
		{"still rolling", func(o *Observation) { withCNI(o); workload(o, "kube-system", cniDaemonSet).UpdatedReplicas = 1 }, Wait, "cni-rolled", "1 of 2 pods"},
		{"it waits for somebody to delete its pods", func(o *Observation) {
			withCNI(o)
			workload(o, "kube-system", cniDaemonSet).UpdatedReplicas, workload(o, "kube-system", cniDaemonSet).Strategy = 1, "OnDelete"
		}, Wait, "cni-rolled", "OnDelete"},
		{"no pod has started on one node since", func(o *Observation) {
			withCNI(o)
			pod(o, "kube-system", "istio-cni-node-1").Created = noon.Add(-time.Minute)
		}, Wait, "fresh-pods", "no injected pod has started on node node-b"},
		{"no DaemonSet", func(o *Observation) {}, Unknown, "cni-rolled", "was not seen"},
	})
}

func TestNothingOfTheCanaryMayStay(t *testing.T) {
	runTraps(t, Pruned(upgrade(), Effects{Sources: []SourceEffect{{Kind: "HelmRelease", Namespace: "bigbang", Name: "istiod-1-29-0"}}}), state{builtIn: home.Version}, []trap{
		{"a HelmRelease", func(o *Observation) {
			r := *release(o, "istiod")
			r.Name, r.Release = "istiod-1-29-0", NamespacedName{}
			o.Flux.HelmReleases = append(o.Flux.HelmReleases, r)
		}, Fail, "gone-1-29-0", "HelmRelease bigbang/istiod-1-29-0"},
		{"a source", func(o *Observation) {
			s := o.Flux.GitRepositories[2]
			s.Name = "istiod-1-29-0"
			o.Flux.GitRepositories = append(o.Flux.GitRepositories, s)
		}, Wait, "gone-1-29-0", "source bigbang/istiod-1-29-0"},
		{"a webhook", func(o *Observation) {
			o.Mutating = append(o.Mutating, injector("istio-sidecar-injector-1-29-0", "1-29-0", "", false))
		}, Wait, "gone-1-29-0", "webhook istio-sidecar-injector-1-29-0"},
		{"a namespace", func(o *Observation) { namespace(o, "plain").Labels[labelRevision] = "1-29-0" }, Wait, "gone-1-29-0", "namespace plain"},
		{"a Service", func(o *Observation) {
			o.Services = append(o.Services, Service{Namespace: "istio-system", Name: "istiod-1-29-0"})
		}, Wait, "gone-1-29-0", "Service istio-system/istiod-1-29-0"},
		{"a pod", func(o *Observation) { pod(o, "logging", "loki-0").Annotations[labelRevision] = "1-29-0" }, Wait, "gone-1-29-0", "pod logging/loki-0"},
	})
}
