package release

import "github.com/Masterminds/semver/v3"

// Listing is a scan as a person asks for it: each release with what it does to Istio.
type Listing struct {
	// Since is the release that the listing starts at, where it was asked to start at one; empty otherwise.
	Since    string `json:"since,omitempty"`
	Releases []Line `json:"releases"`
	// Rejected is nil where it was not asked for.
	Rejected []Rejected `json:"rejected,omitempty"`
}

// Line is one release of a listing.
type Line struct {
	Release
	// IstioVersion is Release.Istio.
	IstioVersion string `json:"istio"`
	// Change compares with the next lower release of the listing; nil for the lowest.
	Change *Change `json:"change,omitempty"`
	// SinceChange compares with the release that the listing starts at; nil without one.
	SinceChange *Change `json:"sinceChange,omitempty"`
}

// List compares the releases of a scan that was made with the same start.
func List(scan Scan, since string) Listing {
	l := Listing{Releases: make([]Line, 0, len(scan.Releases))}
	start, err := semver.NewVersion(since)
	fromStart := err == nil && len(scan.Releases) > 0 && scan.Releases[0].Version == start.String()
	if fromStart {
		l.Since = start.String()
	}
	for i, r := range scan.Releases {
		line := Line{Release: r, IstioVersion: r.Istio()}
		if i > 0 {
			step := Compare(scan.Releases[i-1], r)
			line.Change = &step
			if fromStart {
				whole := Compare(scan.Releases[0], r)
				line.SinceChange = &whole
			}
		}
		l.Releases = append(l.Releases, line)
	}
	return l
}
