// Package library answers the planner's questions about releases and charts: it fetches each thing once, keeps it parsed in memory, and from
// then on always gives the same answer. So a plan made from a library is a function of its inputs.
package library

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/linnet-bot/linnet/pkg/gitops/render"
	"github.com/linnet-bot/linnet/pkg/planner"
	"github.com/linnet-bot/linnet/pkg/release"
)

// Releases is the part of a release source that a library reads.
type Releases interface {
	Release(ctx context.Context, version string) (release.Release, error)
	Folder(ctx context.Context, version, folder string) (map[string][]byte, error)
}

// Library implements planner.Material. It is safe for concurrent use.
type Library struct {
	ctx      context.Context //nolint:containedctx // the planner is pure and knows no context; a library lives as long as one command
	releases Releases
	packages release.Packages

	mu       sync.Mutex
	release  map[string]answer[release.Release]
	folder   map[[2]string]answer[map[string][]byte]
	umbrella map[string]answer[*render.Chart]
	chart    map[[2]string]answer[*render.Chart]
}

type answer[T any] struct {
	value T
	err   error
}

var _ planner.Material = (*Library)(nil)

// New makes a library. Fetches end when ctx does. A nil packages means that no package chart is at hand.
func New(ctx context.Context, releases Releases, packages release.Packages) *Library {
	return &Library{
		ctx: ctx, releases: releases, packages: packages,
		release: map[string]answer[release.Release]{}, folder: map[[2]string]answer[map[string][]byte]{},
		umbrella: map[string]answer[*render.Chart]{}, chart: map[[2]string]answer[*render.Chart]{},
	}
}

// once gives the kept answer, or asks. Of failures only one is kept, that a chart is not at hand: the others may pass.
func once[K comparable, T any](l *Library, kept map[K]answer[T], key K, ask func() (T, error)) (T, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if a, ok := kept[key]; ok {
		return a.value, a.err
	}
	value, err := ask()
	if err == nil || errors.Is(err, release.ErrNotAtHand) {
		kept[key] = answer[T]{value, err}
	}
	return value, err
}

// Release describes a release.
func (l *Library) Release(version string) (release.Release, error) {
	return once(l, l.release, version, func() (release.Release, error) { return l.releases.Release(l.ctx, version) })
}

// Folder gives the files of a folder of a release's repository.
func (l *Library) Folder(version, folder string) (map[string][]byte, error) {
	return once(l, l.folder, [2]string{version, folder}, func() (map[string][]byte, error) {
		return l.releases.Folder(l.ctx, version, folder)
	})
}

// Umbrella is the umbrella chart of a release.
func (l *Library) Umbrella(version string) (*render.Chart, error) {
	files, err := l.Folder(version, "chart")
	if err != nil {
		return nil, err
	}
	return once(l, l.umbrella, version, func() (*render.Chart, error) {
		chart, err := render.LoadChart(files)
		if err != nil {
			return nil, fmt.Errorf("load the umbrella chart of Big Bang %s: %w", version, err)
		}
		return chart, nil
	})
}

// Package is a package's chart at a tag.
func (l *Library) Package(name, tag string) (*render.Chart, error) {
	if l.packages == nil {
		return nil, fmt.Errorf("chart %s %s: %w", name, tag, release.ErrNotAtHand)
	}
	return once(l, l.chart, [2]string{name, tag}, func() (*render.Chart, error) {
		files, err := l.packages.Chart(l.ctx, name, tag)
		if err != nil {
			return nil, err
		}
		chart, err := render.LoadChart(files)
		if err != nil {
			return nil, fmt.Errorf("load chart %s %s: %w", name, tag, err)
		}
		return chart, nil
	})
}
