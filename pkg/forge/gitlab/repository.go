package gitlab

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strings"

	gl "github.com/xanzy/go-gitlab"

	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/forge/mirror"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// DefaultBranch implements forge.Repository.
func (f *Forge) DefaultBranch(ctx context.Context) (string, error) {
	p, err := f.project(ctx)
	if err != nil {
		return "", err
	}
	return p.DefaultBranch, nil
}

// Head implements forge.Repository.
func (f *Forge) Head(ctx context.Context, branch string) (string, error) {
	return f.mirror.Head(ctx, branch)
}

// Branches implements forge.Repository.
func (f *Forge) Branches(ctx context.Context, prefix string) ([]forge.Branch, error) {
	return f.mirror.Heads(ctx, prefix)
}

// ReadCommit implements forge.Repository.
func (f *Forge) ReadCommit(ctx context.Context, sha string) (forge.Commit, error) {
	return f.mirror.Commit(ctx, sha)
}

// Tree implements forge.Repository.
func (f *Forge) Tree(ctx context.Context, sha string) (tree.Tree, error) {
	return f.mirror.Tree(ctx, sha)
}

// FirstParent implements forge.Repository.
func (f *Forge) FirstParent(ctx context.Context, sha string) (string, error) {
	return f.mirror.FirstParent(ctx, sha)
}

// MergeBase implements forge.Repository.
func (f *Forge) MergeBase(ctx context.Context, a, b string) (string, error) {
	return f.mirror.MergeBase(ctx, a, b)
}

// IsAncestor implements forge.Repository.
func (f *Forge) IsAncestor(ctx context.Context, ancestor, descendant string) (bool, error) {
	return f.mirror.IsAncestor(ctx, ancestor, descendant)
}

// Commit implements forge.Repository: one call of the commits API for a new branch, a push for one that exists.
func (f *Forge) Commit(ctx context.Context, c forge.NewCommit) (string, error) {
	was, err := f.mirror.Tree(ctx, c.Parent)
	if err != nil {
		return "", err
	}
	if err := plain(was, c.Changes); err != nil {
		return "", err
	}
	is := was.With(c.Changes...)
	if is.Equal(was) {
		return "", fmt.Errorf("commit to branch %s: %w", c.Branch, forge.ErrNoChange)
	}
	if c.Create {
		return f.create(ctx, c, was)
	}
	me, err := f.self(ctx)
	if err != nil {
		return "", err
	}
	return f.mirror.PushCommit(ctx, c.Branch, mirror.Draft{Parent: c.Parent, Tree: is, Message: c.Message, Name: me.Name, Email: f.mail(me), Time: f.o.Now()})
}

// mail is an address that GitLab knows as this user's.
func (f *Forge) mail(me *gl.User) string {
	for _, mail := range []string{me.PublicEmail, me.Email} {
		if mail != "" {
			return mail
		}
	}
	host := "gitlab"
	if u, err := url.Parse(f.o.URL); err == nil {
		host = u.Hostname()
	}
	return fmt.Sprintf("%d-%s@users.noreply.%s", me.ID, me.Username, host)
}

func (f *Forge) create(ctx context.Context, c forge.NewCommit, was tree.Tree) (string, error) {
	o := &gl.CreateCommitOptions{Branch: &c.Branch, StartSHA: &c.Parent, CommitMessage: &c.Message, Actions: []*gl.CommitActionOptions{}}
	for _, change := range c.Changes {
		action := &gl.CommitActionOptions{Action: gl.Ptr(gl.FileCreate), FilePath: &change.Path}
		if _, exists := was.Mode(change.Path); exists {
			action.Action = gl.Ptr(gl.FileUpdate)
		}
		if change.Delete {
			action.Action = gl.Ptr(gl.FileDelete)
		} else {
			action.Encoding, action.Content = gl.Ptr("base64"), gl.Ptr(base64.StdEncoding.EncodeToString(change.Content))
		}
		o.Actions = append(o.Actions, action)
	}
	made, r, err := f.api.Commits.CreateCommit(f.o.Project, o, gl.WithContext(ctx))
	if err == nil {
		return made.ID, nil
	}
	// GitLab has one code for all that is wrong with a commit. Only an answer tells that this call made no branch.
	if code(r) == http.StatusBadRequest {
		if _, headErr := f.mirror.Head(ctx, c.Branch); headErr == nil {
			return "", fmt.Errorf("create the branch %s: %w", c.Branch, forge.ErrBranchExists)
		}
	}
	return "", f.failed(ctx, "create the branch "+c.Branch, r, err)
}

// plain refuses changes of what is not a plain file.
func plain(was tree.Tree, changes []tree.Change) error {
	seen := map[string]bool{}
	for _, c := range changes {
		refuse := func(reason string) error { return &forge.ChangeRefusedError{Path: c.Path, Reason: reason} }
		mode, exists := was.Mode(c.Path)
		switch {
		case c.Path == "" || c.Path == "." || path.Clean("/"+c.Path) != "/"+c.Path || strings.Contains(c.Path, "\x00"):
			return refuse("it is not a path below the root of the repository")
		case inGitFolder(c.Path):
			return refuse("Git keeps its own files under such a name")
		case seen[c.Path]:
			return refuse("it is named twice")
		case exists && mode != tree.Regular && mode != tree.Executable:
			return refuse("it is a symbolic link or a submodule")
		case !exists && c.Delete:
			return refuse("there is no such file")
		}
		seen[c.Path] = true
	}
	is := was.With(changes...)
	for _, c := range changes {
		if c.Delete {
			continue
		}
		if is.HasDir(c.Path) {
			return &forge.ChangeRefusedError{Path: c.Path, Reason: "it would be both a file and a folder"}
		}
		for dir := path.Dir(c.Path); dir != "."; dir = path.Dir(dir) {
			if _, ok := is.Mode(dir); ok {
				return &forge.ChangeRefusedError{Path: dir, Reason: "it would be both a file and a folder"}
			}
		}
	}
	return nil
}

func inGitFolder(name string) bool {
	for part := range strings.SplitSeq(name, "/") {
		if strings.EqualFold(part, ".git") {
			return true
		}
	}
	return false
}

// DeleteBranch implements forge.Repository by a push that names the head.
func (f *Forge) DeleteBranch(ctx context.Context, branch, head string) error {
	main, err := f.DefaultBranch(ctx)
	if err != nil {
		return err
	}
	if branch == main {
		return fmt.Errorf("delete the branch %s: %w: it is the default branch", branch, forge.ErrBranchInUse)
	}
	at, err := f.mirror.Head(ctx, branch)
	if errors.Is(err, forge.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if at != head {
		return &forge.HeadMovedError{Branch: branch, Want: head, Got: at}
	}
	for _, o := range []gl.ListProjectMergeRequestsOptions{{SourceBranch: &branch}, {TargetBranch: &branch}} {
		o.State = gl.Ptr("opened")
		users, r, err := f.api.MergeRequests.ListProjectMergeRequests(f.o.Project, &o, gl.WithContext(ctx))
		if err != nil {
			return f.failed(ctx, "look who needs the branch "+branch, r, err)
		}
		for _, m := range users {
			if o.SourceBranch == nil || m.SourceProjectID == m.TargetProjectID { // a fork's branch of that name is another
				return fmt.Errorf("delete the branch %s: %w: merge request !%d needs it", branch, forge.ErrBranchInUse, m.IID)
			}
		}
	}
	err = f.mirror.DeleteBranch(ctx, branch, head)
	if moved := (*forge.HeadMovedError)(nil); errors.As(err, &moved) {
		if _, headErr := f.mirror.Head(ctx, branch); errors.Is(headErr, forge.ErrNotFound) {
			return nil // somebody else removed it at the same moment
		}
	}
	return err
}
