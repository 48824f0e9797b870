package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	gh "github.com/google/go-github/v60/github"

	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/forge/transport"
)

// secondaryRest is how long to rest when GitHub says that requests come too fast and not for how long.
const secondaryRest = time.Minute

// explain says what was tried and why not, and makes of the answer an error of package forge where it is one.
func (f *Forge) explain(tried string, err error) error {
	return fmt.Errorf("%s: %s: %w", f.name, tried, f.meaning(tried, err))
}

func (f *Forge) meaning(tried string, err error) error {
	var (
		spent  *gh.RateLimitError
		abuse  *gh.AbuseRateLimitError
		answer *gh.ErrorResponse
		where  *url.Error
	)
	switch {
	case errors.As(err, &spent):
		return &transport.LimitedError{Name: f.name, Endpoint: tried, Until: spent.Rate.Reset.Time}
	case errors.As(err, &abuse):
		rest := secondaryRest
		if abuse.RetryAfter != nil {
			rest = *abuse.RetryAfter
		}
		return &transport.LimitedError{Name: f.name, Endpoint: tried, Until: f.now().Add(rest), Secondary: true}
	case errors.As(err, &answer) && answer.Response != nil:
		said := saying(answer)
		switch answer.Response.StatusCode {
		case http.StatusTooManyRequests:
			return &transport.LimitedError{Name: f.name, Endpoint: tried, Until: f.now().Add(secondaryRest), Secondary: true}
		case http.StatusUnauthorized:
			return fmt.Errorf("%w: GitHub does not know the credentials (%s): renew the token", forge.ErrForbidden, said)
		case http.StatusForbidden:
			return fmt.Errorf("%w: GitHub says %q: check the permissions of the token", forge.ErrForbidden, said)
		case http.StatusNotFound:
			return fmt.Errorf("%w, or these credentials do not show it", forge.ErrNotFound)
		}
		return &refusal{said, answer.Response.StatusCode}
	case errors.As(err, &where): // it repeats the URL
		return where.Err
	}
	return err
}

// refusal is an answer that has no meaning of its own in package forge.
type refusal struct {
	said   string
	status int
}

func (e *refusal) Error() string { return fmt.Sprintf("GitHub says %q (HTTP %d)", e.said, e.status) }

// saying is GitHub's own words, the details included.
func saying(e *gh.ErrorResponse) string {
	words := []string{e.Message}
	for _, d := range e.Errors {
		switch {
		case d.Message != "":
			words = append(words, d.Message)
		case d.Field != "":
			words = append(words, d.Field+" "+d.Code)
		}
	}
	return strings.Join(words, ": ")
}

// answered gives the answer when it has this status.
func answered(err error, status int) (*gh.ErrorResponse, bool) {
	var e *gh.ErrorResponse
	if errors.As(err, &e) && e.Response != nil && e.Response.StatusCode == status {
		return e, true
	}
	return nil, false
}

// refusedBecause is whether GitHub found the request wrong (422) with these words in its answer. It has no codes for most of what it means.
func refusedBecause(err error, words ...string) bool {
	e, ok := answered(err, http.StatusUnprocessableEntity)
	if !ok {
		return false
	}
	said := strings.ToLower(saying(e))
	for _, w := range words {
		if strings.Contains(said, strings.ToLower(w)) {
			return true
		}
	}
	return false
}

// definite is whether an error tells that nothing was done.
func definite(err error) bool {
	for _, known := range []error{forge.ErrNotFound, forge.ErrForbidden, forge.ErrBranchExists, forge.ErrHeadMoved, forge.ErrNoChange, forge.ErrChangeRefused} {
		if errors.Is(err, known) {
			return true
		}
	}
	var (
		limited *transport.LimitedError
		wrong   *refusal
		said    *graphqlError
	)
	switch {
	case errors.Is(err, context.Canceled):
		return false
	case errors.As(err, &wrong):
		return wrong.status == http.StatusUnprocessableEntity // a rule of the repository, for one
	case errors.As(err, &said):
		return said.Type != "" && said.Type != "INTERNAL" // what breaks down half-way has no type
	}
	return errors.As(err, &limited)
}
