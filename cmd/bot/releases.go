package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/Masterminds/semver/v3"
	"github.com/linnet-bot/linnet/pkg/config"
	"github.com/linnet-bot/linnet/pkg/release"
	"github.com/spf13/cobra"
	"sigs.k8s.io/yaml"
)

type releasesFlags struct {
	releases, since, output, cacheDir string
	rejected                          bool
}

func newReleasesCommand(a *app) *cobra.Command {
	var f releasesFlags
	cmd := &cobra.Command{
		Use:   "releases",
		Short: "List Big Bang releases and what each does to Istio",
		Long: `Releases lists the Big Bang releases of a git repository, newest last: the Istio version that each installs by default, the Kubernetes that
it asks for, and how Istio differs from the release above it.

  minor   the next Istio minor: the step a canary is made for
  patch   another patch of the same minor
  skip    more than one minor apart, a step that Istio does not support
  layout  Istio is installed in another way (3.0.0), or the release is not understood

A release is a tag X.Y.Z whose Chart.yaml and base/ agree with it; --rejected shows the other tags and why they are none. Order is by
version; a fix for an older minor that was published later is noted as a backport. With --since and a release that exists, a
column shows what a move from that release would be.`,
		Example: `  linnet releases --since 3.18.0
  linnet releases --releases ~/mirrors/bigbang.git -o json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.releases(cmd.Context(), f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.releases, "releases", "", "Big Bang umbrella repository, `URL|PATH` (default: releases.url of the configuration)")
	flags.StringVar(&f.since, "since", "", "only releases from this `VERSION` on")
	flags.StringVarP(&f.output, "output", "o", "table", "table, json or yaml")
	flags.StringVar(&f.cacheDir, "cache-dir", "", "keep what was read of each commit in `FOLDER` (default: releases.cacheDir of the configuration)")
	flags.BoolVar(&f.rejected, "rejected", false, "also show the tags that are no releases, and why")
	return cmd
}

func (a *app) releases(ctx context.Context, f releasesFlags) error {
	if err := oneOf("output", f.output, "table", "json", "yaml"); err != nil {
		return err
	}
	if f.since != "" {
		if _, err := semver.NewVersion(f.since); err != nil {
			return usagef("--since is %q, but must be a version such as 3.18.0", f.since)
		}
	}
	cfg, err := a.config()
	if err != nil {
		return err
	}
	options := releaseOptions(cfg.Releases, f.releases)
	if f.cacheDir != "" {
		options.CacheDir = f.cacheDir
	}
	source, err := release.Open(options)
	if err != nil {
		return err
	}
	scan, err := source.Scan(ctx, f.since)
	if err != nil {
		return err
	}
	listing := release.List(scan, f.since)
	if f.rejected {
		listing.Rejected = scan.Rejected
	}
	return a.printReleases(listing, f)
}

func (a *app) printReleases(l release.Listing, f releasesFlags) error {
	switch f.output {
	case "json":
		out := json.NewEncoder(a.stdout)
		out.SetIndent("", "  ")
		out.SetEscapeHTML(false)
		return out.Encode(l)
	case "yaml":
		text, err := yaml.Marshal(l)
		if err != nil {
			return fmt.Errorf("print the releases as YAML: %w", err)
		}
		_, err = a.stdout.Write(text)
		return err
	}
	width := 0 // a file or a pipe has no edge
	if a.isTTY || a.getenv("COLUMNS") != "" {
		width = a.width
	}
	text := l.Text(width)
	if len(l.Releases) == 0 {
		text = strings.TrimLeft(fmt.Sprintf("There is no release from %s on.\n\n%s", f.since, text), "\n")
		text = strings.TrimRight(text, "\n") + "\n"
	}
	_, err := fmt.Fprint(a.stdout, text)
	return err
}

// releaseOptions are the configured ones, or the configured way to another place.
func releaseOptions(cfg config.Releases, url string) release.Options {
	o := release.Options{URL: cfg.URL, CacheDir: cfg.CacheDir, CAFile: cfg.CAFile, ClientCertFile: cfg.ClientCertFile, ClientKeyFile: cfg.ClientKeyFile, ProxyURL: cfg.ProxyURL, CredentialsFile: cfg.CredentialsFile}
	if url == "" {
		return o
	}
	return o.At(url)
}
