package planner

import (
	"fmt"

	"github.com/Masterminds/semver/v3"

	"github.com/linnet-bot/linnet/pkg/release"
)

// Start is how far an upgrade may go by itself.
type Start string

// What may be started without naming a release. Each allows what the one before it allows.
const (
	StartPatch Start = "patch" // the same Istio minor
	StartMinor Start = "minor" // the next Istio minor
)

// Choose takes the newest release that policy allows from the one an environment runs, and says why. Releases must be the clean list of a scan.
func Choose(releases []release.Release, current release.Release, start Start) (to release.Release, why string, err error) {
	from, err := semver.NewVersion(current.Version)
	if err != nil {
		return release.Release{}, "", fmt.Errorf("read the release %q: %w", current.Version, err)
	}
	var best *semver.Version
	newest := current.Version
	for _, r := range releases {
		v, err := semver.NewVersion(r.Version)
		if err != nil || !v.GreaterThan(from) {
			continue
		}
		newest = r.Version
		change := release.Compare(current, r).Kind
		if change != release.Patch && (change != release.MinorChange || start == StartPatch) {
			continue
		}
		if best == nil || v.GreaterThan(best) {
			best, to = v, r
		}
	}
	if best == nil {
		return release.Release{}, "", fmt.Errorf("choose a release after Big Bang %s: none of those up to %s changes Istio %s by a %s; name one with --to, or change policy.start",
			current.Version, newest, current.Istio(), allowed(start))
	}
	why = fmt.Sprintf("the newest release that moves Istio by no more than a %s (%s to %s)", allowed(start), current.Istio(), to.Istio())
	if newest != to.Version {
		why += fmt.Sprintf("; %s is newer but would skip an Istio minor or does not change Istio", newest)
	}
	return to, why, nil
}

func allowed(start Start) string {
	if start == StartPatch {
		return "patch"
	}
	return "minor"
}
