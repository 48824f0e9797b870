package release

import (
	"fmt"
	"maps"
	"slices"

	"github.com/Masterminds/semver/v3"
)

// ChangeKind says how Istio differs between two releases.
type ChangeKind string

const (
	// None: the same Istio version in the same layout (package suffixes may differ).
	None ChangeKind = "none"
	// Patch: another patch of the same Istio minor.
	Patch ChangeKind = "patch"
	// MinorChange: the neighbouring Istio minor, the step a canary is made for.
	MinorChange ChangeKind = "minor"
	// Skip: more than one Istio minor apart; Istio supports no such step.
	Skip ChangeKind = "skip"
	// Layout: the releases install Istio in different ways (2.54 to 3.0), or one of them is not understood.
	Layout ChangeKind = "layout"
)

// Change is what moving from one release to another does to Istio. Going down is described the same way as going up.
type Change struct {
	// Istio is whether the mesh's control plane changes: another version, or another layout.
	Istio bool       `json:"istio"`
	Kind  ChangeKind `json:"kind"`
	// From and To are Istio versions ("1.28.3"), empty where a release enables no control plane.
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
	// Packages lists the packages whose version, presence or default changes, by key.
	Packages []PackageChange `json:"packages,omitempty"`
}

// PackageChange is the difference in one package of the Istio family.
type PackageChange struct {
	Key string `json:"key"`
	// From and To are package tags ("1.28.3-bb.0"); empty where the release has no such package.
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
	// EnabledFrom and EnabledTo are the defaults.
	EnabledFrom bool `json:"enabledFrom"`
	EnabledTo   bool `json:"enabledTo"`
}

// Compare says what moving from one release to another does to Istio.
func Compare(from, to Release) Change {
	c := Change{From: from.Istio(), To: to.Istio(), Packages: comparePackages(from.Packages, to.Packages)}
	c.Kind = kindOfChange(from, to)
	c.Istio = c.Kind != None
	return c
}

func kindOfChange(from, to Release) ChangeKind {
	if from.ControlPlane() == "" || from.ControlPlane() != to.ControlPlane() {
		return Layout
	}
	if from.Istio() == to.Istio() {
		return None
	}
	a, errA := semver.NewVersion(from.Istio())
	b, errB := semver.NewVersion(to.Istio())
	switch {
	case errA != nil || errB != nil:
		return Layout
	case a.Major() != b.Major():
		return Skip
	case a.Minor() == b.Minor():
		return Patch
	case a.Minor()+1 == b.Minor() || b.Minor()+1 == a.Minor():
		return MinorChange
	default:
		return Skip
	}
}

func comparePackages(from, to map[string]Package) []PackageChange {
	keys := map[string]bool{}
	for key := range from {
		keys[key] = true
	}
	for key := range to {
		keys[key] = true
	}
	var changes []PackageChange
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		a, b := from[key], to[key]
		if a.version() == b.version() && a.Enabled == b.Enabled {
			continue
		}
		changes = append(changes, PackageChange{Key: key, From: a.version(), To: b.version(), EnabledFrom: a.Enabled, EnabledTo: b.Enabled})
	}
	return changes
}

// version is what a person would call the version of the package: its tag, else the branch it follows.
func (p Package) version() string {
	if tag := p.Tag(); tag != "" {
		return tag
	}
	if p.GitBranch != "" {
		return "branch " + p.GitBranch
	}
	return ""
}

func minorOf(v *semver.Version) string { return fmt.Sprintf("%d.%d", v.Major(), v.Minor()) }
