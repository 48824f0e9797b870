package sim

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/linnet-bot/linnet/pkg/checks"
)

// istiod is what an istiod pod is beyond a pod.
type istiod struct {
	revision, version string
	service           string // the Service that selects it
	clients           map[podKey]*proxy
}

// proxy is the injected part of a pod.
type proxy struct {
	revision, version string
	configured        bool // it had its first configuration
	to                *pod // the istiod that it is connected to; nil = none
	state             checks.SyncState
	since             time.Time
	seeking           bool   // an attempt to connect is due
	last              string // revision of the istiod that it was last connected to
}

func newIstiod(p *pod) *istiod {
	i := &istiod{revision: p.Labels["istio.io/rev"], service: "istiod", clients: map[podKey]*proxy{}}
	if i.revision != "default" {
		i.service = "istiod-" + i.revision
	}
	if len(p.Containers) > 0 {
		i.version = imageTag(p.Containers[0].Image)
	}
	return i
}

func imageTag(image string) string { return image[strings.LastIndex(image, ":")+1:] }

// admit is admission of a pod: the injectors that match its namespace's and its own labels are called in order, and each injects over what the one
// before left. It reports false where one of them must answer and cannot.
func (c *Cluster) admit(p *pod) bool {
	for _, injector := range checks.Match(c.webhooks("MutatingWebhookConfiguration"), c.namespaceLabels(p.Namespace), p.Labels) {
		by := c.answering(injector.Service)
		if by == nil || !injector.CABundle {
			return false
		}
		if checks.Injectable(p.Namespace, p.HostNetwork, p.Labels, p.Annotations) {
			c.inject(p, by)
		}
	}
	return true
}

// answering is a ready istiod pod behind a Service, another one each time.
func (c *Cluster) answering(service checks.NamespacedName) *pod {
	var ready []*pod
	for _, p := range c.sortedPods() {
		if p.istiod != nil && p.Ready && !p.Deleting && p.Namespace == service.Namespace && p.istiod.service == service.Name {
			ready = append(ready, p)
		}
	}
	if len(ready) == 0 {
		return nil
	}
	return ready[c.random.IntN(len(ready))]
}

// inject adds the proxy: to an application as a native sidecar, which is an init container; to a gateway as the container that waits for its image.
func (c *Cluster) inject(p *pod, by *pod) {
	i := by.istiod
	hub := by.Containers[0].Image
	image := hub[:strings.LastIndex(hub, "/")] + "/proxyv2:" + i.version
	address := fmt.Sprintf("%s.%s.svc:15012", i.service, by.Namespace)
	container := checks.Container{Name: "istio-proxy", Image: image, Init: true, Env: map[string]string{"CA_ADDR": address}}
	status := `{"initContainers":["istio-init","istio-proxy"],"containers":null,"revision":"` + i.revision + `"}`
	if at := slices.IndexFunc(p.Containers, func(c checks.Container) bool { return c.Name == "istio-proxy" && !c.Init }); at >= 0 {
		container.Init = false
		p.Containers[at] = container
		status = `{"initContainers":null,"containers":["istio-proxy"],"revision":"` + i.revision + `"}`
	} else {
		p.Containers = slices.DeleteFunc(p.Containers, func(c checks.Container) bool { return c.Init && (c.Name == "istio-init" || c.Name == "istio-proxy") })
		p.Containers = append([]checks.Container{{Name: "istio-init", Image: image, Init: true}, container}, p.Containers...)
	}
	p.Annotations["istio.io/rev"] = i.revision
	p.Annotations["sidecar.istio.io/status"] = status
	p.proxy = &proxy{revision: i.revision, version: i.version}
}

// connectIn has a proxy look for an istiod of its revision.
func (c *Cluster) connectIn(p *pod, d time.Duration) {
	if p.proxy.seeking {
		return
	}
	p.proxy.seeking = true
	c.after(d, func() {
		p.proxy.seeking = false
		if c.pods[podKey{p.Namespace, p.Name}] == p && p.Phase != "Succeeded" {
			c.connect(p)
		}
	})
}

// connect takes the least loaded istiod of the proxy's revision. Where there is none the proxy keeps what it last had; istiodReady wakes it.
func (c *Cluster) connect(p *pod) {
	var ready []*pod
	for _, other := range c.sortedPods() {
		if other.istiod != nil && other.istiod.revision == c.sought(p) && other.Ready && !other.Deleting {
			ready = append(ready, other)
		}
	}
	if len(ready) == 0 || p.proxy.to != nil {
		return
	}
	to := slices.MinFunc(ready, func(a, b *pod) int { return cmp.Compare(len(a.istiod.clients), len(b.istiod.clients)) })
	p.proxy.to, p.proxy.state, p.proxy.since, p.proxy.last = to, checks.NotSent, c.now, to.istiod.revision
	to.istiod.clients[podKey{p.Namespace, p.Name}] = p.proxy
	c.after(c.some(syncTime), func() {
		if p.proxy.to != to {
			return
		}
		p.proxy.state, p.proxy.since, p.proxy.configured = checks.Synced, c.now, true
		c.becomeReady(p)
	})
}

func (c *Cluster) disconnect(p *pod) {
	if p.proxy == nil || p.proxy.to == nil {
		return
	}
	delete(p.proxy.to.istiod.clients, podKey{p.Namespace, p.Name})
	p.proxy.to = nil
}

// istiodReady lets waiting proxies of its revision in, and has it write its root into the webhooks that call it.
func (c *Cluster) istiodReady(p *pod) {
	for _, other := range c.sortedPods() {
		if other.proxy != nil && other.proxy.to == nil && c.sought(other) == p.istiod.revision {
			c.connectIn(other, c.some(reconnectTime))
		}
	}
	for _, kind := range []string{"MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"} {
		for _, o := range c.all(kind) {
			if serves(p, o.Object) {
				c.after(bundleDelay, func() { c.setBundle(o.Name(), p) })
			}
		}
	}
}

// istiodGone drops its clients. They look for another replica, and find none where the revision is gone.
func (c *Cluster) istiodGone(p *pod) {
	for _, other := range c.sortedPods() {
		if other.proxy != nil && other.proxy.to == p {
			other.proxy.to = nil
			c.connectIn(other, c.some(reconnectTime))
		}
	}
}

// restartUnmeshed deletes the pods that have no proxy although they would get one now.
func (c *Cluster) restartUnmeshed() {
	hooks := c.webhooks("MutatingWebhookConfiguration")
	for _, p := range c.sortedPods() {
		if p.proxy == nil && len(checks.Match(hooks, c.namespaceLabels(p.Namespace), p.Labels)) > 0 &&
			checks.Injectable(p.Namespace, p.HostNetwork, p.Labels, p.Annotations) {
			c.stop(p)
		}
	}
}
