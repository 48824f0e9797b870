package sim

import (
	"time"

	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

func staleCommit() Misbehaviour {
	return Misbehaviour{
		Name: "stale-commit",
		Sentence: "The mirror that Flux fetches from no longer follows, so Flux stays on an older commit with every condition Ready; " +
			"a gate waits for the commit of its merge and says which one Flux has.",
		Expected: StaysClosed,
		begin: func(c *Cluster) (hooks, error) {
			commit, files := c.commit, c.tree
			return hooks{fetch: func() (string, tree.Tree, bool) { return commit, files, true }}, nil
		},
	}
}

// busyPass is how long a routine pass takes on an overloaded controller. Half a second is usual.
const busyPass = 10 * time.Second

func routineBlink() Misbehaviour {
	return Misbehaviour{
		Name: "routine-blink",
		Sentence: "The controllers are slow, so each routine pass of the Kustomization over what is already applied shows Ready=Unknown for ten seconds; " +
			"such a look counts neither for a soak nor against it.",
		Expected: GoesOn,
		begin:    func(*Cluster) (hooks, error) { return hooks{busy: busyPass}, nil },
	}
}

// lateInterval is the interval of the package that moves late.
const lateInterval = 5 * time.Minute

func latePackage() Misbehaviour {
	return Misbehaviour{
		Name: "late-package",
		Sentence: "One package is looked at every five minutes only, and a change of its values Secret shows nowhere before; " +
			"gates wait for the longest interval although every condition is Ready.",
		Expected: GoesOn,
		begin: func(c *Cluster) (hooks, error) {
			w, err := c.victim("Deployment")
			if err != nil {
				return hooks{}, err
			}
			c.releases[w.HelmRelease].Interval = lateInterval
			c.lookAgain(c.releases[w.HelmRelease], lateInterval)
			return hooks{interval: func(r *helmRelease, spec time.Duration) time.Duration {
				if r.key() == w.HelmRelease {
					return lateInterval
				}
				return spec
			}}, nil
		},
	}
}
