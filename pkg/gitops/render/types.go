package render

import "fmt"

// Unsupported tells that Flux would do something here that this package does not imitate, so the result would not be the truth.
type Unsupported struct{ What, Reason string }

func (u *Unsupported) Error() string { return fmt.Sprintf("render %s: %s", u.What, u.Reason) }

// PodTemplate is the part of a workload that decides whether its pods roll. Path leads from the object to the mapping that holds labels and annotations.
type PodTemplate struct {
	ID          ID
	Path        []string
	Labels      map[string]string
	Annotations map[string]string
	Replicas    int // -1 where the object does not say
}
