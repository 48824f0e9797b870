package mirror

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/packfile"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/sideband"
	"github.com/go-git/go-git/v5/plumbing/transport"

	"github.com/linnet-bot/linnet/pkg/forge"
)

// mostHaves bounds how many tips are named to the server so that it leaves out what is here.
const mostHaves = 64

// advertise asks where the references are. An empty repository has none.
func (m *Mirror) advertise(ctx context.Context) (transport.UploadPackSession, *packp.AdvRefs, error) {
	ep, err := transport.NewEndpoint(m.url)
	if err != nil || ep.Protocol != "https" && ep.Protocol != "http" || ep.User != "" || ep.Password != "" {
		return nil, nil, errBadURL // the parser's message repeats the URL, which may hold a password
	}
	session, err := m.client.NewUploadPackSession(ep, nil)
	if err != nil {
		return nil, nil, err
	}
	adv, err := session.AdvertisedReferencesContext(ctx)
	if errors.Is(err, transport.ErrEmptyRemoteRepository) {
		return session, packp.NewAdvRefs(), nil
	}
	return session, adv, err
}

// fetch brings the branches and then whatever of the commits is still missing. Its caller holds m.fetching.
func (m *Mirror) fetch(ctx context.Context, shas []string) error {
	session, adv, err := m.advertise(ctx)
	if err != nil {
		return m.explain(ctx, "fetch from it", err)
	}
	m.mu.Lock()
	kept, tips := m.store, m.tips
	if kept.bytes > m.limit/2 {
		kept, tips = newStore(m.limit), nil // grown too big: begin again
	}
	m.mu.Unlock()
	var heads []plumbing.Hash
	for ref, hash := range adv.References {
		if strings.HasPrefix(ref, "refs/heads/") && !slices.Contains(tips, hash) && !slices.Contains(heads, hash) {
			heads = append(heads, hash)
		}
	}
	slices.SortFunc(heads, func(a, b plumbing.Hash) int { return strings.Compare(a.String(), b.String()) })
	if kept, tips, err = m.bring(ctx, session, adv, kept, tips, heads); err != nil {
		return m.explain(ctx, "fetch its branches", err)
	}
	m.mu.Lock()
	missing := kept.missing(shas)
	m.mu.Unlock()
	for _, hash := range missing {
		if len(adv.References) == 0 {
			return fmt.Errorf("read the commit %s of %s: %w", hash, m.name, forge.ErrNotFound)
		}
		kept, tips, err = m.bring(ctx, session, adv, kept, tips, []plumbing.Hash{hash})
		if refused(err) {
			return fmt.Errorf("read the commit %s of %s: %w", hash, m.name, forge.ErrNotFound)
		}
		if err != nil {
			return m.explain(ctx, "fetch the commit "+hash.String(), err)
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if missing := kept.missing(shas); len(missing) > 0 {
		return fmt.Errorf("read the commit %s of %s: %w", missing[0], m.name, forge.ErrNotFound)
	}
	return nil
}

// bring fetches the wants with all history that is not here and, only when everything has come, adds it.
func (m *Mirror) bring(ctx context.Context, session transport.UploadPackSession, adv *packp.AdvRefs, kept *store, tips, wants []plumbing.Hash) (*store, []plumbing.Hash, error) {
	if len(wants) > 0 {
		request := packp.NewUploadPackRequestFromCapabilities(adv.Capabilities)
		// A thin pack leaves out what its deltas refer to; this one is read by itself.
		request.Capabilities.Delete(capability.ThinPack)
		request.Wants = wants
		request.Haves = tips[max(0, len(tips)-mostHaves):]
		fresh := newStore(m.limit)
		if err := uploadPack(ctx, session, request, fresh); err != nil {
			return kept, tips, err
		}
		m.mu.Lock()
		defer m.mu.Unlock()
		if err := kept.add(fresh); err != nil {
			return kept, tips, err
		}
		tips = append(slices.Clone(tips), wants...)
		m.store, m.tips = kept, tips
	}
	return kept, tips, nil
}

func uploadPack(ctx context.Context, session transport.UploadPackSession, request *packp.UploadPackRequest, into *store) error {
	response, err := session.UploadPack(ctx, request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Close() }()
	var pack io.Reader = response
	switch {
	case request.Capabilities.Supports(capability.Sideband64k):
		pack = sideband.NewDemuxer(sideband.Sideband64k, response)
	case request.Capabilities.Supports(capability.Sideband):
		pack = sideband.NewDemuxer(sideband.Sideband, response)
	}
	err = packfile.UpdateObjectStorage(into, pack)
	if errors.Is(err, packfile.ErrEmptyPackfile) {
		return nil
	}
	return err
}
