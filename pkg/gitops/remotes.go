package gitops

import (
	"fmt"

	"github.com/linnet-bot/linnet/pkg/gitops/render"
)

// FromReleases answers for remote bases out of a source of releases: any mirror of the Big Bang repository at a released version, whatever
// host and path it is written with. folder gives the files of a folder of that release's repository. Everything else is refused.
func FromReleases(folder func(version, folder string) (map[string][]byte, error)) render.Remotes {
	return func(u render.RemoteURL) (map[string][]byte, error) {
		if !isBigBangRepository(u.Repo) {
			return nil, fmt.Errorf("%s is not a Big Bang repository, and no other is read", u.Repo)
		}
		version, ok := releaseOf(u.Ref)
		if !ok {
			return nil, fmt.Errorf("%q is not a release", u.Ref)
		}
		return folder(version, u.Path)
	}
}
