// Package shelf reads the miniature as the planner reads a real Big Bang: releases from a Git repository, folders and charts from memory. Only tests import it.
package shelf

import (
	"context"
	"errors"
	"strings"

	"github.com/linnet-bot/linnet/internal/library"
	"github.com/linnet-bot/linnet/internal/miniature"
	"github.com/linnet-bot/linnet/internal/sim"
	"github.com/linnet-bot/linnet/pkg/planner"
	"github.com/linnet-bot/linnet/pkg/release"
)

// Releases are those of a repository that miniature.Releases made. Their folders are not read from it, which takes longer.
type Releases struct{ *release.Source }

// Make writes the releases into an empty folder and opens them.
func Make(dir string) (Releases, error) {
	s, err := release.Open(release.Options{URL: dir})
	return Releases{s}, errors.Join(miniature.Releases(dir), err)
}

// Folder implements library.Releases.
func (Releases) Folder(_ context.Context, version, folder string) (map[string][]byte, error) {
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

// Material answers the planner's questions about them and the miniature's packages.
func (r Releases) Material() planner.Material {
	_, packages := sim.Miniature()
	return library.New(context.Background(), r, packages)
}
