package attacks

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"

	"github.com/linnet-bot/linnet/internal/library"
	"github.com/linnet-bot/linnet/internal/miniature"
	"github.com/linnet-bot/linnet/internal/sim"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
	"github.com/linnet-bot/linnet/pkg/planner"
	"github.com/linnet-bot/linnet/pkg/release"
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
var material = sync.OnceValue(func() planner.Material {
	_, packages := sim.Miniature()
	return library.New(context.Background(), releases{source()}, packages)
})

type releases struct{ *release.Source }

// Folder is read from memory.
func (releases) Folder(_ context.Context, version, folder string) (map[string][]byte, error) {
	files, err := miniature.Umbrella(version)
	if err != nil {
		return nil, err
	}
	found := map[string][]byte{}
	for name, content := range files {
		if inside, ok := strings.CutPrefix(name, folder+"/"); ok {
			found[inside] = content
		}
	}
	return found, nil
}

// source reads the miniature's releases from a repository made once.
var source = sync.OnceValue(func() *release.Source {
	dir, err := os.MkdirTemp("", "linnet-attacks")
	if err != nil {
		panic(err)
	}
	temporary = dir
	s, err := release.Open(release.Options{URL: dir})
	if err := errors.Join(miniature.Releases(dir), err); err != nil {
		panic(err)
	}
	return s
})

// temporary is removed when all tests are done.
var temporary string
