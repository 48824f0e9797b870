package planner

import (
	"errors"
	"fmt"

	"github.com/Masterminds/semver/v3"

	"github.com/linnet-bot/linnet/pkg/release"
)

// Start is which change of Istio begins an upgrade of which nobody named the release. The words are those of policy.start in the configuration.
type Start string

// The changes that begin an upgrade, each including the ones before it. A new packaging of the same Istio begins none: a canary of the
// version that already runs would prove nothing.
const (
	StartMinor Start = "minor" // a new Istio minor
	StartPatch Start = "patch" // or a new patch of the same minor
)

// Choice is what the operator decided about targets.
type Choice struct {
	Start  Start  // "" is StartMinor
	Target string // releases that may be a target, as a version or a range ("~3.18"); "" = all
}

// ErrUpToDate tells that no release is a target: the environment runs what policy allows it to run.
var ErrUpToDate = errors.New("no release to upgrade to")

// Choose takes the newest release that policy allows from the one an environment runs, and says why. Releases must be the clean list of a scan. The
// error wraps ErrUpToDate where none may be taken.
func Choose(releases []release.Release, current release.Release, c Choice) (to release.Release, why string, err error) {
	from, err := semver.NewVersion(current.Version)
	if err != nil {
		return release.Release{}, "", fmt.Errorf("read the release %q: %w", current.Version, err)
	}
	allowed := func(*semver.Version) bool { return true }
	if c.Target != "" {
		targets, err := semver.NewConstraint(c.Target)
		if err != nil {
			return release.Release{}, "", fmt.Errorf("read policy.target %q: %w; write a release or a range such as 3.19.0, ~3.18 or <= 3.30.0", c.Target, err)
		}
		allowed = targets.Check
	}
	best, newest, outside := from, from, 0
	for _, r := range releases {
		v, err := semver.NewVersion(r.Version)
		if err != nil || !v.GreaterThan(from) {
			continue
		}
		if v.GreaterThan(newest) {
			newest = v
		}
		switch {
		case !c.Start.begins(current, r):
		case !allowed(v):
			outside++
		case v.GreaterThan(best):
			best, to = v, r
		}
	}
	if best == from {
		return release.Release{}, "", c.none(current, newest, outside)
	}
	why = fmt.Sprintf("the newest release that brings %s (%s to %s)", c.Start.words(), current.Istio(), to.Istio())
	if c.Target != "" {
		why += fmt.Sprintf(" and that policy.target %s allows", c.Target)
	}
	if newest.GreaterThan(best) {
		why += fmt.Sprintf("; %s is newer, but %s", newest, c.passedOver(releases, current, newest, allowed))
	}
	return to, why, nil
}

func (s Start) begins(from, to release.Release) bool {
	if !forward(from, to) {
		return false
	}
	kind := release.Compare(from, to).Kind
	return kind == release.MinorChange || kind == release.Patch && s == StartPatch
}

// forward tells whether Istio does not go back: a backport of Big Bang may be newer by number and older in what it ships.
func forward(from, to release.Release) bool {
	a, errA := semver.NewVersion(from.Istio())
	b, errB := semver.NewVersion(to.Istio())
	return errA == nil && errB == nil && b.GreaterThan(a)
}

func (s Start) words() string {
	if s == StartPatch {
		return "the next Istio minor or a new patch"
	}
	return "the next Istio minor"
}

// passedOver says why a newer release was not taken.
func (c Choice) passedOver(releases []release.Release, current release.Release, version *semver.Version, allowed func(*semver.Version) bool) string {
	for _, r := range releases {
		if r.Version != version.String() {
			continue
		}
		switch change := release.Compare(current, r); {
		case change.Kind == release.Skip:
			return fmt.Sprintf("it ships Istio %s, which skips a minor", r.Istio())
		case change.Kind == release.Layout:
			return "it installs Istio in another way"
		case !allowed(version):
			return "policy.target does not allow it"
		case change.Kind == release.Patch:
			return "it brings only a patch of Istio, and policy.start is minor"
		}
	}
	return "it does not change Istio"
}

func (c Choice) none(current release.Release, newest *semver.Version, outside int) error {
	what := fmt.Sprintf("choose a release after Big Bang %s", current.Version)
	switch {
	case newest.String() == current.Version:
		return fmt.Errorf("%s: %w, since it is the newest; name one with --to, or give another --releases", what, ErrUpToDate)
	case outside > 0:
		return fmt.Errorf("%s: %w, since policy.target %s allows none of those that bring %s; name one with --to, or change policy.target", what, ErrUpToDate, c.Target, c.Start.words())
	case c.Start != StartPatch:
		return fmt.Errorf("%s: %w, since none up to %s moves Istio %s by one minor; name one with --to, or set policy.start to patch", what, ErrUpToDate, newest, current.Istio())
	}
	return fmt.Errorf("%s: %w, since none up to %s moves Istio %s by one minor or a patch; name one with --to", what, ErrUpToDate, newest, current.Istio())
}
