package release

import (
	"regexp"
	"time"

	"github.com/Masterminds/semver/v3"
)

// Release is one Big Bang umbrella version as its tag's commit describes it.
type Release struct {
	Version string `json:"version"`
	// Commit is the full hash of the commit the tag leads to.
	Commit string `json:"commit"`
	// KubeVersion is the constraint of Chart.yaml as written (">=1.34.0-0"); empty up to 2.31.
	KubeVersion string `json:"kubeVersion,omitempty"`
	Era         Era    `json:"era,omitempty"`
	// Date is when the tag was made, or, for a tag that is no object of its own, when its commit was.
	Date time.Time `json:"date"`
	// PublishedAfter is the highest version that was out already when this lower one was tagged; empty when there was none. Only Scan,
	// which sees the other releases, fills it.
	PublishedAfter string `json:"publishedAfter,omitempty"`
	// Packages holds the packages of the Istio family by the key they have in chart/values.yaml.
	Packages map[string]Package `json:"packages,omitempty"`
}

// Package is one package of the Istio family with the defaults of a release.
type Package struct {
	// Key is the key of the block in chart/values.yaml ("istiod", "istioOperator").
	Key string `json:"key"`
	// GitTag and GitBranch come from git.tag and git.branch; a tag wins over a branch.
	GitTag    string `json:"gitTag,omitempty"`
	GitBranch string `json:"gitBranch,omitempty"`
	GitRepo   string `json:"gitRepo,omitempty"`
	GitPath   string `json:"gitPath,omitempty"`
	// HelmTag, HelmRepo and ChartName come from helmRepo.tag, helmRepo.repoName and helmRepo.chartName.
	HelmTag   string `json:"helmTag,omitempty"`
	HelmRepo  string `json:"helmRepo,omitempty"`
	ChartName string `json:"chartName,omitempty"`
	// SourceType is "git" or "helmRepo". Releases before 2.0.0 do not say and mean git.
	SourceType string `json:"sourceType,omitempty"`
	// Enabled is whether the release installs the package by default.
	Enabled bool `json:"enabled"`
}

// Tag is the package version that counts: of git or helmRepo, whichever the source type names.
func (p Package) Tag() string {
	if p.SourceType == "helmRepo" {
		return p.HelmTag
	}
	return p.GitTag
}

// Istio returns the version of the control plane that the release enables by default, without the package's own suffix: "1.28.3" of
// "1.28.3-bb.0". It is empty where there is none. Releases that ship both generations enable `istio`, not `istiod`.
func (r Release) Istio() string {
	return AppVersion(r.Packages[r.ControlPlane()].Tag())
}

// ControlPlane returns the key of the package that is the control plane by default: "istiod", "istio", or "" where none is enabled.
func (r Release) ControlPlane() string {
	for _, key := range []string{"istiod", "istio"} {
		if r.Packages[key].Enabled {
			return key
		}
	}
	return ""
}

var packageSuffix = regexp.MustCompile(`-bb\.[0-9]+$`)

// AppVersion strips the package suffix "-bb.N" of a package tag: what is left is the version of the application.
func AppVersion(tag string) string { return packageSuffix.ReplaceAllString(tag, "") }

// Minor returns "1.28" of "1.28.3" or "1.28.3-bb.0", and "" of what is not a version.
func Minor(version string) string {
	v, err := semver.NewVersion(AppVersion(version))
	if err != nil {
		return ""
	}
	return minorOf(v)
}

// Era says which generation of Istio packages a release ships.
type Era string

const (
	// Operator releases (up to 2.47.0) install Istio through its operator: values keys `istio` and `istiooperator` or `istioOperator`.
	Operator Era = "operator"
	// Both releases (2.48.0 to 2.54.0) still enable the operator and carry its successors, disabled.
	Both Era = "both"
	// Operatorless releases (from 3.0.0) install `istioCRDs`, `istiod` and `istioGateway`.
	Operatorless Era = "operatorless"
	// UnknownEra is neither: nothing is concluded from such values.
	UnknownEra Era = ""
)

// Scan is what a source holds.
type Scan struct {
	// Releases in ascending order of version.
	Releases []Release `json:"releases"`
	// Rejected holds every other tag, by name, with the reason. Tags below the start of the scan are in neither list.
	Rejected []Rejected `json:"rejected"`
}

// Rejected is a tag that is no release.
type Rejected struct {
	Tag    string `json:"tag"`
	Reason string `json:"reason"` // one sentence
}
