package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/spf13/cobra"

	"github.com/linnet-bot/linnet/pkg/gitops"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
	"github.com/linnet-bot/linnet/pkg/release"
)

type inspectFlags struct{ output, environment, releases string }

func newInspectCommand(a *app) *cobra.Command {
	var f inspectFlags
	cmd := &cobra.Command{
		Use:   "inspect PATH",
		Short: "Show what a GitOps repository deploys, where that is written, and what is in the way",
		Long: `Inspect reads a git repository at the commit that HEAD points at, or a plain folder as it lies. It prints each environment: the Big Bang
release and every place that names it, the values in order of precedence, which of them cannot be read and what follows, patches, other
updaters, and everything that an upgrade would refuse. It changes nothing and needs no network.

With --releases the remote base is read too, each environment is built as Flux would build it, and the place that decides is proven by
trial.`,
		Example: `  linnet inspect ~/gitops
  linnet inspect ~/gitops --environment dev --releases ~/mirrors/bigbang.git`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.inspect(cmd.Context(), args[0], f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.environment, "environment", "", "only this environment: its folder, or the folder's name where only one has it")
	flags.StringVar(&f.releases, "releases", "", "Big Bang umbrella repository, `URL|PATH`, to build with (default: read without building)")
	flags.StringVarP(&f.output, "output", "o", "text", "text or json")
	return cmd
}

func (a *app) inspect(ctx context.Context, path string, f inspectFlags) error {
	if err := oneOf("output", f.output, "text", "json"); err != nil {
		return err
	}
	seen, err := readRepository(path)
	if err != nil {
		return err
	}
	var options gitops.Options
	var mu sync.Mutex
	var unusable error // what is wrong with the release source itself; that it lacks a release is a finding on the page
	if f.releases != "" {
		cfg, err := a.config()
		if err != nil {
			return err
		}
		source, err := release.Open(releaseOptions(cfg.Releases, f.releases))
		if err != nil {
			return err
		}
		options.Remotes = gitops.FromReleases(func(version, folder string) (map[string][]byte, error) {
			files, err := source.Folder(ctx, version, folder)
			if err != nil && !errors.Is(err, release.ErrUnknownRelease) {
				mu.Lock() // a build may fetch from several goroutines
				defer mu.Unlock()
				unusable = err
			}
			return files, err
		})
	}
	repository, err := gitops.Discover(seen.files, options)
	if err != nil {
		return fmt.Errorf("inspect %s: %w", path, err)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if unusable != nil {
		return fmt.Errorf("inspect %s: %w", path, unusable)
	}
	if f.environment != "" {
		e, err := repository.Environment(f.environment)
		if err != nil {
			return fmt.Errorf("inspect %s: %w", path, err)
		}
		repository = repository.Only(e.ID)
	}
	if f.output == "json" {
		out := json.NewEncoder(a.stdout)
		out.SetIndent("", "  ")
		out.SetEscapeHTML(false)
		return out.Encode(struct {
			Read repositoryRead `json:"read"`
			gitops.Repository
		}{seen.repositoryRead, repository})
	}
	_, err = fmt.Fprintf(a.stdout, "%s\n\n%s", seen.String(), repository.Text(a.width))
	return err
}

// repositoryRead says what was read, and how.
type repositoryRead struct {
	Path        string `json:"path"`
	Commit      string `json:"commit,omitempty"` // "" = a plain folder
	Branch      string `json:"branch,omitempty"`
	Uncommitted bool   `json:"uncommitted,omitempty"` // tracked files differ from the commit
	inside      bool   // the plain folder lies in a git repository, which was not read
}

// String is one line for the top of the page.
func (r repositoryRead) String() string {
	if r.inside {
		return "Read " + r.Path + " as it lies: it is a folder inside a git repository; give the repository's root to read its commit."
	}
	if r.Commit == "" {
		return "Read " + r.Path + " as it lies: it is not a git repository."
	}
	at := fmt.Sprintf("commit %.8s", r.Commit)
	if r.Branch != "" {
		at += " of branch " + r.Branch
	}
	line := fmt.Sprintf("Read %s at %s.", r.Path, at)
	if r.Uncommitted {
		line += "\nIts work tree has uncommitted changes, which were not read."
	}
	return line
}

type readFiles struct {
	repositoryRead
	files tree.Tree
}

// readRepository reads what HEAD points at, or a plain folder.
func readRepository(path string) (readFiles, error) {
	r := readFiles{repositoryRead: repositoryRead{Path: path}}
	repo, err := openRepository(path, false)
	if errors.Is(err, git.ErrRepositoryNotExists) {
		_, outer := openRepository(path, true)
		r.inside = outer == nil
		r.files, err = tree.FromDir(path)
		return r, err
	}
	if err != nil {
		return r, err
	}
	head, err := repo.Head()
	if errors.Is(err, plumbing.ErrReferenceNotFound) {
		return r, fmt.Errorf("read the repository %s: HEAD points at no commit; commit something first, or check out a branch", path)
	}
	if err != nil {
		return r, fmt.Errorf("read HEAD of the repository %s: %w; check it with `git fsck`", path, err)
	}
	r.Commit = head.Hash().String()
	if head.Name().IsBranch() {
		r.Branch = head.Name().Short()
	}
	if r.files, err = readCommit(path, repo, head.Hash()); err != nil {
		return r, err
	}
	r.Uncommitted = uncommitted(repo)
	return r, nil
}
