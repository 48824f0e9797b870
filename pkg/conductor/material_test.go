package conductor

import (
	"os"
	"sync"

	"github.com/linnet-bot/linnet/internal/miniature/shelf"
)

// miniatureSource reads the miniature's releases from a repository made once for all tests.
var miniatureSource = sync.OnceValue(func() shelf.Releases {
	dir, err := os.MkdirTemp("", "linnet-conductor")
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
