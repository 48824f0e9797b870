package render

import (
	"fmt"
	"strings"
)

// Unsupported tells that Flux would do something here that this package does not imitate, so the result would not be the truth.
type Unsupported struct{ What, Reason string }

func (u *Unsupported) Error() string { return fmt.Sprintf("render %s: %s", u.What, u.Reason) }

// HelmOptions are what a Helm release knows besides its values. KubeVersion is "1.34.0"; "" is Helm's own default and leaves the chart's
// kubeVersion constraint unchecked. APIVersions are added to ServedAPIs.
type HelmOptions struct {
	ReleaseName, Namespace string
	Upgrade                bool
	KubeVersion            string
	APIVersions            []string
}

// Manifest is one rendered chart. Objects are in Helm's install order and keep the namespace the template gave them, none included.
// Duplicates are ids that occur more than once: Helm applies both, the last wins.
type Manifest struct {
	Objects, Hooks, CRDs Objects
	Notes                string
	Duplicates           []ID
}

// SchemaError is one violation of a values.schema.json. Path is dotted, like "istiod.git.tag"; "" is the root.
type SchemaError struct {
	Path    string `json:"path"`
	Message string `json:"message"`
}

func (e SchemaError) String() string {
	if e.Path == "" {
		return e.Message
	}
	return e.Path + ": " + e.Message
}

// SchemaViolations refuses a render because values break the chart's schema.
type SchemaViolations struct {
	Chart  string
	Errors []SchemaError
}

func (v *SchemaViolations) Error() string {
	lines := make([]string, len(v.Errors))
	for i, e := range v.Errors {
		lines[i] = e.String()
	}
	return fmt.Sprintf("render refused: the values break the schema of %s: %s", v.Chart, strings.Join(lines, "; "))
}

// Layer is one source of values of a HelmRelease.
type Layer struct {
	Kind       string         `json:"kind"` // ConfigMap, Secret or Inline
	Name       string         `json:"name,omitempty"`
	Key        string         `json:"key,omitempty"`
	Optional   bool           `json:"optional,omitempty"`
	Found      bool           `json:"found"`
	Unreadable string         `json:"unreadable,omitempty"` // why its values are not known; "" = readable
	TargetPath string         `json:"targetPath,omitempty"`
	Values     map[string]any `json:"-"`

	raw string // with TargetPath: the value as it stands in the data key
}

// ReleaseRender is what helm-controller would apply for one HelmRelease.
type ReleaseRender struct {
	Name, Namespace      string // of the Helm release
	Objects, Hooks, CRDs Objects
	Duplicates           []ID
	Values               map[string]any
	Layers               []Layer
}

// Changes is what differs between two renders, sorted by ID.
type Changes struct {
	Added   []ID     `json:"added,omitempty"`
	Removed []ID     `json:"removed,omitempty"`
	Changed []Change `json:"changed,omitempty"`
}

// Change is one object that both renders hold with different contents. Fields are dotted paths with what they were and are.
type Change struct {
	ID     ID       `json:"id"`
	Fields []string `json:"fields"`
}

// PodTemplate is the part of a workload that decides whether its pods roll. Path leads from the object to the mapping that holds labels and annotations.
type PodTemplate struct {
	ID          ID
	Path        []string
	Labels      map[string]string
	Annotations map[string]string
	Replicas    int // -1 where the object does not say
}
