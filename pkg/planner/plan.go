// Package planner turns an environment of a GitOps repository and two Big Bang releases into the phases of a canary upgrade of Istio.
//
// The mesh moves first, under the old umbrella; Big Bang is bumped last, when nobody uses the built-in istiod any more; then traffic
// comes home and the canary leaves:
//
//	crds → canary → wave… → gateway… → (cni) → bump → home… → home-gateway… → cleanup
//
// Each phase is one merge request: the tree before, the tree after, an entry gate, an exit gate and its inverse, which is the tree before.
// Everything temporary lies in one folder of the environment (CanaryFolder) and in list items of its kustomization.yaml. A phase's tree is
// computed from the tree before the upgrade and from what the phase wants, never from the phase before; so any process can tell how far an
// upgrade is by looking at the files (see Progress), and the tree after the last phase is by construction the tree of a plain in-place bump.
//
// The package is pure. What it needs of the world (release contents, charts) comes through Material, which answers from memory.
package planner

import (
	"time"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/gitops"
	"github.com/linnet-bot/linnet/pkg/gitops/render"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
	"github.com/linnet-bot/linnet/pkg/release"
)

// CanaryFolder is the folder, inside the environment's own, that holds everything temporary.
const CanaryFolder = "istio-canary"

// RestartAnnotation is set on pod templates to the revision they should be injected by. It is deterministic: reverting the commit
// gives back the template, and so the ReplicaSet, that was there before.
const RestartAnnotation = "linnet-bot.github.io/mesh-revision"

// Kind says what a phase does.
type Kind string

// The kinds of phases, in the order in which they come.
const (
	CRDs        Kind = "crds"
	Canary      Kind = "canary"
	Wave        Kind = "wave"
	Gateway     Kind = "gateway"
	CNI         Kind = "cni"
	Bump        Kind = "bump"
	Home        Kind = "home"
	HomeGateway Kind = "home-gateway"
	Cleanup     Kind = "cleanup"
)

// Kinds are all of them.
var Kinds = []Kind{CRDs, Canary, Wave, Gateway, CNI, Bump, Home, HomeGateway, Cleanup}

// Version names one end of an upgrade.
type Version struct {
	Release string `json:"release"` // Big Bang, "3.18.0"
	Istio   string `json:"istio"`   // control plane, "1.28.3"
}

// Plan is a whole upgrade of one environment.
type Plan struct {
	ID          string    `json:"id"` // <environment>/<to-release>
	Environment string    `json:"environment"`
	From        Version   `json:"from"`
	To          Version   `json:"to"`
	Revision    string    `json:"revision"` // name of the canary istiod's revision, "1-29-0"
	Why         string    `json:"why"`      // why this release
	Preflight   []Finding `json:"preflight"`
	Waves       []Group   `json:"waves"`
	Gateways    []Group   `json:"gateways"`
	Phases      []Phase   `json:"phases"`
	Done        int       `json:"done"` // how many phases are in the given tree
	// Stale are files of the canary folder that the next phase writes anew: something else in the repository has changed what they must hold.
	Stale     []string `json:"stale,omitempty"`
	NotAtHand []string `json:"notAtHand"` // charts that are missing, with their tags: which of their workloads roll is not known in advance

	// Back is the phase that takes the last one back that is in; nil when none is.
	Back *Phase `json:"back,omitempty"`

	Upgrade checks.Upgrade `json:"-"`
	Start   tree.Tree      `json:"-"` // the tree without the upgrade
	InPlace tree.Tree      `json:"-"` // the tree of a plain bump of the release: what is left after the last phase
}

// Phase is one merge request.
type Phase struct {
	Number  int      `json:"number"` // 1-based
	Name    string   `json:"name"`   // "crds", "wave-observability", "home-gateway-public"
	Kind    Kind     `json:"kind"`
	Title   string   `json:"title"`
	Why     string   `json:"why"`
	Diff    string   `json:"diff"` // git-appliable
	Render  Impact   `json:"render"`
	Entry   []string `json:"entry"` // the entry gate in words
	Exit    []string `json:"exit"`
	Inverse string   `json:"inverse"`
	Notes   []string `json:"notes,omitempty"` // what a person should know before the merge

	EntryGate checks.Gate `json:"-"`
	ExitGate  checks.Gate `json:"-"`
	Before    tree.Tree   `json:"-"`
	After     tree.Tree   `json:"-"`
}

// Changes lists the files that the phase writes or deletes.
func (p Phase) Changes() []tree.Change { return p.Before.Changes(p.After) }

// Impact says what merging a phase changes in the cluster, as far as the charts at hand tell.
type Impact struct {
	Added      []string   `json:"added,omitempty"`   // objects, "HelmRelease bigbang/istiod-1-29-0"
	Removed    []string   `json:"removed,omitempty"` // objects
	Changed    []string   `json:"changed,omitempty"` // objects, with the fields that change
	Namespaces []Move     `json:"namespaces,omitempty"`
	Rolls      []Workload `json:"rolls,omitempty"`
}

// Move is a namespace that changes its injector.
type Move struct {
	Namespace string `json:"namespace"`
	From      string `json:"from"` // revision
	To        string `json:"to"`
}

// Workload is something whose pods a phase rolls. Where the chart is not at hand, Kind is "HelmRelease" and stands for all that it deploys.
type Workload struct {
	Kind      string `json:"kind"`
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
}

// Group is a wave of namespaces, or one gateway, with the reason for its place.
type Group struct {
	Name       string   `json:"name"`
	Namespaces []string `json:"namespaces"`
	Releases   []string `json:"releases,omitempty"` // HelmReleases that deploy there
	Why        string   `json:"why"`
}

// Level grades a preflight finding.
type Level string

// Levels of a finding.
const (
	Pass    Level = "pass"
	Unknown Level = "unknown" // could not be told from the repository and the charts at hand; the live preflight asks again
	Warn    Level = "warn"    // a person should weigh this
	Refuse  Level = "refuse"
)

// Finding is one answer of the preflight.
type Finding struct {
	Level    Level           `json:"level"`
	Check    string          `json:"check"`            // what was asked, "kubernetes"
	Text     string          `json:"text"`             // one sentence
	Detail   string          `json:"detail,omitempty"` // text to copy, such as a rule for another program's configuration
	Position gitops.Position `json:"position"`
}

// Policy is what the operator decided about an environment.
type Policy struct {
	Waves          []WaveChoice // empty = computed
	Gateways       []string     // order; empty = computed, public last
	CanaryReplicas int          // ready istiod pods that the canary needs, 0 = 2
	Combine        bool         // crds and canary in one merge request
	Soak           Soak
	Kubernetes     string         // version of the cluster, "1.34.1"; "" = not known here
	Source         map[string]any // spec of the canary's source where it can be read neither from the render nor elsewhere; nil = copied
}

// WaveChoice is a configured wave. Exactly one of Namespaces and Rest is set.
type WaveChoice struct {
	Name       string
	Namespaces []string
	Rest       bool // all that no other wave names
}

// Soak says how long each gate must stay green. Zero values take DefaultSoak's.
type Soak struct {
	Wave, Gateway, Bump, Cleanup time.Duration
}

// DefaultSoak is half an hour for what carries traffic, and a day, the life of a workload certificate, before the canary goes.
var DefaultSoak = Soak{Wave: 30 * time.Minute, Gateway: 30 * time.Minute, Bump: 30 * time.Minute, Cleanup: 24 * time.Hour}

func (s Soak) withDefaults() Soak {
	if s.Wave == 0 {
		s.Wave = DefaultSoak.Wave
	}
	if s.Gateway == 0 {
		s.Gateway = DefaultSoak.Gateway
	}
	if s.Bump == 0 {
		s.Bump = DefaultSoak.Bump
	}
	if s.Cleanup == 0 {
		s.Cleanup = DefaultSoak.Cleanup
	}
	return s
}

// Input is all that a plan follows from.
type Input struct {
	Tree        tree.Tree // the target branch's tip
	Environment string    // id or unique base name
	To          string    // target release; "" only while an upgrade is under way, whose own target is then kept
	Why         string    // why this target, for the plan's page
	Policy      Policy
	Material    Material
}

// Material answers from memory what the plan must know of releases and charts. It must give the same answer each time.
type Material interface {
	// Release describes a Big Bang release. The error names the release and what to do.
	Release(version string) (release.Release, error)
	// Folder gives the files of a folder of the release's repository ("base"), relative to that folder.
	Folder(version, folder string) (map[string][]byte, error)
	// Umbrella is the release's umbrella chart.
	Umbrella(version string) (*render.Chart, error)
	// Package is a package's chart at a tag ("istiod", "1.28.3-bb.0"); release.ErrNotAtHand where there is none.
	Package(name, tag string) (*render.Chart, error)
}
