package release

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-git/go-billy/v5/osfs"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"
	"github.com/go-git/go-git/v5/plumbing/storer"
	"github.com/go-git/go-git/v5/plumbing/transport"
	"github.com/go-git/go-git/v5/plumbing/transport/client"
	gitssh "github.com/go-git/go-git/v5/plumbing/transport/ssh"
	"github.com/go-git/go-git/v5/storage/filesystem"
	"github.com/go-git/go-git/v5/storage/memory"
)

// remoteOrigin speaks git's own protocol to a server and keeps no clone.
type remoteOrigin struct {
	name     string // the URL as given, which holds no secret
	endpoint string
	client   transport.Transport
	auth     transport.AuthMethod
	timeout  time.Duration
	words    failureWords
	// stateless is whether a session is no connection, and can be used again.
	stateless bool
	// whole is set once the server has refused a partial fetch that it had offered.
	whole atomic.Bool
	// last is the last advertisement.
	last atomic.Pointer[advertisement]
}

// advertisement is what a server offers.
type advertisement struct {
	capabilities *capability.List
	// session is the one that the advertisement came on, kept where it is no connection: it knows where a redirect has led.
	session transport.UploadPackSession
}

func newRemote(o Options) (*remoteOrigin, error) {
	ep, err := transport.NewEndpoint(o.URL)
	if err != nil {
		// The parser's own message repeats the URL, which may hold a password.
		return nil, fmt.Errorf("cannot use the release source %q: it is neither a git URL nor a path that exists", withoutUserInfo(o.URL))
	}
	switch {
	case ep.Password != "", ep.User != "" && ep.Protocol != "ssh":
		return nil, fmt.Errorf("the release source %s carries credentials in its URL; put them in a credentials file, where no log and no process list shows them", withoutUserInfo(o.URL))
	case ep.Host == "":
		return nil, fmt.Errorf("cannot use the release source %q: it names no host", o.URL)
	}
	credentials, err := readCredentials(o.CredentialsFile)
	if err != nil {
		return nil, err
	}
	r := &remoteOrigin{name: o.URL, endpoint: o.URL, timeout: o.Timeout}
	if r.timeout == 0 {
		r.timeout = DefaultTimeout
	}
	r.words = failureWords{source: o.URL, host: ep.Host, options: o, timeout: r.timeout, secrets: append(credentials.secrets(), passwordOf(o.ProxyURL)...)}
	switch ep.Protocol {
	case "https", "http":
		r.client, err = httpClient(o)
		r.auth = credentials.http()
		r.stateless = true
	case "ssh":
		r.client = gitssh.DefaultClient
		r.auth, err = credentials.ssh(ep.User)
	case "git":
		r.client, err = client.NewClient(ep)
	default:
		err = fmt.Errorf("cannot use the release source %s: %q is not one of https, http, ssh, git, file", o.URL, ep.Protocol)
	}
	if err != nil {
		return nil, err
	}
	return r, nil
}

func (r *remoteOrigin) String() string { return r.name }
func (r *remoteOrigin) remote() bool   { return true }

// session opens a session. For http that costs nothing, for the others it is a connection. Dialling cannot be cancelled there, so an
// abandoned dial is left to end by itself.
func (r *remoteOrigin) session(ctx context.Context) (transport.UploadPackSession, error) {
	ep, err := transport.NewEndpoint(r.endpoint)
	if err != nil {
		return nil, err
	}
	type dialled struct {
		session transport.UploadPackSession
		err     error
	}
	done := make(chan dialled, 1)
	go func() {
		s, err := r.client.NewUploadPackSession(ep, r.auth)
		done <- dialled{s, err}
	}()
	select {
	case d := <-done:
		return d.session, d.err
	case <-ctx.Done():
		go func() {
			if d := <-done; d.err == nil {
				_ = d.session.Close()
			}
		}()
		return nil, ctx.Err()
	}
}

func (r *remoteOrigin) tags(ctx context.Context) (map[string]tag, error) {
	advertised, err := r.advertise(ctx)
	if errors.Is(err, transport.ErrEmptyRemoteRepository) {
		return nil, emptyRepository(r.name)
	}
	if err != nil {
		return nil, r.words.explain(ctx, err)
	}
	tags := map[string]tag{}
	for reference, hash := range advertised.References {
		name, isTag := strings.CutPrefix(reference, "refs/tags/")
		if !isTag {
			continue
		}
		t := tag{name: name, object: hash, commit: hash}
		if peeled, ok := advertised.Peeled[reference]; ok {
			t.commit = peeled
		}
		tags[name] = t
	}
	return tags, nil
}

func (r *remoteOrigin) advertise(ctx context.Context) (*packp.AdvRefs, error) {
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	session, err := r.session(ctx)
	if err != nil {
		return nil, err
	}
	advertised, err := session.AdvertisedReferencesContext(ctx)
	if err != nil {
		_ = session.Close()
		return nil, ctxOr(ctx, err)
	}
	offer := &advertisement{capabilities: advertised.Capabilities}
	if r.stateless {
		offer.session = session
	} else {
		_ = session.Close()
	}
	r.last.Store(offer)
	return advertised, nil
}

// fetch asks for the trees of the tags and then for exactly the blobs that are picked; a server that does not offer that, or takes its
// offer back, is asked for the tags whole, still without history.
func (r *remoteOrigin) fetch(ctx context.Context, tags []tag, choose pick) (storer.EncodedObjectStorer, func(), error) {
	if r.offersPartial() {
		store, err := r.fetchPartial(ctx, tags, choose)
		if err == nil {
			return store, func() {}, nil
		}
		if !refusedByServer(ctx, err) {
			return nil, nil, r.words.explain(ctx, err)
		}
		r.whole.Store(true)
	}
	store, done, err := r.fetchWhole(ctx, tags)
	if err != nil {
		return nil, nil, r.words.explain(ctx, err)
	}
	return store, done, nil
}

func (r *remoteOrigin) offersPartial() bool {
	offer := r.last.Load()
	return !r.whole.Load() && offer != nil && offer.capabilities.Supports(capability.Filter) && offer.capabilities.Supports(capability.AllowReachableSHA1InWant)
}

func (r *remoteOrigin) fetchPartial(ctx context.Context, tags []tag, choose pick) (storer.EncodedObjectStorer, error) {
	store := memory.NewStorage()
	if err := r.uploadPack(ctx, store, order{wants: objectsOf(tags), commits: true, filter: packp.FilterBlobNone()}); err != nil {
		return nil, err
	}
	wanted := map[plumbing.Hash]bool{}
	for _, t := range tags {
		commit, _, err := peel(store, t.object)
		if asRejection(err) != nil {
			continue // read again, and rejected, by whoever asked
		}
		if err != nil {
			return nil, err
		}
		root, err := object.GetTree(store, commit.TreeHash)
		if err != nil {
			return nil, err
		}
		chosen, err := choose(root)
		if err != nil && asRejection(err) == nil {
			return nil, err
		}
		for _, hash := range chosen {
			wanted[hash] = true
		}
	}
	if len(wanted) == 0 {
		return store, nil
	}
	wants := make([]plumbing.Hash, 0, len(wanted))
	for hash := range wanted {
		wants = append(wants, hash)
	}
	return store, r.uploadPack(ctx, store, order{wants: wants})
}

// fetchWhole keeps the pack in a temporary folder: a release is some ten megabytes, and a first scan asks for all of them.
func (r *remoteOrigin) fetchWhole(ctx context.Context, tags []tag) (storer.EncodedObjectStorer, func(), error) {
	dir, err := os.MkdirTemp("", "linnet-fetch-")
	if err != nil {
		return nil, nil, fmt.Errorf("make a temporary folder: %w", err)
	}
	store := filesystem.NewStorage(osfs.New(dir), cache.NewObjectLRUDefault())
	done := func() {
		_ = store.Close()
		_ = os.RemoveAll(dir)
	}
	if err := r.uploadPack(ctx, store, order{wants: objectsOf(tags), commits: true}); err != nil {
		done()
		return nil, nil, err
	}
	return store, done, nil
}

func objectsOf(tags []tag) []plumbing.Hash {
	objects := make([]plumbing.Hash, len(tags))
	for i, t := range tags {
		objects[i] = t.object
	}
	return objects
}

func passwordOf(s string) []string {
	if u, err := url.Parse(s); err == nil {
		if password, ok := u.User.Password(); ok && password != "" {
			return []string{password}
		}
	}
	return nil
}

func withoutUserInfo(s string) string {
	if u, err := url.Parse(s); err == nil && u.User != nil {
		u.User = nil
		return u.String()
	}
	if scheme, rest, ok := strings.Cut(s, "://"); ok {
		if at := strings.LastIndex(rest, "@"); at >= 0 {
			return scheme + "://" + rest[at+1:]
		}
	}
	return s
}
