package stories

import (
	"crypto/sha256"
	"fmt"
	"os"
	"sync"

	"github.com/linnet-bot/linnet/internal/miniature/shelf"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
	"github.com/linnet-bot/linnet/pkg/planner"
)

// planner.Make takes a fifth of a second, and the same files get the same plan in every story, so each is planned once.
var planned = struct {
	sync.Mutex
	all map[string]*onePlan
}{all: map[string]*onePlan{}}

type onePlan struct {
	once sync.Once
	plan planner.Plan
	err  error
}

// makePlan is planner.Make. A refusal is an answer too; nothing else can fail here.
func makePlan(in planner.Input) (planner.Plan, error) {
	sum := sha256.New()
	fmt.Fprintf(sum, "%q %q\n", in.Environment, in.To)
	for _, name := range in.Tree.Paths() {
		content, _ := in.Tree.Read(name)
		fmt.Fprintf(sum, "%q %d\n%s", name, len(content), content)
	}
	key := string(sum.Sum(nil))
	planned.Lock()
	p := planned.all[key]
	if p == nil {
		p = &onePlan{}
		planned.all[key] = p
	}
	planned.Unlock()
	p.once.Do(func() {
		in.Material, in.Policy = material(), policy
		p.plan, p.err = planner.Make(in)
	})
	return p.plan, p.err
}

// planOf is the plan for some files; a story moves to one release only.
func planOf(files tree.Tree) (planner.Plan, error) {
	_, underway, err := planner.ReadCourse(files, environment)
	if err != nil {
		return planner.Plan{}, err
	}
	in := planner.Input{Tree: files, Environment: environment}
	if !underway {
		in.To = to
	}
	return makePlan(in)
}

// material answers from the miniature; it is the same for every story.
var material = sync.OnceValue(func() planner.Material { return source().Material() })

// source reads the miniature's releases from a repository made once for all stories.
var source = sync.OnceValue(func() shelf.Releases {
	dir, err := os.MkdirTemp("", "linnet-stories")
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

var temporary string
