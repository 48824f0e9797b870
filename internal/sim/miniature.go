package sim

import (
	"context"
	"fmt"
	"strings"

	"github.com/linnet-bot/linnet/internal/miniature"
	"github.com/linnet-bot/linnet/pkg/release"
)

// Miniature gives the miniature's releases and package charts straight from memory, for a cluster that needs no repository on disk.
func Miniature() (Releases, release.Packages) { return miniatureReleases{}, miniaturePackages{} }

type miniatureReleases struct{}

func (miniatureReleases) Base(_ context.Context, version string) (map[string][]byte, error) {
	return miniatureFolder(version, "base/")
}

func (miniatureReleases) Chart(_ context.Context, version string) (map[string][]byte, error) {
	return miniatureFolder(version, "chart/")
}

func miniatureFolder(version, folder string) (map[string][]byte, error) {
	files, err := miniature.Umbrella(version)
	if err != nil {
		return nil, err
	}
	found := map[string][]byte{}
	for name, content := range files {
		if inside, ok := strings.CutPrefix(name, folder); ok {
			found[inside] = content
		}
	}
	return found, nil
}

type miniaturePackages struct{}

func (miniaturePackages) Chart(_ context.Context, name, tag string) (map[string][]byte, error) {
	files := miniature.Chart(name, tag)
	if files == nil {
		return nil, fmt.Errorf("chart %s %s is %w: the miniature has no such package", name, tag, release.ErrNotAtHand)
	}
	return files, nil
}
