package conductor

import (
	"os"
	"sync"

	"github.com/linnet-bot/linnet/internal/miniature"
	"github.com/linnet-bot/linnet/pkg/release"
)

// miniatureSource reads the miniature's releases from a repository made once for all tests.
var miniatureSource = sync.OnceValue(func() *release.Source {
	dir, err := os.MkdirTemp("", "linnet-conductor")
	if err != nil {
		panic(err)
	}
	temporary = dir
	if err := miniature.Releases(dir); err != nil {
		panic(err)
	}
	source, err := release.Open(release.Options{URL: dir})
	if err != nil {
		panic(err)
	}
	return source
})

var temporary string
