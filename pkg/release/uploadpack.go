package release

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/packfile"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/sideband"
	"github.com/go-git/go-git/v5/plumbing/storer"
)

// protocolError is an answer that is not what git's protocol promises, or that says no.
type protocolError struct{ err error }

func (e *protocolError) Error() string { return e.err.Error() }
func (e *protocolError) Unwrap() error { return e.err }

// order is what one exchange asks for.
type order struct {
	wants []plumbing.Hash
	// commits is whether the wants lead to commits: then they come without their history.
	commits bool
	filter  packp.Filter
}

// uploadPack asks once and puts what comes into the store.
func (r *remoteOrigin) uploadPack(ctx context.Context, store storer.Storer, o order) (err error) {
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	offer := r.last.Load()
	if offer == nil {
		return errors.New("nothing was advertised yet")
	}
	session := offer.session
	if session == nil {
		if session, err = r.session(ctx); err != nil {
			return err
		}
		defer func() { _ = session.Close() }()
	}
	request, err := newRequest(offer.capabilities, o)
	if err != nil {
		return err
	}
	response, err := session.UploadPack(ctx, request)
	if err != nil {
		return ctxOr(ctx, err)
	}
	defer func() { _ = response.Close() }()
	var pack io.Reader = response
	switch {
	case request.Capabilities.Supports(capability.Sideband64k):
		pack = sideband.NewDemuxer(sideband.Sideband64k, response)
	case request.Capabilities.Supports(capability.Sideband):
		pack = sideband.NewDemuxer(sideband.Sideband, response)
	}
	if err := packfile.UpdateObjectStorage(store, pack); err != nil {
		return ctxOr(ctx, &protocolError{fmt.Errorf("the pack it sent cannot be read: %w", err)})
	}
	return nil
}

// ctxOr prefers the reason why the work was stopped over what stopping it broke.
func ctxOr(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

func newRequest(offered *capability.List, o order) (*packp.UploadPackRequest, error) {
	request := packp.NewUploadPackRequestFromCapabilities(offered)
	// A thin pack leaves out what deltas refer to; nothing is here already to complete it.
	request.Capabilities.Delete(capability.ThinPack)
	request.Wants = o.wants
	if o.commits && offered.Supports(capability.Shallow) {
		request.Depth = packp.DepthCommits(1)
		if err := request.Capabilities.Set(capability.Shallow); err != nil {
			return nil, err
		}
	}
	if o.filter != "" {
		request.Filter = o.filter
		if err := request.Capabilities.Set(capability.Filter); err != nil {
			return nil, err
		}
	}
	return request, nil
}

// refusedByServer is whether the server was reached and did not give what was asked: then another way of asking may do.
func refusedByServer(ctx context.Context, err error) bool {
	return ctx.Err() == nil && !isNetworkFailure(err) && !errors.Is(err, context.DeadlineExceeded)
}
