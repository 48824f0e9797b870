package syncz

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
)

// TokenFile gives the token in a file, read anew each time: the kubelet renews projected tokens in place.
func TokenFile(path string) func() (string, error) {
	return func() (string, error) {
		data, err := os.ReadFile(path)
		if err != nil {
			return "", fmt.Errorf("read the token: %w", err)
		}
		return strings.TrimSpace(string(data)), nil
	}
}

// bearer shows a token with each call, over TLS only, and remembers it for as long as it must be kept out of messages.
type bearer struct {
	get func() (string, error)

	mu    sync.Mutex
	shown string
	err   error
}

// GetRequestMetadata implements credentials.PerRPCCredentials.
func (b *bearer) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	token, err := b.get()
	if err == nil && token == "" {
		err = errors.New("it is empty")
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err = err; err != nil {
		return nil, err
	}
	b.shown = token
	return map[string]string{"authorization": "Bearer " + token}, nil
}

// RequireTransportSecurity implements credentials.PerRPCCredentials.
func (*bearer) RequireTransportSecurity() bool { return true }

func (b *bearer) failed() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.err
}

// hide takes the token out of what somebody else wrote.
func (b *bearer) hide(s string) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.shown == "" {
		return s
	}
	return strings.ReplaceAll(s, b.shown, "(the token)")
}
