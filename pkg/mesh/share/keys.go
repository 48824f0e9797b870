package share

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"k8s.io/client-go/rest"
)

const (
	// keysLast is how long keys are believed: the API server itself says an hour of them.
	keysLast = time.Hour
	// askAgain is how long keys are not read anew only because somebody names one that is not among them.
	askAgain = time.Minute
	// tryAgain is the pause after keys could not be read.
	tryAgain = 5 * time.Second
	// keysTime is how long the API server may take for one of its two documents, and keysSize how large it may be.
	keysTime = 10 * time.Second
	keysSize = 1 << 20
)

// issuerKeys are what the cluster's issuer of tokens is called, and the keys with which it signs now. They are read when they are wanted, from the API server.
//
// Whoever shows a token names the key that signed it, and may name one that does not exist. Such a name makes the keys be read again, since the issuer may have
// a new one, but not more often than askAgain; who comes meanwhile with a known key does not wait for it.
type issuerKeys struct {
	client  *http.Client
	base    *url.URL
	now     func() time.Time
	trouble func(error) // told each time when they could not be read

	reading chan struct{} // holds one value; who takes it reads

	mu   sync.Mutex
	held keySet
	err  error // of the last reading
}

// keySet is what one reading brought.
type keySet struct {
	issuer string
	keys   map[string]crypto.PublicKey
	at     time.Time // zero = nothing was read yet
	tried  time.Time
}

// newIssuerKeys reads nothing yet.
func newIssuerKeys(config *rest.Config, now func() time.Time, trouble func(error)) (*issuerKeys, error) {
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, fmt.Errorf("make a client of the API server %s: %w", config.Host, err)
	}
	base, _, err := rest.DefaultServerUrlFor(config)
	if err != nil {
		return nil, fmt.Errorf("make a client of the API server %s: %w", config.Host, err)
	}
	// The answer of another host says nothing of this cluster's issuer.
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	k := &issuerKeys{client: client, base: base, now: now, trouble: trouble, reading: make(chan struct{}, 1)}
	k.reading <- struct{}{}
	return k, nil
}

// key gives the name of the issuer and its key called id; a nil key is not among them. The error says that the keys are not known.
func (k *issuerKeys) key(ctx context.Context, id string) (issuer string, key crypto.PublicKey, err error) {
	if held, settled, err := k.look(id); settled {
		return held.issuer, held.keys[id], err
	}
	select {
	case <-k.reading:
		defer func() { k.reading <- struct{}{} }()
	case <-ctx.Done():
		return "", nil, ctx.Err()
	}
	// Somebody else may have read them meanwhile.
	if held, settled, err := k.look(id); settled {
		return held.issuer, held.keys[id], err
	}
	k.read(ctx)
	held, _, err := k.look(id)
	return held.issuer, held.keys[id], err
}

// look says what is known of a key; settled = reading again is not wanted, or not yet.
func (k *issuerKeys) look(id string) (held keySet, settled bool, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.now()
	good := !k.held.at.IsZero() && now.Sub(k.held.at) < keysLast
	switch _, known := k.held.keys[id]; {
	case good && known:
		return k.held, true, nil
	case !k.held.tried.IsZero() && k.err != nil && now.Sub(k.held.tried) < tryAgain:
		return keySet{}, true, k.err
	case good && k.err == nil:
		return k.held, now.Sub(k.held.tried) < askAgain, nil
	case k.err != nil:
		return keySet{}, false, k.err
	}
	return keySet{}, false, errors.New("they were not read yet")
}

// read asks the API server for both documents. It goes on where the caller of the moment goes away: others wait for the same.
func (k *issuerKeys) read(ctx context.Context) {
	ctx = context.WithoutCancel(ctx)
	var found keySet
	document, err := k.get(ctx, "/.well-known/openid-configuration")
	if err == nil {
		found.issuer, err = parseIssuer(document)
	}
	if err == nil {
		// The document names an address of the keys, too, which may be one that only others reach: here they are asked for where the document came from.
		document, err = k.get(ctx, "/openid/v1/jwks")
	}
	if err == nil {
		found.keys, err = parseKeys(document)
	}
	if err != nil {
		k.trouble(err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.err, k.held.tried = err, k.now()
	if err == nil {
		found.at, found.tried = k.held.tried, k.held.tried
		k.held = found
	}
}

func (k *issuerKeys) get(ctx context.Context, path string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, keysTime)
	defer cancel()
	address := strings.TrimSuffix(k.base.String(), "/") + path
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", address, err)
	}
	r.Header.Set("Accept", "application/json, application/jwk-set+json")
	answer, err := k.client.Do(r)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", address, errors.Unwrap(err))
	}
	defer answer.Body.Close()
	switch answer.StatusCode {
	case http.StatusOK:
	case http.StatusUnauthorized, http.StatusForbidden:
		return nil, fmt.Errorf("read %s: the API server answers %s; bind the ClusterRole system:service-account-issuer-discovery to the observer's service account", address, answer.Status)
	default:
		return nil, fmt.Errorf("read %s: the API server answers %s", address, answer.Status)
	}
	text, err := io.ReadAll(io.LimitReader(answer.Body, keysSize+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", address, err)
	}
	if len(text) > keysSize {
		return nil, fmt.Errorf("read %s: the answer is larger than %d bytes, which no such document is", address, keysSize)
	}
	return text, nil
}

// close lets go of the connections.
func (k *issuerKeys) close() { k.client.CloseIdleConnections() }
