package gitlab

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	gl "github.com/xanzy/go-gitlab"

	"github.com/linnet-bot/linnet/pkg/forge"
)

// failed says what was tried on which project, and which refusal of the contract it is.
func (f *Forge) failed(ctx context.Context, tried string, r *gl.Response, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("GitLab project %s: %s: %w", f.o.Project, tried, ctx.Err())
	}
	if u := (*url.Error)(nil); errors.As(err, &u) {
		err = u.Err // without the URL
	}
	switch code(r) {
	case http.StatusNotFound:
		return fmt.Errorf("GitLab project %s: %s: %w, or the token does not show it", f.o.Project, tried, forge.ErrNotFound)
	case http.StatusUnauthorized:
		return fmt.Errorf("GitLab project %s: %s: %w: the token is not valid, or may not do that", f.o.Project, tried, forge.ErrForbidden)
	case http.StatusForbidden:
		return fmt.Errorf("GitLab project %s: %s: %w: %s", f.o.Project, tried, forge.ErrForbidden, said(err))
	case 0:
		return fmt.Errorf("GitLab project %s: %s: %w", f.o.Project, tried, err)
	}
	return fmt.Errorf("GitLab project %s: %s: GitLab answers %d: %s", f.o.Project, tried, code(r), said(err))
}

// longestSaid bounds what is repeated of an answer, which may be a page of a proxy.
const longestSaid = 300

// said is GitLab's own message.
func said(err error) string {
	text := err.Error()
	if e := (*gl.ErrorResponse)(nil); errors.As(err, &e) && e.Message != "" {
		text = e.Message
	}
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > longestSaid {
		text = strings.ToValidUTF8(text[:longestSaid], "") + "…"
	}
	return text
}

func code(r *gl.Response) int {
	if r == nil || r.Response == nil {
		return 0
	}
	return r.StatusCode
}
