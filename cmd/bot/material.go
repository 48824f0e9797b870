package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/linnet-bot/linnet/internal/library"
	"github.com/linnet-bot/linnet/pkg/config"
	"github.com/linnet-bot/linnet/pkg/planner"
	"github.com/linnet-bot/linnet/pkg/release"
)

// sources says where releases and package charts are read: flags win over the configuration.
type sources struct {
	releases string // URL or path of the umbrella repository
	packages string // folder of chart archives
}

// open connects releases and packages. Nothing is fetched yet.
func (s sources) open(ctx context.Context, cfg config.Config) (*release.Source, *library.Library, error) {
	source, err := release.Open(releaseOptions(cfg.Releases, s.releases))
	if err != nil {
		return nil, nil, err
	}
	packages, err := s.charts(cfg)
	if err != nil {
		return nil, nil, err
	}
	return source, library.New(ctx, source, packages), nil
}

// charts connects the package charts alone.
func (s sources) charts(cfg config.Config) (release.Packages, error) {
	folder := cfg.Packages.Folder
	if s.packages != "" {
		folder = s.packages
	}
	repositories := map[string]release.Options{}
	for name, p := range cfg.Packages.Git {
		repositories[name] = release.Options{URL: p.URL, CacheDir: cfg.Releases.CacheDir, CAFile: p.CAFile, ClientCertFile: p.ClientCertFile, ClientKeyFile: p.ClientKeyFile, ProxyURL: p.ProxyURL, CredentialsFile: p.CredentialsFile}
	}
	return release.OpenPackages(release.PackagesOptions{Dir: folder, Git: repositories})
}

// policyOf turns an environment's configuration into the planner's policy.
func policyOf(e config.Environment) planner.Policy {
	p := planner.Policy{
		Gateways: e.Gateways, CanaryReplicas: e.Policy.CanaryReplicas, Combine: e.Policy.Combines(config.CRDsAndCanary),
		Kubernetes: e.Cluster.KubernetesVersion, Source: e.CanarySource,
		Soak: planner.Soak{
			Wave: time.Duration(e.Policy.Soak.Wave), Gateway: time.Duration(e.Policy.Soak.Gateway),
			Bump: time.Duration(e.Policy.Soak.Bump), Cleanup: time.Duration(e.Policy.Soak.Cleanup),
		},
	}
	for _, w := range e.Waves {
		p.Waves = append(p.Waves, planner.WaveChoice{Name: w.Name, Namespaces: w.Namespaces, Rest: w.Rest})
	}
	return p
}

// chooseTarget takes the named release, or the newest that policy allows, and says why.
func chooseTarget(ctx context.Context, source *release.Source, current, to string, e config.Environment) (version, why string, err error) {
	if to != "" {
		if to == current {
			return to, "", nil // the planner says what that means
		}
		if _, err := source.Release(ctx, to); err != nil {
			return "", "", fmt.Errorf("read the target release: %w", err)
		}
		return to, "the release that was named", nil
	}
	return chooseAmong(ctx, source, current, nil, e)
}

// chooseAmong takes the newest release that policy allows of those that are named, or of all where none is.
func chooseAmong(ctx context.Context, source *release.Source, current string, named []string, e config.Environment) (version, why string, err error) {
	scan, err := source.Scan(ctx, current)
	if err != nil {
		return "", "", err
	}
	if named != nil {
		scan.Releases = slices.DeleteFunc(slices.Clone(scan.Releases), func(r release.Release) bool { return !slices.Contains(named, r.Version) })
	}
	running, err := source.Release(ctx, current)
	if err != nil {
		return "", "", fmt.Errorf("read Big Bang %s, which the environment runs: %w", current, err)
	}
	chosen, why, err := planner.Choose(scan.Releases, running, planner.Choice{Start: planner.Start(e.Policy.Start), Target: e.Policy.Target})
	if err != nil {
		return "", "", err
	}
	return chosen.Version, why, nil
}
