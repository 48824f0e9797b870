package gitops

import (
	"slices"
	"strings"
)

// bigBangNamespaces are made by Big Bang, Flux or Kubernetes; a manifest of one of them is bootstrap, not a mission application.
var bigBangNamespaces = []string{"bigbang", "flux-system", "istio-system", "istio-gateway", "kube-system", "default"}

// missionNamespaces lists the Namespace manifests that concern an environment: those its own build holds, and those that no environment holds
// and that do not lie below another environment's folder.
func (d *discovery) missionNamespaces(e *Environment) []MissionNamespace {
	var found []MissionNamespace
	for _, m := range d.scan.namespaces {
		name := m.root.str("metadata", "name")
		if slices.Contains(bigBangNamespaces, name) || name == "" {
			continue
		}
		n := MissionNamespace{Name: name, Position: m.pos, Via: "plain"}
		n.Injection = m.root.str("metadata", "labels", "istio-injection")
		n.Rev = m.root.str("metadata", "labels", "istio.io/rev")
		if d.scan.listed[m.pos.File] {
			n.Via = "kustomize"
		}
		if slices.Contains(e.Files, m.pos.File) {
			n.Environment = e.ID
			found = append(found, n)
			continue
		}
		if !d.elsewhere(e, m.pos.File) {
			found = append(found, n)
		}
	}
	return found
}

// elsewhere tells a file that another environment reads, or that lies below another environment's folder.
func (d *discovery) elsewhere(e *Environment, file string) bool {
	for id, o := range d.overlays {
		if id == e.ID || slices.Contains(e.Bases, id) {
			continue
		}
		if o.reads(file) || (id != "." && strings.HasPrefix(file, id+"/")) {
			return true
		}
	}
	return false
}

// reads tells whether an object of the overlay was written in file.
func (o *overlay) reads(file string) bool {
	return slices.ContainsFunc(o.objects, func(obj *overlayObject) bool { return obj.root.pos.File == file && obj.remote == nil })
}
