package faults

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/linnet-bot/linnet/internal/miniature"
	"github.com/linnet-bot/linnet/internal/miniature/shelf"
	"github.com/linnet-bot/linnet/internal/sim"
	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
	"github.com/linnet-bot/linnet/pkg/planner"
)

const (
	environment = "dev"
	from, to    = "3.18.0", "3.19.0"
	soak        = 30 * time.Second
	settling    = 40 * time.Minute // after a merge, until the cluster has done all that the merge asks for
)

var policy = planner.Policy{Soak: planner.Soak{Wave: soak, Gateway: soak, Bump: soak, Cleanup: soak}}

// left is how many phases of the upgrade a life has before it; the others are in when it begins.
const left = 2

// upgrade is what all lives have in common: planning and simulating a cluster take long, and what follows from the files alone is the same each time.
type upgrade struct {
	phases []planner.Phase // those that are left
	plans  map[string]planner.Plan
	shown  map[string]seen // what a cluster at rest shows, by its files
	start  tree.Tree
	end    tree.Tree
	back   tree.Tree // after the first of the phases was taken back again
}

// seen is what a cluster showed that had been given a commit.
type seen struct {
	*checks.Observation
	commit string
}

// the is made once for all lives.
var the = sync.OnceValues(func() (*upgrade, error) {
	umbrellas, packages := sim.Miniature()
	cluster, err := sim.New(sim.Options{Start: begin.Add(-72 * time.Hour), Environment: environment, Releases: umbrellas, Packages: packages, Seed: 7})
	if err != nil {
		return nil, err
	}
	u := &upgrade{plans: map[string]planner.Plan{}, shown: map[string]seen{}}
	files := tree.New(miniature.Repository("git"))
	plan, err := planner.Make(planner.Input{Tree: files, Environment: environment, To: to, Material: material(), Policy: policy})
	if err != nil {
		return nil, err
	}
	u.end = plan.InPlace
	commits := 0
	show := func(files tree.Tree) error {
		commits++
		commit := fmt.Sprintf("7e57ed%034d", commits)
		cluster.Push(commit, files)
		if err := cluster.Advance(settling); err != nil {
			return err
		}
		u.shown[fingerprint(files)] = seen{cluster.Observe(), commit}
		return nil
	}
	begun := len(plan.Phases) - left
	for done := 0; ; done++ {
		if err := show(files); err != nil {
			return nil, err
		}
		switch done {
		case begun:
			u.start, u.phases = files, plan.Phases[done:]
		case begun + 1: // and the way back and forth once
			behind, err := u.plan(planner.Input{Tree: files, Environment: environment})
			if err != nil {
				return nil, err
			}
			u.back = behind.Back.After
			if err := errors.Join(show(u.back), show(files)); err != nil {
				return nil, err
			}
		case len(plan.Phases):
			return u, nil
		}
		files = plan.Phases[done].After
	}
})

// fingerprint is equal for equal files.
func fingerprint(files tree.Tree) string {
	var b strings.Builder
	for _, name := range files.Paths() {
		content, _ := files.Read(name)
		fmt.Fprintf(&b, "%q %q\n", name, content)
	}
	return b.String()
}

var planning sync.Mutex

// plan is planner.Make, for the same files once.
func (u *upgrade) plan(in planner.Input) (planner.Plan, error) {
	planning.Lock()
	defer planning.Unlock()
	key := in.Environment + " " + in.To + "\n" + fingerprint(in.Tree)
	if p, ok := u.plans[key]; ok {
		return p, nil
	}
	in.Material, in.Policy = material(), policy
	p, err := planner.Make(in)
	if err == nil {
		u.plans[key] = p
	}
	return p, err
}

// observe is what a cluster shows that has had its files for long: what was recorded, with the commit and the times of this life.
func (u *upgrade) observe(files tree.Tree, commit string, merged, now time.Time) (*checks.Observation, error) {
	was, ok := u.shown[fingerprint(files)]
	if !ok {
		return nil, errors.New("no cluster has been seen with these files")
	}
	o := *was.Observation
	o.At = now
	o.Istiods = slices.Clone(o.Istiods)
	for i := range o.Istiods {
		o.Istiods[i].AskedAt = now
	}
	revision := func(s *string) { *s = strings.ReplaceAll(*s, was.commit, commit) }
	o.Flux.GitRepositories = slices.Clone(o.Flux.GitRepositories)
	for i := range o.Flux.GitRepositories {
		revision(&o.Flux.GitRepositories[i].Artifact)
	}
	o.Flux.Kustomizations = slices.Clone(o.Flux.Kustomizations)
	for i := range o.Flux.Kustomizations {
		revision(&o.Flux.Kustomizations[i].LastAppliedRevision)
		revision(&o.Flux.Kustomizations[i].LastAttemptedRevision)
	}
	o.Flux.HelmReleases = slices.Clone(o.Flux.HelmReleases)
	for i := range o.Flux.HelmReleases {
		if r := &o.Flux.HelmReleases[i]; r.Name == "bigbang" && len(r.History) > 0 {
			r.History = slices.Clone(r.History)
			r.History[0].LastDeployed = merged.Add(time.Second)
		}
	}
	return &o, nil
}

// material answers from the miniature.
var material = sync.OnceValue(func() planner.Material { return source().Material() })

// source reads the miniature's releases from a repository made once.
var source = sync.OnceValue(func() shelf.Releases {
	dir, err := os.MkdirTemp("", "linnet-faults")
	if err != nil {
		panic(err)
	}
	temporary = dir
	releases, err := shelf.Make(dir)
	if err != nil {
		panic(err)
	}
	return releases
})

// temporary is removed when all tests are done.
var temporary string
