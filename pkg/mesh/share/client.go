package share

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/forge/transport"
	"github.com/linnet-bot/linnet/pkg/mesh/share/address"
	"github.com/linnet-bot/linnet/pkg/network"
)

const (
	// readTime is how long one observation may take to come.
	readTime = 30 * time.Second
	// readSize is how large an observation may be, unpacked: several times that of the largest clusters.
	readSize = 512 << 20
)

// From says where observations are read, and as whom.
type From struct {
	// URL of the observer, without /v1/observation; see package address for which are accepted.
	URL string
	// TokenFile holds a service account's token of the observer's audience. It is read anew when it changes.
	TokenFile string
	// CAFile, PEM, is trusted beside the system's; "" = nothing is. It is read anew when it changes.
	CAFile string
	// Tell is called with each new token, for what keeps it out of logs; it may be nil.
	Tell func(token string)
}

// Client reads observations from an observer. It is safe for concurrent use.
type Client struct {
	from  From
	url   string
	token transport.CredentialFunc

	mu   sync.Mutex // guards what follows
	http *http.Client
	ca   fs.FileInfo
	held reading
	bell
}

// reading is an observation with the ETag under which the observer knows it.
type reading struct {
	tag  string
	seen *checks.Observation // nil = none
}

// NewClient connects to nobody and reads no file yet.
func NewClient(from From) (*Client, error) {
	if err := address.Check(from.URL); err != nil {
		return nil, fmt.Errorf("read from the observer: its address %w", err)
	}
	if from.TokenFile == "" {
		return nil, errors.New("read from the observer: a file with a token is needed, such as one of a projected volume of audience linnet-observer")
	}
	u, err := url.JoinPath(from.URL, "/v1/observation")
	if err != nil {
		return nil, errors.New("read from the observer: its address is none")
	}
	return &Client{from: from, url: u, token: transport.TokenFile(from.TokenFile, "Authorization", "Bearer ", from.Tell)}, nil
}

// Close lets go of the connections, and of who waits for a change.
func (c *Client) Close() error {
	c.silence()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.http != nil {
		c.http.CloseIdleConnections()
	}
	return nil
}

// Observe gives the newest observation that the observer has; it may be the same as the last time, and nobody may change it. Its age is for the caller to judge.
// The error is one sentence that says what to do.
func (c *Client) Observe(ctx context.Context) (*checks.Observation, error) {
	found, err := c.read(ctx, c.last(), 0)
	if err != nil {
		return nil, err
	}
	c.keep(found)
	return found.seen, nil
}

func (c *Client) last() reading {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.held
}

func (c *Client) keep(r reading) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.held = r
}

// read asks once. Where the observer has nothing newer than what was held, and none comes within wait, that is given again.
func (c *Client) read(ctx context.Context, held reading, wait time.Duration) (reading, error) {
	client, err := c.connect()
	if err != nil {
		return reading{}, c.failed("%w", err)
	}
	token, err := c.token(ctx)
	if err != nil {
		return reading{}, c.failed("%w; mount a projected token there", err)
	}
	ctx, cancel := context.WithTimeout(ctx, wait+readTime)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url, nil)
	if err != nil {
		return reading{}, c.failed("its address is none")
	}
	r.Header.Set(token.Header, token.Value)
	r.Header.Set("User-Agent", "linnet")
	if held.tag != "" {
		r.Header.Set("If-None-Match", held.tag)
	}
	if wait > 0 {
		r.URL.RawQuery = "wait=" + strconv.Itoa(int(wait/time.Second))
	}
	answer, err := client.Do(r)
	if err != nil {
		return reading{}, c.failed("%w", unreached(err))
	}
	defer answer.Body.Close()
	switch {
	case answer.StatusCode == http.StatusNotModified && held.tag != "":
		return held, nil
	case answer.StatusCode != http.StatusOK:
		return reading{}, c.failed("%w", c.refused(answer, strings.TrimPrefix(token.Value, "Bearer ")))
	}
	body := &io.LimitedReader{R: answer.Body, N: readSize + 1}
	var seen checks.Observation
	err = json.NewDecoder(body).Decode(&seen)
	switch {
	case body.N == 0:
		return reading{}, c.failed("its answer is larger than %d MiB, which no observation is", readSize>>20)
	case err != nil && ctx.Err() != nil:
		return reading{}, c.failed("%w", unreached(ctx.Err()))
	case err != nil:
		return reading{}, c.failed("its answer is no observation, or was broken off; is there something else at this address, or another version of Linnet?")
	}
	return reading{answer.Header.Get("ETag"), &seen}, nil
}

// connect gives what connects, made anew when the CA file has changed.
func (c *Client) connect() (*http.Client, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var now fs.FileInfo
	if c.from.CAFile != "" {
		var err error
		if now, err = os.Stat(c.from.CAFile); err != nil {
			return nil, fmt.Errorf("cannot read the CA file: %w", err)
		}
	}
	if c.http != nil && (now == nil || sameFile(c.ca, now)) {
		return c.http, nil
	}
	base, err := network.Transport(network.Options{CAFile: c.from.CAFile})
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(strings.ToLower(c.url), "http:") {
		base.Proxy = nil // who is inside the cluster needs none, and it would read the token
	}
	if c.http != nil {
		c.http.CloseIdleConnections()
	}
	c.ca = now
	// A redirect is never followed: the token is for this address.
	c.http = &http.Client{Transport: base, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return c.http, nil
}

func (c *Client) failed(format string, args ...any) error {
	return fmt.Errorf("read from the observer %s: "+format, append([]any{c.from.URL}, args...)...)
}
