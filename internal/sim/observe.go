package sim

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"

	"github.com/linnet-bot/linnet/pkg/checks"
)

// Observe is what an observer with every read right would see at this moment, every istiod asked and answering in full.
func (c *Cluster) Observe() *checks.Observation {
	o := &checks.Observation{At: c.observersClock(), Cluster: "Kubernetes", ServerVersion: "v" + c.options.Kubernetes}
	for _, n := range nodes {
		o.Nodes = append(o.Nodes, checks.Node{Name: n, KubeletVersion: "v" + c.options.Kubernetes})
	}
	for _, ns := range c.all("Namespace") {
		o.Namespaces = append(o.Namespaces, checks.Namespace{Name: ns.Name(), Labels: ns.Labels()})
	}
	pods := c.sortedPods()
	for _, p := range pods {
		o.Pods = append(o.Pods, p.Pod)
	}
	o.Pods = append(o.Pods, c.cameAndWent()...)
	for _, w := range c.sortedWorkloads() {
		c.count(w)
		o.Workloads = append(o.Workloads, w.Workload)
	}
	crons := slices.SortedFunc(maps.Values(c.crons), func(a, b *cronJob) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
	for _, j := range crons {
		o.CronJobs = append(o.CronJobs, j.CronJob)
	}
	o.Services = c.observeServices(pods)
	c.observeMesh(o, pods)
	o.Mutating = c.webhooks("MutatingWebhookConfiguration")
	o.Validating = c.webhooks("ValidatingWebhookConfiguration")
	o.CRDs = c.observeCRDs()
	o.RootCertificates = c.observeRoots(o)
	o.Flux = c.observeFlux()
	return o
}

func (c *Cluster) observeServices(pods []*pod) []checks.Service {
	var found []checks.Service
	for _, o := range c.all("Service") {
		selects, _ := o.Get("spec", "selector").(map[string]any)
		if len(selects) == 0 {
			continue
		}
		s := checks.Service{Namespace: o.Namespace(), Name: o.Name()}
		for _, p := range pods {
			if p.Namespace != s.Namespace || p.Phase == "Succeeded" || !selected(selects, p.Labels) {
				continue
			}
			if p.Ready && !p.Deleting {
				s.Ready = append(s.Ready, p.Name)
			} else {
				s.NotReady = append(s.NotReady, p.Name)
			}
		}
		found = append(found, s)
	}
	return found
}

func selected(by map[string]any, labels map[string]string) bool {
	for key, value := range by {
		if labels[key] != value {
			return false
		}
	}
	return true
}

func (c *Cluster) observeMesh(o *checks.Observation, pods []*pod) {
	for _, p := range pods {
		if p.istiod == nil {
			continue
		}
		i := checks.Istiod{
			Namespace: p.Namespace, Pod: p.Name, Revision: p.istiod.revision, Version: p.istiod.version, Phase: p.Phase,
			Ready: p.Ready, Deleting: p.Deleting, Answered: p.Phase == "Running", AskedAt: o.At,
		}
		if !i.Answered {
			i.Error = "connection refused: the container has not started"
		}
		keys := slices.SortedFunc(maps.Keys(p.istiod.clients), func(a, b podKey) int {
			return cmp.Or(cmp.Compare(a.namespace, b.namespace), cmp.Compare(a.name, b.name))
		})
		for _, key := range keys {
			client := p.istiod.clients[key]
			i.Connections = append(i.Connections, checks.Connection{
				Proxy: key.name + "." + key.namespace, Version: client.version, State: client.state, Since: client.since,
			})
		}
		c.answered(p, &i)
		o.Istiods = append(o.Istiods, i)
	}
	for _, w := range c.sortedWorkloads() {
		if w.Kind == "Deployment" && w.TemplateLabels["app"] == "istiod" {
			o.IstiodDeployments = append(o.IstiodDeployments, checks.IstiodDeployment{
				Namespace: w.Namespace, Name: w.Name, Revision: w.TemplateLabels["istio.io/rev"], Replicas: w.Replicas,
				StatusReplicas: w.CurrentReplicas, ReadyReplicas: w.ReadyReplicas,
			})
		}
	}
}

func (c *Cluster) observeCRDs() []checks.CRD {
	var found []checks.CRD
	for _, o := range c.all("CustomResourceDefinition") {
		if !strings.HasSuffix(o.Name(), ".istio.io") {
			continue
		}
		crd := checks.CRD{Name: o.Name(), Established: true, Stored: slices.Clone(c.stored[o.Name()])}
		versions, _ := o.Get("spec", "versions").([]any)
		for _, v := range versions {
			version, _ := v.(map[string]any)
			if name, _ := version["name"].(string); version["served"] == true {
				crd.Served = append(crd.Served, name)
			}
		}
		found = append(found, crd)
	}
	return found
}

// observeRoots gives the one root of the mesh wherever it shows: every istiod loads the same Secret.
func (c *Cluster) observeRoots(o *checks.Observation) []checks.RootCertificate {
	sum := sha256.Sum256([]byte("root certificate of the simulated mesh " + c.options.Start.UTC().String()))
	root := hex.EncodeToString(sum[:])
	var found []checks.RootCertificate
	answering := false
	for _, i := range o.Istiods {
		if i.Answered {
			answering = true
			found = append(found, checks.RootCertificate{Source: "istiod", Namespace: i.Namespace, Name: i.Pod, Revision: i.Revision, Fingerprint: root})
		}
	}
	if !answering {
		return found
	}
	for _, ns := range o.Namespaces {
		found = append(found, checks.RootCertificate{Source: "configmap", Namespace: ns.Name, Name: "istio-ca-root-cert", Fingerprint: root})
	}
	for _, w := range slices.Concat(o.Mutating, o.Validating) {
		if len(w.Hooks) > 0 && w.Hooks[0].CABundle {
			found = append(found, checks.RootCertificate{Source: "webhook", Name: w.Name, Revision: w.Revision(), Fingerprint: root})
		}
	}
	return found
}
