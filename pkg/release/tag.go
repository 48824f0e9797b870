package release

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"
	"github.com/go-git/go-git/v5/plumbing"
)

// tag is one reference under refs/tags.
type tag struct {
	name string
	// object is what the reference names: a tag object, or the commit itself.
	object plumbing.Hash
	// commit is what is left after peeling.
	commit plumbing.Hash
}

var (
	plainVersion   = regexp.MustCompile(`^[0-9]+\.[0-9]+\.[0-9]+$`)
	candidateOf    = regexp.MustCompile(`^[0-9]+\.[0-9]+\.[0-9]+-rc\.?[0-9]+$`)
	packageVersion = regexp.MustCompile(`^[0-9]+\.[0-9]+\.[0-9]+-bb\.[0-9]+$`)
)

// versionOfTag returns the version that the tag's name claims, or why the name alone says that it is no release.
func versionOfTag(name string) (*semver.Version, string) {
	if plainVersion.MatchString(name) {
		if v, err := semver.StrictNewVersion(name); err == nil {
			return v, ""
		}
		return nil, "the name is not a version: it has a leading zero or a number out of range"
	}
	switch {
	case candidateOf.MatchString(name):
		return nil, "a release candidate, not a release"
	case packageVersion.MatchString(name):
		return nil, "the version of a package (it ends in -bb.N), not of Big Bang"
	case strings.HasPrefix(name, "v") && len(name) > 1 && name[1] >= '0' && name[1] <= '9':
		return nil, "the name starts with v; releases are named X.Y.Z"
	default:
		return nil, "the name is not of the form X.Y.Z"
	}
}

// below is whether the tag's name, read leniently, is a version lower than since.
func below(name string, since *semver.Version) bool {
	v, err := semver.NewVersion(name)
	return err == nil && since != nil && v.LessThan(since)
}

func parseSince(since string) (*semver.Version, error) {
	if since == "" {
		return nil, nil
	}
	v, err := semver.NewVersion(since)
	if err != nil {
		return nil, fmt.Errorf("cannot list releases since %q: it is not a version such as 3.18.0", since)
	}
	return v, nil
}

// candidates returns the versions that tag names claim, ascending.
func candidates(tags map[string]tag) []*semver.Version {
	var versions []*semver.Version
	for name := range maps.Keys(tags) {
		if v, reason := versionOfTag(name); reason == "" {
			versions = append(versions, v)
		}
	}
	slices.SortFunc(versions, (*semver.Version).Compare)
	return versions
}

// nearestVersions names up to three versions around want, and the highest of all where it is not among them.
func nearestVersions(want string, versions []*semver.Version) []string {
	if len(versions) == 0 {
		return nil
	}
	at := len(versions)
	if v, err := semver.NewVersion(want); err == nil {
		at, _ = slices.BinarySearchFunc(versions, v, (*semver.Version).Compare)
	}
	from, to := max(0, min(at-1, len(versions)-3)), min(len(versions), max(at+2, 3))
	var near []string
	for _, v := range versions[from:to] {
		near = append(near, v.Original())
	}
	if last := versions[len(versions)-1].Original(); near[len(near)-1] != last {
		near = append(near, last)
	}
	return near
}
