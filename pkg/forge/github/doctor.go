package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	gh "github.com/google/go-github/v60/github"

	"github.com/linnet-bot/linnet/pkg/doctor"
)

// Examine gathers what package doctor judges: as the bot, and where that is an App, also in the App's own name. It only reads; getting tokens is all that is
// posted. What cannot be seen is said so in the facts, so that there is no error.
func (f *Forge) Examine(ctx context.Context, branch string, app *Installation) doctor.GitHub {
	e := &examination{forge: f, branch: branch, reader: f.rest}
	site, _, _ := strings.Cut(f.name, "/")
	e.facts.Web = f.rest.BaseURL.Scheme + "://" + site
	if app != nil {
		e.asApp(ctx, *app)
	}
	if me, err := f.Me(ctx); err != nil {
		if inner := errors.Unwrap(err); inner != nil { // without what was tried, which the finding says
			err = inner
		}
		e.facts.Me = doctor.Unseen[string](err.Error(), "")
	} else {
		e.facts.Me = doctor.Seen(me.Name)
	}
	e.repository(ctx) // also when nobody is known: its answer has the time
	if e.facts.Me.Seen && !e.facts.Hidden {
		e.rules(ctx)
		if app == nil {
			e.hooks(ctx)
		}
	}
	if !e.facts.Skew.Seen {
		e.facts.Skew = doctor.Unseen[time.Duration]("GitHub has not answered", "")
	}
	if selfManaged := e.version != "" || strings.EqualFold(f.rest.BaseURL.Host, site); selfManaged && e.version == "" {
		e.facts.Server = doctor.Unseen[string]("no answer names its version", "")
	} else {
		e.facts.Server = doctor.Seen(e.version)
	}
	return e.facts
}

// examination is one while it goes on.
type examination struct {
	forge   *Forge
	branch  string
	reader  *gh.Client // that may see branch protection, if anybody may
	version string
	facts   doctor.GitHub
}

// get reads something and learns what each answer tells.
func (e *examination) get(ctx context.Context, client *gh.Client, at string, into any) (*gh.Response, error) {
	request, err := client.NewRequest(http.MethodGet, at, nil)
	if err != nil {
		return nil, err
	}
	asked := e.forge.now()
	response, err := client.Do(ctx, request, into)
	if response == nil {
		return nil, err
	}
	if date, parseErr := http.ParseTime(response.Header.Get("Date")); parseErr == nil && !e.facts.Skew.Seen {
		e.facts.Skew = doctor.Seen(doctor.Skew(date, asked, e.forge.now()))
	}
	if v := response.Header.Get("X-GitHub-Enterprise-Version"); v != "" {
		e.version = v
	}
	return response, err
}

// project is the address of something of the repository.
func (e *examination) project(format string, args ...any) string {
	return fmt.Sprintf("repos/%s/%s", e.forge.owner, e.forge.repo) + fmt.Sprintf(format, args...)
}

// why is an error without what was tried, which the finding says.
func (e *examination) why(err error) string {
	var answer *gh.ErrorResponse
	switch {
	case !errors.As(err, &answer) || answer.Response == nil:
		return e.forge.meaning("look", err).Error()
	case answer.Response.StatusCode == http.StatusNotFound:
		return "GitHub does not know it, or does not show it to these credentials"
	}
	return fmt.Sprintf("GitHub says %q (HTTP %d)", saying(answer), answer.Response.StatusCode)
}

// repository reads the project itself and, from the answer's head, what kind of token this is.
func (e *examination) repository(ctx context.Context) {
	var r struct {
		Private     bool                       `json:"private"`
		Permissions struct{ Push, Admin bool } `json:"permissions"`
		Merge       *bool                      `json:"allow_merge_commit"`
		Squash      *bool                      `json:"allow_squash_merge"`
		Rebase      *bool                      `json:"allow_rebase_merge"`
	}
	response, err := e.get(ctx, e.forge.rest, e.project(""), &r)
	if e.forge.app == 0 && response != nil {
		e.token(ctx, response)
	}
	if err != nil {
		_, e.facts.Hidden = answered(err, http.StatusNotFound)
		e.facts.Repository = doctor.Unseen[doctor.Repository](e.why(err), "metadata: read")
		return
	}
	allowed := func(b *bool) doctor.Known[bool] {
		if b == nil {
			return doctor.Unseen[bool]("GitHub does not show it to these credentials", "the settings of the repository, at Pull Requests, show it")
		}
		return doctor.Seen(*b)
	}
	e.facts.Repository = doctor.Seen(doctor.Repository{Private: r.Private, Push: r.Permissions.Push, Admin: r.Permissions.Admin,
		Merge: allowed(r.Merge), Squash: allowed(r.Squash), Rebase: allowed(r.Rebase)})
}

// token reads what GitHub tells of a personal access token. Only classic ones have scopes; of others only a refusal tells.
func (e *examination) token(ctx context.Context, response *gh.Response) {
	t := &doctor.Token{Ends: doctor.Seen(response.TokenExpiration.Time)}
	if raw := response.Header.Get("Github-Authentication-Token-Expiration"); raw != "" && t.Ends.Value.IsZero() {
		t.Ends = doctor.Unseen[time.Time]("GitHub writes it in a way that is not known", "the token's own page shows it")
	}
	_, t.Classic = response.Header["X-Oauth-Scopes"]
	for scope := range strings.SplitSeq(response.Header.Get("X-Oauth-Scopes"), ",") {
		if scope = strings.TrimSpace(scope); scope != "" {
			t.Scopes = append(t.Scopes, scope)
		}
	}
	e.facts.Token = t
	if t.Classic {
		return
	}
	for _, probe := range []struct{ permission, at string }{
		{"contents", e.project("/git/ref/heads/%s", escaped(e.branch))},
		{"pull requests", e.project("/pulls?per_page=1")},
		{"commit statuses", e.project("/commits/%s/statuses?per_page=1", url.PathEscape(e.branch))},
	} {
		if _, err := e.get(ctx, e.forge.rest, probe.at, nil); err != nil {
			if _, refused := answered(err, http.StatusForbidden); refused && !slices.Contains(t.Lacks, probe.permission) {
				t.Lacks = append(t.Lacks, probe.permission)
			}
		}
	}
}

// escaped keeps the slashes of a reference.
func escaped(ref string) string {
	parts := strings.Split(ref, "/")
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	return strings.Join(parts, "/")
}

// hooks reads the repository's webhooks; an App has one of its own.
func (e *examination) hooks(ctx context.Context) {
	e.facts.HooksLooked = "GET hooks"
	const right = "the token's permission webhooks: read, or the scope admin:repo_hook of a classic one, shows it"
	var list []struct {
		ID     int64    `json:"id"`
		Active bool     `json:"active"`
		Events []string `json:"events"`
		Config struct {
			URL      string `json:"url"`
			Insecure any    `json:"insecure_ssl"` // "0", 0, "1"
			Secret   string `json:"secret"`       // "********"
		} `json:"config"`
	}
	if _, err := e.get(ctx, e.forge.rest, e.project("/hooks?per_page=%d", perPage), &list); err != nil {
		e.facts.Hooks = doctor.Unseen[[]doctor.Hook](e.why(err), right)
		return
	}
	var hooks []doctor.Hook
	for _, h := range list {
		hook := doctor.Hook{URL: h.Config.URL, Events: expand(h.Events), NoSecret: h.Config.Secret == "", Insecure: fmt.Sprint(h.Config.Insecure) == "1"}
		if !h.Active {
			hook.Off = "it is switched off"
		}
		hook.Deliveries = e.deliveries(ctx, e.forge.rest, e.project("/hooks/%d/deliveries?per_page=%d", h.ID, perPage), 0, right)
		hooks = append(hooks, hook)
	}
	e.facts.Hooks = doctor.Seen(hooks)
}

// expand writes out "*", all events.
func expand(events []string) []string {
	if slices.Contains(events, "*") {
		return append(events, "issue_comment", "pull_request", "pull_request_review", "push")
	}
	return events
}

// deliveries reads the newest ones; those of other installations are left out.
func (e *examination) deliveries(ctx context.Context, client *gh.Client, at string, installation int64, right string) doctor.Known[[]doctor.Delivery] {
	var list []struct {
		At           time.Time `json:"delivered_at"`
		Code         int       `json:"status_code"`
		Installation int64     `json:"installation_id"`
	}
	if _, err := e.get(ctx, client, at, &list); err != nil {
		return doctor.Unseen[[]doctor.Delivery](e.why(err), right)
	}
	var deliveries []doctor.Delivery
	for _, d := range list {
		if installation == 0 || d.Installation == 0 || d.Installation == installation {
			deliveries = append(deliveries, doctor.Delivery{At: d.At, Code: d.Code})
		}
	}
	return doctor.Seen(deliveries)
}
