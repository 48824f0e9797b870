package miniature

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// Releases makes the umbrella's Git repository at dir: one commit and one tag per release, and the tags that a watcher must not fall for. The
// same call always gives the same commit ids.
//
// The stray tags: v1.0 (no release's form), 3.19.0-rc.0 (a candidate), 1.2.3 (another chart that was tagged here), 3.16.1 (its Chart.yaml
// says 3.17.0).
func Releases(dir string) error {
	repo, err := git.PlainInit(dir, false)
	if err != nil {
		return fmt.Errorf("make the miniature's release repository at %s: %w", dir, err)
	}
	h := history{dir: dir, repo: repo, tagged: map[string]plumbing.Hash{}}
	for _, step := range h.steps() {
		if err := step(); err != nil {
			return fmt.Errorf("write the miniature's release repository at %s: %w", dir, err)
		}
	}
	branch := plumbing.NewBranchReferenceName("master")
	newest := h.tagged[releases[len(releases)-1].version]
	for _, ref := range []*plumbing.Reference{plumbing.NewHashReference(branch, newest), plumbing.NewSymbolicReference(plumbing.HEAD, branch)} {
		if err := repo.Storer.SetReference(ref); err != nil {
			return fmt.Errorf("point %s of the miniature's release repository: %w", ref.Name(), err)
		}
	}
	return nil
}

type history struct {
	dir    string
	repo   *git.Repository
	tagged map[string]plumbing.Hash
}

func (h history) steps() []func() error {
	otherChart := map[string][]byte{"chart/Chart.yaml": []byte("apiVersion: v2\nname: hello\nversion: 1.2.3\n")}
	first, newest := releases[0], releases[len(releases)-1]
	steps := []func() error{
		func() error { return h.commit("", "v1.0", otherChart, day(2025, time.December, 1)) },
		func() error { return h.commit("v1.0", "1.2.3", otherChart, day(2025, time.December, 8)) },
		func() error { return h.commit("1.2.3", "3.16.1", first.umbrella(), day(2026, time.January, 29)) },
	}
	for _, r := range releases {
		parent := r.after
		if parent == "" {
			parent = "3.16.1"
		}
		if r.version == newest.version {
			steps = append(steps, func() error { return h.commit(parent, "3.19.0-rc.0", r.umbrella(), r.tagged.AddDate(0, 0, -3)) })
			parent = "3.19.0-rc.0"
		}
		steps = append(steps, func() error { return h.commit(parent, r.version, r.umbrella(), r.tagged) })
	}
	return steps
}

// commit makes a commit on top of the tag after, with exactly these files, and tags it.
func (h history) commit(after, tag string, files map[string][]byte, at time.Time) error {
	tree, err := h.repo.Worktree()
	if err != nil {
		return err
	}
	if after != "" {
		if err := tree.Checkout(&git.CheckoutOptions{Hash: h.tagged[after], Force: true}); err != nil {
			return fmt.Errorf("check out %s: %w", after, err)
		}
	}
	if err := h.replace(files); err != nil {
		return err
	}
	if err := tree.AddWithOptions(&git.AddOptions{All: true}); err != nil {
		return fmt.Errorf("add the files of %s: %w", tag, err)
	}
	by := &object.Signature{Name: "Miniature", Email: "miniature@example.com", When: at}
	hash, err := tree.Commit("Release "+tag, &git.CommitOptions{Author: by, Committer: by, AllowEmptyCommits: true})
	if err != nil {
		return fmt.Errorf("commit %s: %w", tag, err)
	}
	h.tagged[tag] = hash
	if _, err := h.repo.CreateTag(tag, hash, &git.CreateTagOptions{Tagger: by, Message: "Release " + tag}); err != nil {
		return fmt.Errorf("tag %s: %w", tag, err)
	}
	return nil
}

func (h history) replace(files map[string][]byte) error {
	for _, folder := range []string{"chart", "base"} {
		if err := os.RemoveAll(filepath.Join(h.dir, folder)); err != nil {
			return err
		}
	}
	for name, content := range files {
		full := filepath.Join(h.dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(full, content, 0o644); err != nil {
			return err
		}
	}
	return nil
}
