package sim

import (
	"slices"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/gitops/render"
)

const (
	helmGroup   = "helm.toolkit.fluxcd.io"
	sourceGroup = "source.toolkit.fluxcd.io"
)

func named(id render.ID) checks.NamespacedName {
	return checks.NamespacedName{Namespace: id.Namespace, Name: id.Name}
}

// created, changed and deleted are what the controllers' watches tell them.
func (c *Cluster) created(id render.ID, o *object) { c.changed(id, o, true) }

func (c *Cluster) changed(id render.ID, o *object, spec bool) {
	switch {
	case id.Group == sourceGroup && (id.Kind == "GitRepository" || id.Kind == "HelmRepository"):
		if spec {
			c.sourceChanged(id, o)
		}
	case id.Group == helmGroup && id.Kind == "HelmRelease":
		// Annotations are no change to helm-controller: it reacts to generations.
		if spec {
			c.releaseChanged(named(id))
		}
	case id.Group == "apps" && isWorkload(id.Kind):
		if spec {
			c.workloadChanged(id, o)
		}
	case id.Group == "autoscaling" && id.Kind == "HorizontalPodAutoscaler":
		c.scaled(id.Namespace, o)
	case id.Group == "batch" && id.Kind == "CronJob":
		c.cronChanged(id, o)
	case id.Group == "admissionregistration.k8s.io":
		c.webhookChanged(id, o)
	case id.Kind == "CustomResourceDefinition":
		c.versionsStored(o)
	}
}

func (c *Cluster) deleted(id render.ID, o *object) {
	switch {
	case id.Group == sourceGroup:
		delete(c.sources, sourceKey{id.Kind, named(id)})
	case id.Group == helmGroup && id.Kind == "HelmRelease":
		c.releaseDeleted(named(id), o)
	case id.Group == "apps" && isWorkload(id.Kind):
		c.workloadDeleted(checks.WorkloadRef{Namespace: id.Namespace, Kind: id.Kind, Name: id.Name})
	case id.Group == "batch" && id.Kind == "CronJob":
		delete(c.crons, named(id))
	case id.Group == "admissionregistration.k8s.io":
		delete(c.hooks, id.Name)
	case id.Kind == "Namespace":
		c.namespaceDeleted(id.Name)
	}
}

func (c *Cluster) namespaceDeleted(name string) {
	var within []render.ID
	for id := range c.live {
		if id.Namespace == name {
			within = append(within, id)
		}
	}
	slices.SortFunc(within, render.ID.Compare)
	for _, id := range within {
		c.remove(id)
	}
}

// versionsStored remembers a definition's storage version: a cluster never forgets one by itself.
func (c *Cluster) versionsStored(o *object) {
	versions, _ := o.Get("spec", "versions").([]any)
	for _, v := range versions {
		version, _ := v.(map[string]any)
		name, _ := version["name"].(string)
		if version["storage"] == true && !slices.Contains(c.stored[o.Name()], name) {
			c.stored[o.Name()] = append(c.stored[o.Name()], name)
		}
	}
}
