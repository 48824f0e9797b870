package gitops

import (
	"fmt"

	"github.com/Masterminds/semver/v3"
)

// Era is how a Big Bang release lays out Istio. The words are those of release.Era.
type Era string

const (
	// UnknownEra is everything that neither version nor shape tells.
	UnknownEra Era = ""
	// Operator is 0.0.2 to 2.47.0: keys istio and istiooperator (istioOperator from 2.0.0 on).
	Operator Era = "operator"
	// Both is 2.48.0 to 2.54.0: the operator's control plane is on, the new packages are there and off.
	Both Era = "both"
	// Operatorless is 3.0.0 and later: istioCRDs, istiod, istioGateway.
	Operatorless Era = "operatorless"
)

var (
	firstBoth         = semver.MustParse("2.48.0")
	firstOperatorless = semver.MustParse("3.0.0")
	firstUnknown      = semver.MustParse("4.0.0")
)

// eraOf tells the era of a release from its version number alone.
func eraOf(version string) (era Era, why string) {
	v, err := semver.StrictNewVersion(version)
	switch {
	case err != nil:
		return UnknownEra, fmt.Sprintf("%q is not a release's version number", version)
	case v.LessThan(firstBoth):
		return Operator, "releases before 2.48.0 are of the operator era"
	case v.LessThan(firstOperatorless):
		return Both, "releases from 2.48.0 to 2.54.0 carry both layouts, with the operator's control plane on"
	case v.LessThan(firstUnknown):
		return Operatorless, "releases from 3.0.0 on are without the operator"
	default:
		return UnknownEra, "releases from 4.0.0 on are not known yet"
	}
}
