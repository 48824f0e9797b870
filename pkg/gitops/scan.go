package gitops

import (
	"bytes"
	"path"
	"strings"

	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// manifest is one document of a YAML file that says something about the repository as a whole.
type manifest struct {
	root *located
	pos  Position
}

// scan is one pass over every YAML file of the repository for the few kinds that matter outside an environment's own build.
type scan struct {
	kustomizations []string // folders with a Kustomization that is not a component
	flux           []manifest
	namespaces     []manifest
	revisions      []manifest // workloads whose pods carry istio.io/rev
	umbrellas      []manifest // HelmRelease/bigbang, wherever it lies
	zarf           []manifest
	uds            []manifest
	automations    []manifest // Flux ImageUpdateAutomation
	listed         map[string]bool
	encrypted      map[string]bool
	unread         []Note
}

// markers are words one of which a file must hold to be worth parsing.
var markers = [][]byte{
	[]byte("kustomize.toolkit.fluxcd.io"), []byte("Namespace"), []byte("HelmRelease"), []byte("ZarfPackageConfig"),
	[]byte("UDSBundle"), []byte("ImageUpdateAutomation"), []byte("sops:"), []byte("istio.io/rev"),
}

func scanTree(t tree.Tree) *scan {
	s := &scan{listed: map[string]bool{}, encrypted: map[string]bool{}}
	charts := map[string]bool{}
	for _, name := range t.Paths() {
		if path.Base(name) == "Chart.yaml" {
			charts[path.Dir(name)] = true
		}
	}
	for _, name := range t.Paths() {
		switch base := path.Base(name); {
		case base == "kustomization.yaml" || base == "kustomization.yml" || base == "Kustomization":
			s.kustomization(t, name)
		case path.Ext(name) == ".yaml" || path.Ext(name) == ".yml":
			if !inChart(charts, name) {
				s.file(t, name)
			}
		}
	}
	return s
}

// inChart tells a file of a Helm chart: its templates are not manifests.
func inChart(charts map[string]bool, name string) bool {
	for dir := path.Dir(name); dir != "." && dir != "/"; dir = path.Dir(dir) {
		if charts[dir] {
			return true
		}
	}
	return false
}

func (s *scan) kustomization(t tree.Tree, name string) {
	dir := path.Dir(name)
	if target, link := t.LinkTarget(name); link {
		s.unread = append(s.unread, Note{Level: Warn, Position: Position{File: name}, Text: "a Kustomization that is a symbolic link, to " + target + ": Flux leaves links out of what it fetches, so it is none"})
		return
	}
	if first, ok := kustomizationFile(t, dir); !ok || first != name {
		return
	}
	src, _ := t.Read(name)
	p, err := parseFile(name, src)
	if err != nil {
		s.unread = append(s.unread, Note{Level: Warn, Position: Position{File: name}, Text: "a Kustomization that is not YAML: " + err.Error()})
	}
	if len(p.docs) == 0 || !p.docs[0].isMapping() {
		if err == nil {
			s.unread = append(s.unread, Note{Level: Warn, Position: Position{File: name}, Text: "not a Kustomization: it holds no mapping"})
		}
		return
	}
	if p.docs[0].str("kind") == "Component" {
		return
	}
	if strings.Contains(p.docs[0].str("apiVersion"), "toolkit.fluxcd.io") {
		s.file(t, name) // a Flux Kustomization in a file of Kustomize's name
		return
	}
	s.kustomizations = append(s.kustomizations, dir)
	for _, key := range []string{"resources", "bases", "patchesStrategicMerge"} {
		for _, entry := range p.docs[0].list(key) {
			s.listed[path.Join(dir, entry.text)] = true
		}
	}
}

func (s *scan) file(t tree.Tree, name string) {
	src, ok := t.Read(name)
	if !ok || !containsAny(src, markers) {
		return
	}
	p, err := parseFile(name, src)
	if err != nil && !bytes.Contains(src, []byte("{{")) {
		s.unread = append(s.unread, Note{Level: Info, Position: Position{File: name}, Text: "not YAML, so nothing in it is known: " + err.Error()})
	}
	for _, doc := range p.docs {
		s.document(doc)
	}
}

func (s *scan) document(doc *located) {
	if !doc.isMapping() {
		return
	}
	if isEncrypted(doc) {
		s.encrypted[doc.pos.File] = true
	}
	m := manifest{root: doc, pos: doc.pos}
	group, _, _ := strings.Cut(doc.str("apiVersion"), "/")
	switch doc.str("kind") {
	case "Kustomization":
		if group == "kustomize.toolkit.fluxcd.io" {
			s.flux = append(s.flux, m)
		}
	case "Namespace":
		if doc.str("apiVersion") == "v1" {
			s.namespaces = append(s.namespaces, m)
		}
	case "HelmRelease":
		if isUmbrella(&overlayObject{root: doc}) && doc.get("spec", "chart") != nil {
			s.umbrellas = append(s.umbrellas, m)
		}
	case "ZarfPackageConfig":
		s.zarf = append(s.zarf, m)
	case "UDSBundle":
		s.uds = append(s.uds, m)
	case "ImageUpdateAutomation":
		s.automations = append(s.automations, m)
	default:
		for _, template := range [][]string{{"spec", "template"}, {"spec", "jobTemplate", "spec", "template"}, nil} {
			if label := doc.get(append(template, "metadata", "labels", "istio.io/rev")...); label != nil {
				s.revisions = append(s.revisions, manifest{root: doc, pos: label.pos})
				break
			}
		}
	}
}

func containsAny(src []byte, words [][]byte) bool {
	for _, w := range words {
		if bytes.Contains(src, w) {
			return true
		}
	}
	return false
}
