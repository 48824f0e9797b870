package mirror

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/packfile"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/transport"

	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// pushAttempts is how often a push is tried that the server refused although the branch is where it was: another push held its lock.
const pushAttempts = 3

// Draft is a commit to make here and push.
type Draft struct {
	Parent  string // what to build on, and where the branch must be
	Tree    tree.Tree
	Message string
	// Name, Email and Time are the author's and the committer's.
	Name, Email string
	Time        time.Time
}

// PushCommit makes the commit and moves the branch from its parent to it. The server compares and swaps: *forge.HeadMovedError when the branch
// is elsewhere, and then nothing was changed; forge.ErrForbidden when a rule of the server refuses. It gives the SHA of the commit.
func (m *Mirror) PushCommit(ctx context.Context, branch string, d Draft) (string, error) {
	var pack bytes.Buffer
	var sha plumbing.Hash
	err := m.with(ctx, func(s *store) (err error) {
		sha, err = s.pack(&pack, d)
		return err
	}, d.Parent)
	if err != nil {
		return "", err
	}
	return sha.String(), m.push(ctx, &packp.Command{Name: plumbing.NewBranchReferenceName(branch), Old: plumbing.NewHash(d.Parent), New: sha}, pack.Bytes())
}

// DeleteBranch removes a branch that is at head: *forge.HeadMovedError when it is elsewhere, or gone.
func (m *Mirror) DeleteBranch(ctx context.Context, branch, head string) error {
	return m.push(ctx, &packp.Command{Name: plumbing.NewBranchReferenceName(branch), Old: plumbing.NewHash(head)}, nil)
}

// pack writes a packfile with the commit and what of its files the server does not have.
func (s *store) pack(w io.Writer, d Draft) (plumbing.Hash, error) {
	side := s.beside()
	root, err := d.Tree.Store(side)
	if err != nil {
		return plumbing.ZeroHash, fmt.Errorf("write the files of a commit: %w", err)
	}
	who := object.Signature{Name: d.Name, Email: d.Email, When: d.Time}
	c := object.Commit{Author: who, Committer: who, Message: d.Message, TreeHash: root, ParentHashes: []plumbing.Hash{plumbing.NewHash(d.Parent)}}
	o := side.NewEncodedObject()
	if err := c.Encode(o); err != nil {
		return plumbing.ZeroHash, fmt.Errorf("write a commit: %w", err)
	}
	sha, err := side.SetEncodedObject(o)
	if err != nil {
		return plumbing.ZeroHash, fmt.Errorf("write a commit: %w", err)
	}
	var fresh []plumbing.Hash
	for hash := range maps.Keys(side.Objects) {
		if s.HasEncodedObject(hash) != nil {
			fresh = append(fresh, hash)
		}
	}
	slices.SortFunc(fresh, func(a, b plumbing.Hash) int { return bytes.Compare(a[:], b[:]) })
	if _, err := packfile.NewEncoder(w, side, false).Encode(fresh, 0); err != nil {
		return plumbing.ZeroHash, fmt.Errorf("pack a commit: %w", err)
	}
	return sha, nil
}

// push sends one command and looks again when it was refused.
func (m *Mirror) push(ctx context.Context, c *packp.Command, pack []byte) error {
	branch := c.Name.Short()
	tried := "push the branch " + branch
	for attempt := 1; ; attempt++ {
		at, err := m.send(ctx, c, pack)
		if err == nil && at != c.Old {
			return &forge.HeadMovedError{Branch: branch, Want: c.Old.String(), Got: at.String()}
		}
		if err == nil {
			return nil
		}
		var refusal *refusedError
		if !errors.As(err, &refusal) {
			return m.explain(ctx, tried, err)
		}
		now, headErr := m.Head(ctx, branch)
		switch {
		case errors.Is(headErr, forge.ErrNotFound):
			now = plumbing.ZeroHash.String()
		case headErr != nil:
			return headErr
		}
		switch {
		case now != c.Old.String():
			return &forge.HeadMovedError{Branch: branch, Want: c.Old.String(), Got: now}
		case !refusal.lock():
			return fmt.Errorf("%s: %s: %w: the server says %q", m.name, tried, forge.ErrForbidden, refusal.status)
		case attempt == pushAttempts:
			return m.explain(ctx, tried, err)
		}
	}
}

// refusedError is the server's word on a command that it did not carry out.
type refusedError struct{ status string }

func (e *refusedError) Error() string { return "the server refuses: " + e.status }

// lock is whether the server refused for what may pass by itself. Git has no code for it.
func (e *refusedError) lock() bool {
	return strings.Contains(e.status, "lock") || strings.Contains(e.status, "failed to update ref")
}

// send sends the command if the branch is where it must be, and gives where it is.
func (m *Mirror) send(ctx context.Context, c *packp.Command, pack []byte) (plumbing.Hash, error) {
	ep, err := transport.NewEndpoint(m.url)
	if err != nil || ep.Protocol != "https" && ep.Protocol != "http" || ep.User != "" || ep.Password != "" {
		return plumbing.ZeroHash, errBadURL
	}
	session, err := m.client.NewReceivePackSession(ep, nil)
	if err != nil {
		return plumbing.ZeroHash, err
	}
	adv, err := session.AdvertisedReferencesContext(ctx)
	if err != nil {
		return plumbing.ZeroHash, err
	}
	if at := adv.References[c.Name.String()]; at != c.Old {
		return at, nil
	}
	request := packp.NewReferenceUpdateRequestFromCapabilities(adv.Capabilities)
	request.Commands = []*packp.Command{c}
	if pack != nil {
		request.Packfile = io.NopCloser(bytes.NewReader(pack))
	}
	report, err := session.ReceivePack(ctx, request)
	if report != nil {
		for _, s := range report.CommandStatuses {
			if s.Error() != nil {
				return c.Old, &refusedError{s.Status}
			}
		}
	}
	return c.Old, err
}
