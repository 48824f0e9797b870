package planner

import (
	"bytes"
	"fmt"
	"path"

	"sigs.k8s.io/yaml"

	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// courseFile is the name of the file, inside CanaryFolder, that keeps what was decided when the upgrade began. Kustomize does not read it.
const courseFile = "upgrade.yaml"

// Course is what was decided when an upgrade began: where it goes and in which order. It is committed with the first phase, so that a
// changed configuration or a newer release does not bend an upgrade that is under way, and it leaves with the last.
type Course struct {
	Upgrade  string       `json:"upgrade"` // <environment>/<to-release>
	From     Version      `json:"from"`
	To       Version      `json:"to"`
	Revision string       `json:"revision"`
	Combine  bool         `json:"combine,omitempty"`
	Replicas int          `json:"canaryReplicas"`
	CNI      bool         `json:"cni,omitempty"`
	Bump     Bumping      `json:"bump"`
	Waves    []CourseWave `json:"waves"`
	Gateways []string     `json:"gateways,omitempty"`
	// GatewayNamespace is the namespace that all gateways share; its label moves with the first of them.
	GatewayNamespace string `json:"gatewayNamespace,omitempty"`
}

// CourseWave is a wave as it was decided.
type CourseWave struct {
	Name       string   `json:"name"`
	Namespaces []string `json:"namespaces"`
	Why        string   `json:"why"`
}

func (c Course) encode() ([]byte, error) {
	body, err := yaml.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("write the course of %s: %w", c.Upgrade, err)
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "# The course of this upgrade, kept by Linnet: where it goes, in which order, and why.\n")
	fmt.Fprintf(&out, "# Kustomize does not read this file; the last phase removes it together with this folder.\n")
	out.Write(body)
	return out.Bytes(), nil
}

// ReadCourse reads the course of the upgrade that is under way in the environment's folder; ok is false where none is.
func ReadCourse(t tree.Tree, environment string) (c Course, ok bool, err error) {
	name := path.Join(environment, CanaryFolder, courseFile)
	content, found := t.Read(name)
	if !found {
		return Course{}, false, nil
	}
	if err := yaml.UnmarshalStrict(content, &c); err != nil {
		return Course{}, false, fmt.Errorf("read the course of the upgrade in %s: %w; restore the file from the commit that added it", name, err)
	}
	if c.Revision == "" || c.To.Release == "" || c.From.Release == "" {
		return Course{}, false, fmt.Errorf("read the course of the upgrade in %s: from, to and revision must be there; restore the file from the commit that added it", name)
	}
	return c, true, nil
}

// CoursePhase is one phase of a course.
type CoursePhase struct {
	Name string
	Kind Kind
}

// Phases are the phases that the course leads through, in order.
func (c Course) Phases() []CoursePhase {
	all := steps(c)
	phases := make([]CoursePhase, 0, len(all))
	for _, s := range all {
		phases = append(phases, CoursePhase{Name: s.name, Kind: s.kind})
	}
	return phases
}
