package config

import (
	"path"
	"strings"
)

// Environment is one folder of the GitOps repository that Flux applies to one cluster.
type Environment struct {
	// Folder, from the root of the repository: `dev`, `clusters/prod`; `.` is the root itself.
	Path string `yaml:"path"`
	// The cluster behind it.
	Cluster Cluster `yaml:"cluster,omitempty"`
	// What may happen, and when.
	Policy Policy `yaml:"policy,omitempty"`
	// The environment that proves an upgrade before it begins here: same release, same phases.
	After *After `yaml:"after,omitempty"`
	// Namespaces that move together, in order. Without any, waves are computed from what the release deploys. A namespace that no wave covers blocks the bump.
	Waves []Wave `yaml:"waves,omitempty"`
	// Gateways in the order in which they move. Without any, the order is computed: one at a time, public last.
	Gateways []string `yaml:"gateways,omitempty"`
	// The spec of the canary's GitRepository or HelmRepository. Needed only where it can be read neither from the rendered release nor from the repository.
	CanarySource map[string]any `yaml:"canarySource,omitempty"`
}

// Cluster is what is known of an environment's cluster.
type Cluster struct {
	// Kubernetes version of the cluster, such as "1.34.1". Without it the range of a release cannot be checked, and the plan says so.
	KubernetesVersion string `yaml:"kubernetesVersion,omitempty"`
	// JSON file with the observation of the cluster that gates are evaluated on.
	ObservationFile string `yaml:"observationFile,omitempty" path:"true"`
	// The observer that is asked for that observation, in place of a file.
	Observer *Observer `yaml:"observer,omitempty"`
}

// Policy is what may happen in one environment.
type Policy struct {
	// Which change of Istio begins an upgrade. `minor`: only a new minor; `patch`: also a new patch of the same minor.
	Start Start `yaml:"start,omitempty" default:"minor"`
	// Releases that may be a target, as a version or a range: `3.19.0`, `~3.18`, `<= 3.30.0`. Without one, every release may.
	Target string `yaml:"target,omitempty"`
	// Who merges once a gate is green. `manual`: a person, on the forge; `on-promote`: the bot, once a person wrote `/canary promote`; `auto`: the bot.
	Merge MergeWhen `yaml:"merge,omitempty" default:"on-promote"`
	// Who merges phases of one kind, where it is not the same for all.
	MergeByPhase MergeByPhase `yaml:"mergeByPhase,omitempty"`
	// When the bot may merge. Without any, always. People may merge at any time.
	Windows []Window `yaml:"windows,omitempty"`
	// Days on which the bot does not merge, windows or not.
	Freezes []Freeze `yaml:"freezes,omitempty"`
	// How long one phase may take from the opening of its merge request on. Then those in mergeRequests.escalate are mentioned there, once. Without one, nobody is.
	MaxDwell Duration `yaml:"maxDwell,omitempty"`
	// How long gates must stay green without a break.
	Soak Soak `yaml:"soak,omitempty"`
	// Ready istiod pods that the canary control plane needs before anything moves to it.
	CanaryReplicas int `yaml:"canaryReplicas,omitempty" default:"2"`
	// Neighbouring phases that share a merge request.
	Combine []Combination `yaml:"combine,omitempty"`
}

// Soak is how long gates must stay green. One sample that is not green starts the clock again.
type Soak struct {
	// After a wave moved, on the way out and on the way home.
	Wave Duration `yaml:"wave,omitempty" default:"30m"`
	// After a gateway moved, on the way out and on the way home.
	Gateway Duration `yaml:"gateway,omitempty" default:"30m"`
	// After Big Bang was bumped.
	Bump Duration `yaml:"bump,omitempty" default:"30m"`
	// Before the canary leaves. A day is the life of a workload certificate.
	Cleanup Duration `yaml:"cleanup,omitempty" default:"24h"`
}

// Wave is a set of namespaces that move together. It has either namespaces or rest.
type Wave struct {
	// Name, used in branch names and titles: lower-case letters, digits and dashes.
	Name string `yaml:"name"`
	// Namespaces that move in this wave.
	Namespaces []string `yaml:"namespaces,omitempty"`
	// All namespaces that no other wave names. Only the last wave can have it.
	Rest bool `yaml:"rest,omitempty"`
}

// Environment gives the configured environment with this path. Where none is
// configured, it gives one with the defaults, and false.
func (c Config) Environment(folder string) (Environment, bool) {
	folder = path.Clean(strings.TrimSuffix(folder, "/"))
	for _, e := range c.Environments {
		if path.Clean(e.Path) == folder {
			return e, true
		}
	}
	e := withDefaults[Environment]()
	e.Path = folder
	return e, false
}

// Combines says whether the environment's policy lists the combination.
func (p Policy) Combines(c Combination) bool {
	for _, have := range p.Combine {
		if have == c {
			return true
		}
	}
	return false
}
