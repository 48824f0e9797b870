package sim

import (
	"errors"

	"github.com/linnet-bot/linnet/pkg/checks"
)

func silentPostRenderer() Misbehaviour {
	return Misbehaviour{
		Name: "silent-postrenderer",
		Sentence: "A postRenderer of the umbrella fails, and a second later Flux shows Ready at the newest generation although nothing was applied; " +
			"a gate looks at effects and at the count of failures.",
		Expected: StaysClosed,
		begin: func(c *Cluster) (hooks, error) {
			var failed []checks.NamespacedName
			return hooks{
				fail: func(a *attempt) error {
					r := a.r
					onlyPostRenderers := len(r.History) > 0 && r.History[0].ChartVersion == a.chart && r.History[0].ConfigDigest == a.digest && r.deployed != a.post
					if !onlyPostRenderers || !c.umbrella(r) {
						return nil
					}
					failed = append(failed, r.key())
					//nolint:staticcheck // ST1005: Helm's own words
					return errors.New("Helm upgrade failed: error while running post render on files: remove operation does not apply: doc is missing path")
				},
				heal: func() {
					for _, key := range failed {
						c.tryAgain(key)
					}
				},
			}, nil
		},
	}
}

// umbrella releases deploy HelmReleases.
func (c *Cluster) umbrella(r *helmRelease) bool {
	for _, id := range r.inventory {
		if id.Group == helmGroup {
			return true
		}
	}
	return false
}

func releaseFails() Misbehaviour {
	return Misbehaviour{
		Name: "release-fails",
		Sentence: "The upgrade of one package fails and Flux rolls it back: some of its pods have moved with the namespace's label and some have not; " +
			"the package is named, with Flux's own words.",
		Expected: StaysClosed,
		begin: func(c *Cluster) (hooks, error) {
			w, err := c.victim("Deployment")
			if err != nil {
				return hooks{}, err
			}
			victim := w.HelmRelease
			return hooks{
				takeBack: true,
				fail: func(a *attempt) error {
					if a.r.key() != victim {
						return nil
					}
					return errors.New("Helm upgrade failed: post-upgrade hooks failed: job " + victim.Name + "-test failed: BackoffLimitExceeded")
				},
				heal: func() { c.tryAgain(victim) },
			}, nil
		},
	}
}
