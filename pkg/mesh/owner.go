package mesh

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/linnet-bot/linnet/pkg/checks"
)

// controllerOf is the controller directly above an object; its Kind is "" where there is none. Other owners only say what is deleted with what.
func controllerOf(references []metav1.OwnerReference) checks.Owner {
	for i := range references {
		if r := &references[i]; r.Controller != nil && *r.Controller {
			return checks.Owner{APIVersion: intern(r.APIVersion), Kind: intern(r.Kind), Name: intern(r.Name)}
		}
	}
	return checks.Owner{}
}

// ownerKey finds the controller of a controller. API versions are left out: one kind is served under several.
type ownerKey struct{ namespace, kind, name string }

// chains finds the controllers above objects, each chain once.
type chains struct {
	above func(ownerKey) (checks.Owner, bool)
	known map[ownerKey][]checks.Owner
}

// longest is where a chain is cut off: real ones have at most four steps, and a circle must end.
const longest = 10

// of is the chain from the direct controller up to the root. Chains are shared and must not be changed.
func (c *chains) of(namespace string, direct checks.Owner) []checks.Owner {
	if direct.Kind == "" {
		return nil
	}
	key := ownerKey{namespace, direct.Kind, direct.Name}
	if chain, ok := c.known[key]; ok {
		return chain
	}
	chain := []checks.Owner{direct}
	for next := key; len(chain) < longest; {
		above, ok := c.above(next)
		if !ok || above.Kind == "" {
			break
		}
		chain = append(chain, above)
		next = ownerKey{namespace, above.Kind, above.Name}
	}
	c.known[key] = chain
	return chain
}
