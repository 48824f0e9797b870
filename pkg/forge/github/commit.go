package github

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"

	gh "github.com/google/go-github/v60/github"

	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

const branches = "refs/heads/"

// Commit implements forge.Repository. GitHub cannot create a branch together with its commit: the branch is created at the parent first, which
// is the lock, and taken back when the commit is refused.
func (f *Forge) Commit(ctx context.Context, n forge.NewCommit) (string, error) {
	if !n.Create {
		if err := f.wantHead(ctx, n.Branch, n.Parent); err != nil {
			return "", err
		}
	}
	before, err := f.git.Tree(ctx, n.Parent)
	if err != nil {
		return "", err
	}
	same, hasMode, err := checkChanges(before, n.Changes)
	if err != nil {
		return "", err
	}
	if same {
		return "", fmt.Errorf("%s: commit to %s: %w", f.name, n.Branch, forge.ErrNoChange)
	}
	if n.Create {
		if err := f.createBranch(ctx, n.Branch, n.Parent); err != nil {
			return "", err
		}
	}
	headline, body, exact := splitMessage(n.Message)
	var sha string
	signed := exact && !hasMode
	if signed {
		sha, err = f.signedCommit(ctx, n, headline, body)
		signed = !unknownToGraphQL(err, "createCommitOnBranch")
	}
	if !signed {
		sha, err = f.plainCommit(ctx, n, before)
	}
	if err != nil && n.Create && definite(err) {
		// Left behind, it would look like a branch that another bot is about to finish. A push deletes it only if it is still as created.
		if undo := f.git.DeleteBranch(ctx, n.Branch, n.Parent); undo != nil && !errors.Is(undo, forge.ErrHeadMoved) {
			return "", errors.Join(err, undo)
		}
	}
	return sha, err
}

func (f *Forge) wantHead(ctx context.Context, branch, want string) error {
	got, err := f.git.Head(ctx, branch)
	if err == nil && got != want {
		return &forge.HeadMovedError{Branch: branch, Want: want, Got: got}
	}
	return err
}

func (f *Forge) createBranch(ctx context.Context, branch, at string) error {
	tried := "create the branch " + branch
	_, _, err := f.rest.Git.CreateRef(ctx, f.owner, f.repo, &gh.Reference{Ref: gh.String(branches + branch), Object: &gh.GitObject{SHA: gh.String(at)}})
	switch {
	case err == nil:
		return nil
	case refusedBecause(err, "already exists"):
		return fmt.Errorf("%s: %s: %w", f.name, tried, forge.ErrBranchExists)
	case refusedBecause(err, "object does not exist"):
		return fmt.Errorf("%s: %s at %s: %w", f.name, tried, at, forge.ErrNotFound)
	}
	return f.explain(tried, err)
}

// splitMessage cuts a message as createCommitOnBranch takes it; exact tells whether GitHub makes the same message of the parts, but for a final
// line break of one that is only a subject.
func splitMessage(message string) (headline, body string, exact bool) {
	headline, body, _ = strings.Cut(message, "\n\n")
	if body == "" {
		headline = strings.TrimRight(headline, "\n")
	}
	return headline, body, headline != "" && !strings.ContainsAny(headline, "\r\n") && strings.TrimSpace(headline) == headline
}

// signedCommit makes the commit by GraphQL: GitHub compares and swaps the head, and signs. It knows no modes of files and makes each that it
// writes a regular one.
func (f *Forge) signedCommit(ctx context.Context, n forge.NewCommit, headline, body string) (string, error) {
	type addition struct {
		Path     string `json:"path"`
		Contents string `json:"contents"`
	}
	type deletion struct {
		Path string `json:"path"`
	}
	additions, deletions := []addition{}, []deletion{}
	for _, c := range n.Changes {
		if c.Delete {
			deletions = append(deletions, deletion{c.Path})
		} else {
			additions = append(additions, addition{c.Path, base64.StdEncoding.EncodeToString(c.Content)})
		}
	}
	var answer struct {
		Made struct {
			Commit struct {
				OID string `json:"oid"`
			} `json:"commit"`
		} `json:"createCommitOnBranch"`
	}
	err := f.mutate(ctx, "createCommitOnBranch", "commit { oid }", map[string]any{
		"branch":          map[string]any{"repositoryNameWithOwner": f.owner + "/" + f.repo, "branchName": n.Branch},
		"expectedHeadOid": n.Parent,
		"message":         map[string]any{"headline": headline, "body": body},
		"fileChanges":     map[string]any{"additions": additions, "deletions": deletions},
	}, &answer)
	switch {
	case err == nil:
		return answer.Made.Commit.OID, nil
	case saidByGraphQL(err, "STALE_DATA"):
		return "", f.moved(ctx, n)
	}
	return "", f.explain("commit to "+n.Branch, err)
}

// moved says where the branch is after GitHub said that it is not at the parent.
func (f *Forge) moved(ctx context.Context, n forge.NewCommit) error {
	got, err := f.git.Head(ctx, n.Branch)
	if err != nil {
		return err
	}
	return &forge.HeadMovedError{Branch: n.Branch, Want: n.Parent, Got: got}
}

// plainCommit makes the commit from Git's parts, which keeps modes and any message, and which every server can. No author is given, or GitHub would not sign for an App.
// The branch is moved only forward from the parent; one that was set back to before the parent after it was looked at would be moved, too.
func (f *Forge) plainCommit(ctx context.Context, n forge.NewCommit, before tree.Tree) (string, error) {
	tried := "commit to " + n.Branch
	parent, _, err := f.rest.Git.GetCommit(ctx, f.owner, f.repo, n.Parent)
	if err != nil {
		return "", f.explain(tried, err)
	}
	var entries []*gh.TreeEntry
	for _, c := range n.Changes {
		e := &gh.TreeEntry{Path: gh.String(c.Path), Mode: gh.String("100644"), Type: gh.String("blob")}
		if mode, ok := before.Mode(c.Path); ok && mode == tree.Executable {
			e.Mode = gh.String("100755")
		}
		if !c.Delete { // an entry without a content is one to delete
			blob, _, err := f.rest.Git.CreateBlob(ctx, f.owner, f.repo, &gh.Blob{Content: gh.String(base64.StdEncoding.EncodeToString(c.Content)), Encoding: gh.String("base64")})
			if err != nil {
				return "", f.explain(tried, err)
			}
			e.SHA = blob.SHA
		}
		entries = append(entries, e)
	}
	root, _, err := f.rest.Git.CreateTree(ctx, f.owner, f.repo, parent.GetTree().GetSHA(), entries)
	if err != nil {
		return "", f.explain(tried, err)
	}
	made, _, err := f.rest.Git.CreateCommit(ctx, f.owner, f.repo, &gh.Commit{Message: gh.String(n.Message), Tree: root, Parents: []*gh.Commit{{SHA: gh.String(n.Parent)}}}, nil)
	if err != nil {
		return "", f.explain(tried, err)
	}
	_, _, err = f.rest.Git.UpdateRef(ctx, f.owner, f.repo, &gh.Reference{Ref: gh.String(branches + n.Branch), Object: &gh.GitObject{SHA: made.SHA}}, false)
	if err == nil {
		return made.GetSHA(), nil
	}
	// The branch itself tells whether it has moved: neither GitHub's words nor its status are promised.
	for _, status := range []int{http.StatusUnprocessableEntity, http.StatusConflict, http.StatusNotFound} {
		if _, no := answered(err, status); no {
			if moved := f.wantHead(ctx, n.Branch, n.Parent); moved != nil {
				return "", moved
			}
		}
	}
	return "", f.explain(tried, err)
}
