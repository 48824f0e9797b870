package planner

import (
	"fmt"
	"strings"
)

// why says what a phase is for, to the person who reviews its merge request.
func (b *builder) why(s step) string {
	c := b.course
	switch s.kind {
	case CRDs:
		return fmt.Sprintf("istiod %s needs the custom resource definitions of its own version; they serve %s as well, so nothing moves.", c.To.Istio, c.From.Istio)
	case Canary:
		return fmt.Sprintf("A second istiod, revision %s at %s, runs beside the built-in one, with the same values. No proxy uses it yet.", c.Revision, c.To.Istio)
	case Wave:
		return fmt.Sprintf("The namespaces of wave %s are labelled for istiod %s, and their pods are rolled once so that they are injected by it.", s.group, c.Revision)
	case Gateway:
		return fmt.Sprintf("Gateway %s is rolled onto istiod %s. All gateways share a namespace, whose label moves with the first; the others follow when they are rolled.", s.group, c.Revision)
	case CNI:
		return fmt.Sprintf("There is one CNI for both istiods. Its old version serves both, so it is brought to %s only now, when the proxies have moved.", c.To.Istio)
	case Bump:
		return fmt.Sprintf("Nobody uses the built-in istiod any more, so Big Bang moves from %s to %s, and with it the built-in istiod to %s. Pods that the bump itself rolls come back on the canary.",
			c.From.Release, c.To.Release, c.To.Istio)
	case Home:
		return fmt.Sprintf("The labels and annotations of wave %s go: its pods are rolled once more, onto the built-in istiod, which is at %s now.", s.group, c.To.Istio)
	case HomeGateway:
		return fmt.Sprintf("Gateway %s is rolled back onto the built-in istiod. The namespace's label goes with the first gateway, else its pod would come back on the canary.", s.group)
	default:
		return fmt.Sprintf("Nobody uses the canary any more. The folder %s and the lines that point at it go; what is left is, byte for byte, a plain bump of Big Bang to %s.", CanaryFolder, c.To.Release)
	}
}

// inverse says how the phase is taken back.
func (b *builder) inverse(s step) string {
	c := b.course
	switch s.kind {
	case CRDs:
		return fmt.Sprintf("The tree before it. The CRDs are templates of their chart, so going back really downgrades them to %s; it is offered, not assumed.", c.From.Istio)
	case Canary:
		return "The tree before it: Flux prunes the canary, which nobody used."
	case Wave:
		return fmt.Sprintf("The tree before it: the labels come back and the pods of wave %s are rolled onto the built-in istiod, to the very template they had.", s.group)
	case Gateway:
		return fmt.Sprintf("The tree before it: gateway %s is rolled onto the built-in istiod.", s.group)
	case CNI:
		return fmt.Sprintf("The tree before it: the CNI goes back to %s, which serves both istiods.", c.From.Istio)
	case Bump:
		return fmt.Sprintf("The tree before it: the release alone goes back to %s; tags that were brought forward stay for a step of their own.", c.From.Release)
	case Home:
		return fmt.Sprintf("The tree before it: wave %s is rolled onto istiod %s again.", s.group, c.Revision)
	case HomeGateway:
		return fmt.Sprintf("The tree before it: gateway %s is rolled onto istiod %s again.", s.group, c.Revision)
	default:
		return fmt.Sprintf("The tree before it: istiod %s comes back, unused.", c.Revision)
	}
}

func (m Move) String() string { return fmt.Sprintf("%s: %s → %s", m.Namespace, m.From, m.To) }

func (w Workload) String() string {
	if w.Kind == "HelmRelease" {
		return fmt.Sprintf("what HelmRelease %s deploys in %s (chart not at hand)", w.Name, w.Namespace)
	}
	return strings.Join([]string{w.Kind, w.Namespace + "/" + w.Name}, " ")
}
