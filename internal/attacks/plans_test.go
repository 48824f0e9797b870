package attacks

import (
	"crypto/sha256"
	"fmt"
	"os"
	"sync"

	"github.com/linnet-bot/linnet/internal/miniature/shelf"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
	"github.com/linnet-bot/linnet/pkg/planner"
)

var planned = struct {
	sync.Mutex
	all map[string]planner.Plan
}{all: map[string]planner.Plan{}}

// plan is planner.Make, for the same files once.
func plan(in planner.Input) (planner.Plan, error) {
	planned.Lock()
	defer planned.Unlock()
	key := in.Environment + " " + in.To + " " + fingerprint(in.Tree)
	if p, ok := planned.all[key]; ok {
		return p, nil
	}
	in.Material = material()
	p, err := planner.Make(in)
	if err == nil {
		planned.all[key] = p
	}
	return p, err
}

// fingerprint is equal for equal files.
func fingerprint(files tree.Tree) string {
	sum := sha256.New()
	for _, name := range files.Paths() {
		content, _ := files.Read(name)
		fmt.Fprintf(sum, "%q %d\n%s", name, len(content), content)
	}
	return string(sum.Sum(nil))
}

// material answers from the miniature.
var material = sync.OnceValue(func() planner.Material { return source().Material() })

// source reads the miniature's releases from a repository made once.
var source = sync.OnceValue(func() shelf.Releases {
	dir, err := os.MkdirTemp("", "linnet-attacks")
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
