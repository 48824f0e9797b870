package github

import "net/http"

// apiVersion is the version of the REST interface that this package was written for. GitHub keeps it until March 2028 at least; without the
// header it chooses itself.
const apiVersion = "2022-11-28"

// pinsVersion asks for that version.
type pinsVersion struct{ base http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (p pinsVersion) RoundTrip(r *http.Request) (*http.Response, error) {
	base := p.base
	if base == nil {
		base = http.DefaultTransport
	}
	r = r.Clone(r.Context())
	r.Header.Set("X-GitHub-Api-Version", apiVersion)
	return base.RoundTrip(r)
}
