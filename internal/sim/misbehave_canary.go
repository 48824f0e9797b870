package sim

import (
	"errors"
	"strings"

	"github.com/linnet-bot/linnet/pkg/checks"
)

func canaryFails() Misbehaviour {
	return Misbehaviour{
		Name:     "canary-fails",
		Sentence: "The package of the new istiod does not install, since a policy refuses its image; no namespace is moved to a control plane that is not there.",
		Expected: StaysClosed,
		begin: func(c *Cluster) (hooks, error) {
			var failed []checks.NamespacedName
			return hooks{
				fail: func(a *attempt) error {
					if len(a.r.History) > 0 || !strings.HasPrefix(a.r.Name, "istiod-") {
						return nil
					}
					failed = append(failed, a.r.key())
					//nolint:staticcheck // ST1005: Helm's own words
					return errors.New("Helm install failed: admission webhook \"validate.kyverno.svc-fail\" denied the request: image registry is not allowed")
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

func silentIstiod() Misbehaviour {
	return Misbehaviour{
		Name: "silent-istiod",
		Sentence: "One replica of the new istiod does not answer the observer, and nobody knows who is connected to it; " +
			"what it may hide is not known, and unknown is never green.",
		Expected: StaysClosed,
		begin: func(c *Cluster) (hooks, error) {
			var silent *pod
			return hooks{answer: func(p *pod, i *checks.Istiod) {
				if builtIn(p.istiod.revision) {
					return
				}
				if silent == nil || c.pods[podKey{silent.Namespace, silent.Name}] != silent {
					silent = p
				}
				if p == silent {
					i.Answered, i.Error, i.Connections = false, "context deadline exceeded", nil
				}
			}}, nil
		},
	}
}

func filteredAnswer() Misbehaviour {
	return Misbehaviour{
		Name: "filtered-answer",
		Sentence: "A newer istiod tells a caller from another namespace only of that namespace's proxies, without a word about it; " +
			"its answers do not cover the pods that run, so nothing is known and nothing is green.",
		Expected: StaysClosed,
		begin: func(c *Cluster) (hooks, error) {
			known := map[string]bool{}
			for _, p := range c.sortedPods() {
				if p.istiod != nil {
					known[p.istiod.version] = true
				}
			}
			return hooks{answer: func(p *pod, i *checks.Istiod) {
				if !known[p.istiod.version] {
					i.Connections = nil
				}
			}}, nil
		},
	}
}
