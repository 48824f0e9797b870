package mesh

import (
	"strings"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"

	"github.com/linnet-bot/linnet/pkg/checks"
)

// crdOf reads a CustomResourceDefinition. Of those that are not Istio's only the name is kept.
func crdOf(c *apiextensionsv1.CustomResourceDefinition) checks.CRD {
	out := checks.CRD{Name: c.Name}
	if !istioCRD(c.Name) {
		return out
	}
	for _, v := range c.Spec.Versions {
		if v.Served {
			out.Served = append(out.Served, v.Name)
		}
	}
	out.Stored = append(out.Stored, c.Status.StoredVersions...)
	for _, condition := range c.Status.Conditions {
		if condition.Type == apiextensionsv1.Established {
			out.Established = condition.Status == apiextensionsv1.ConditionTrue
		}
	}
	return out
}

func istioCRD(name string) bool { return strings.HasSuffix(name, ".istio.io") }
