package mirror

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/transport"

	"github.com/linnet-bot/linnet/pkg/forge"
)

// ErrConflict tells that a merge needs a person.
var ErrConflict = errors.New("the two changed the same lines")

// ConflictError names the paths, sorted.
type ConflictError struct{ Paths []string }

func (e *ConflictError) Error() string {
	return "merge: " + ErrConflict.Error() + " in " + strings.Join(e.Paths, ", ")
}

// Is matches ErrConflict.
func (e *ConflictError) Is(target error) bool { return target == ErrConflict }

var (
	errBadURL    = errors.New("its address is not an http or https URL without credentials")
	errElsewhere = errors.New("the server sends us to another host, where these credentials must not go: correct the address")
	errTooBig    = errors.New("the repository holds more than fits in memory")
)

// refused is whether the server was reached and does not give the commit. Servers word it as git does, and go-git passes it on as text.
func refused(err error) bool {
	return err != nil && (strings.Contains(err.Error(), "not our ref") || strings.Contains(err.Error(), "not advertised") ||
		errors.Is(err, transport.ErrEmptyUploadPackRequest))
}

// explain says what was tried on what. The URL, which net/http puts in front of its errors, is left out.
func (m *Mirror) explain(ctx context.Context, tried string, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %s: %w", m.name, tried, ctx.Err())
	}
	switch {
	case errors.Is(err, transport.ErrAuthenticationRequired), errors.Is(err, transport.ErrAuthorizationFailed):
		return fmt.Errorf("%s: %s: %w: the credentials do not give access to its Git repository", m.name, tried, forge.ErrForbidden)
	case errors.Is(err, transport.ErrRepositoryNotFound):
		return fmt.Errorf("%s: %s: %w: there is no such Git repository, or these credentials do not show it", m.name, tried, forge.ErrForbidden)
	}
	// go-git's wrapper has no Unwrap.
	if unexpected := (*plumbing.UnexpectedError)(nil); errors.As(err, &unexpected) {
		err = unexpected.Err
	}
	if u := (*url.Error)(nil); errors.As(err, &u) {
		err = u.Err
	}
	return fmt.Errorf("%s: %s: %w", m.name, tried, err)
}
