package gitops

import (
	"github.com/linnet-bot/linnet/pkg/gitops/render"
	"github.com/linnet-bot/linnet/pkg/gitops/splice"
)

// Position is a line of a file. File is the path from the repository root, or, for a file of a remote base, its folder and reference before the
// path, like base@3.18.0/helmrelease.yaml. Line counts from 1, as YAML breaks lines; 0 is the file as a whole.
type Position struct {
	File string `json:"file"`
	Line int    `json:"line,omitempty"`
}

// Level says what a finding means for a plan.
type Level string

const (
	// Info is a fact worth knowing.
	Info Level = "info"
	// Warn is what a person must weigh.
	Warn Level = "warn"
	// Refuse is what no plan can be made with.
	Refuse Level = "refuse"
)

// Note is one finding: a sentence, and where it was found.
type Note struct {
	Level    Level    `json:"level"`
	Position Position `json:"position"`
	Text     string   `json:"text"`
}

// Flavour is how the umbrella chart itself is fetched.
type Flavour string

const (
	// GitFlavour is a chart in the GitRepository bigbang.
	GitFlavour Flavour = "gitRepo"
	// HelmRepoFlavour is a chart named bigbang in a HelmRepository.
	HelmRepoFlavour Flavour = "helmRepo"
)

// PlaceKind is what sort of text a release is written in.
type PlaceKind string

const (
	// RemoteRef is the ?ref= of a remote base.
	RemoteRef PlaceKind = "?ref="
	// GitTag is spec.ref.tag of GitRepository/bigbang. A semver, branch or commit in its stead is a GitTag place too, and a finding.
	GitTag PlaceKind = "GitRepository tag"
	// ChartVersion is spec.chart.spec.version of HelmRelease/bigbang.
	ChartVersion PlaceKind = "chart version"
	// ReplacementSource is a field that a Kustomize replacement copies over another place.
	ReplacementSource PlaceKind = "replacement source"
)

// Place is one text of the repository that names the release.
type Place struct {
	Kind     PlaceKind   `json:"kind"`
	Position Position    `json:"position"`
	Path     splice.Path `json:"-"`
	// Field is Path in words.
	Field string `json:"field"`
	Value string `json:"value"`
	// Wins: what is deployed is this text. A remote base and a chart can each have a winner: Charts tells them apart.
	Wins bool `json:"wins"`
	// Base: this text decides which base/ is built (Wins is about the chart).
	Base bool `json:"base,omitempty"`
	// Inert: nothing that is built depends on this text, as Why says.
	Inert bool `json:"inert,omitempty"`
	// Exclusive: no other environment reads this file. SharedWith names those that do.
	Exclusive  bool     `json:"exclusive"`
	SharedWith []string `json:"sharedWith,omitempty"`
	// Proven: the build followed when this text was changed in a copy of the tree.
	Proven bool   `json:"proven,omitempty"`
	Why    string `json:"why"`
}

// ReleasePlaces says which release an environment deploys and every place that names one.
type ReleasePlaces struct {
	// Version is what the chart is fetched at: a tag or chart version without a tags/ prefix, or, where Reference is not "tag" or
	// "version", a branch, range or commit.
	Version   string  `json:"version"`
	Reference string  `json:"reference"` // tag, version, semver, branch, commit; "" = unknown
	Places    []Place `json:"places"`
}

// Winner is the place that decides which chart is deployed.
func (r ReleasePlaces) Winner() (Place, bool) {
	for _, p := range r.Places {
		if p.Wins {
			return p, true
		}
	}
	return Place{}, false
}

// ValuesLayer is one source of values of HelmRelease/bigbang and where its text lies.
type ValuesLayer struct {
	render.Layer
	// Position is where the values begin; the zero Position where the repository does not hold them.
	Position Position `json:"position"`
	// Text is the path of the scalar that holds the values as YAML text; empty where the file itself is the values.
	Text splice.Path `json:"-"`
	// Generator says which Kustomize generator makes the object, with its file and line; "" for a plain manifest.
	Generator string `json:"generator,omitempty"`
	// Why explains what is unreadable or not found.
	Why string `json:"why,omitempty"`

	root *located
}

// Pin is a field of a copied package block that fixes a version.
type Pin struct {
	Field    string      `json:"field"` // git.tag, git.branch, git.semver, git.commit, helmRepo.tag
	Value    string      `json:"value"`
	Layer    string      `json:"layer"`
	Position Position    `json:"position"`
	Path     splice.Path `json:"-"`
	// Wins: no later readable layer sets the same field.
	Wins bool `json:"wins"`
}

// PackageSource is what the readable layers say about one Istio package.
type PackageSource struct {
	SourceType string   `json:"sourceType,omitempty"` // git, helmRepo; "" = the release's default
	Position   Position `json:"position,omitzero"`    // of the sourceType that wins
	Layer      string   `json:"layer,omitempty"`
	Enabled    *bool    `json:"enabled,omitempty"` // nil = the release's default
	Pins       []Pin    `json:"pins,omitempty"`
	// Emptied are pin fields that the last layer to set them sets to nothing.
	Emptied []string `json:"emptied,omitempty"`
	// MayBeOverridden names the later layers that cannot be read.
	MayBeOverridden []string `json:"mayBeOverridden,omitempty"`
}

// IstioPackages are the values keys of Istio's packages in the operatorless era.
var IstioPackages = []string{"istioCRDs", "istiod", "istioCNI", "istioGateway", "ztunnel"}

// PatchEntry is an entry of the environment's own Kustomization that touches HelmRelease/bigbang.
type PatchEntry struct {
	Position Position `json:"position"`
	// Form is "merge" or "json6902", with ", inline" or ", FILE".
	Form    string   `json:"form"`
	Touches []string `json:"touches"`
}

// FluxKustomization is the Flux object that applies an environment.
type FluxKustomization struct {
	Name      string        `json:"name"`
	Namespace string        `json:"namespace"`
	Path      string        `json:"path"`
	Prune     bool          `json:"prune"`
	Position  Position      `json:"position"`
	Object    render.Object `json:"-"`
}

// MissionNamespace is a Namespace manifest in the repository that is not Big Bang's.
type MissionNamespace struct {
	Name      string   `json:"name"`
	Position  Position `json:"position"`
	Injection string   `json:"injection,omitempty"` // value of istio-injection
	Rev       string   `json:"rev,omitempty"`       // value of istio.io/rev
	Via       string   `json:"via"`                 // "kustomize": some Kustomization lists the file; "plain"
	// Environment is the id of the environment whose build holds it; "" when another Kustomization, or none, does.
	Environment string `json:"environment,omitempty"`
}

// Environment is one folder that Flux applies to one cluster, and all that discovery knows about it.
type Environment struct {
	// ID is the folder from the repository root; "." is the root.
	ID string `json:"id"`
	// Kustomization is the folder's own Kustomization file.
	Kustomization string  `json:"kustomization"`
	Era           Era     `json:"era"`
	EraWhy        string  `json:"eraWhy"`
	Flavour       Flavour `json:"flavour"`
	// HelmRelease and Source are the umbrella's objects; APIVersion and SourceAPIVersion theirs ("" while the remote base is unseen).
	HelmRelease      render.ID `json:"helmRelease"`
	APIVersion       string    `json:"apiVersion,omitempty"`
	Source           render.ID `json:"source"`
	SourceAPIVersion string    `json:"sourceAPIVersion,omitempty"`

	Release  ReleasePlaces            `json:"release"`
	Layers   []ValuesLayer            `json:"layers"`
	Packages map[string]PackageSource `json:"packages,omitempty"`
	Patches  []PatchEntry             `json:"patches,omitempty"`
	// PostRenderers is how many entries spec.postRenderers has as built (or as read, where it does not build); 0 = absent.
	PostRenderers     int                `json:"postRenderers"`
	Flux              *FluxKustomization `json:"flux,omitempty"`
	MissionNamespaces []MissionNamespace `json:"missionNamespaces,omitempty"`

	// Files are all files of the tree that the build reads, sorted; Exclusive those that no other environment reads.
	Files     []string `json:"files"`
	Exclusive []string `json:"exclusive"`
	// Bases are the folders below the environment in the order in which they are built.
	Bases   []string             `json:"bases,omitempty"`
	Missing []render.MissingFile `json:"missing,omitempty"`
	// Encrypted are the SOPS files among Files.
	Encrypted []string `json:"encrypted,omitempty"`

	Built      render.Objects `json:"-"`
	BuildError string         `json:"buildError,omitempty"`
	Findings   []Note         `json:"findings,omitempty"`
	// CanaryFolder: <ID>/istio-canary exists.
	CanaryFolder bool `json:"canaryFolder,omitempty"`
}
