package github

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/bradleyfalzon/ghinstallation/v2"
	gh "github.com/google/go-github/v60/github"

	"github.com/linnet-bot/linnet/pkg/doctor"
)

// signedTimeout bounds what is asked in the App's own name, which does not go through a transport.Transport.
const signedTimeout = 30 * time.Second

// asApp looks in the App's own name: who it is, where it is installed with what, and whether its webhook arrives.
func (e *examination) asApp(ctx context.Context, i Installation) {
	ctx, cancel := context.WithTimeout(ctx, signedTimeout)
	defer cancel()
	a := &doctor.App{ID: i.AppID, Configured: i.ID, Needed: named(permissions())}
	e.facts.App, e.facts.HooksLooked = a, "GET app/hook/deliveries"
	signed, err := ghinstallation.NewAppsTransport(pinsVersion{i.Base}, i.AppID, i.Key)
	if err != nil {
		a.Slug = doctor.Unseen[string]("it is not the PEM file that GitHub made", "")
		return
	}
	signed.BaseURL = strings.TrimSuffix(e.forge.rest.BaseURL.String(), "/")
	client := e.client(signed)
	var app struct {
		Slug        string            `json:"slug"`
		Permissions map[string]string `json:"permissions"`
	}
	if _, err := e.get(ctx, client, "app", &app); err != nil {
		a.Slug = doctor.Unseen[string](e.why(err), "")
		return
	}
	a.Slug, a.Registered = doctor.Seen(app.Slug), app.Permissions
	var in struct {
		ID          int64             `json:"id"`
		Permissions map[string]string `json:"permissions"`
		Events      []string          `json:"events"`
		Selection   string            `json:"repository_selection"`
		Suspended   *time.Time        `json:"suspended_at"`
	}
	if _, err := e.get(ctx, client, e.project("/installation"), &in); err != nil {
		_, a.Missing = answered(err, http.StatusNotFound)
		a.Installation = doctor.Unseen[doctor.Installation](e.why(err), "")
		return
	}
	a.Installation = doctor.Seen(doctor.Installation{ID: in.ID, Permissions: in.Permissions, Events: in.Events, Everywhere: in.Selection == "all", Suspended: in.Suspended != nil})
	hook := doctor.Hook{Events: in.Events}
	hook.Deliveries = e.deliveries(ctx, client, fmt.Sprintf("app/hook/deliveries?per_page=%d", perPage), in.ID, "the settings of the App, at Advanced, show it")
	e.facts.Hooks = doctor.Seen([]doctor.Hook{hook})
	if seesRules := in.Permissions["administration"]; seesRules != "" {
		e.reader = e.client(readerOf(signed, i, in.ID, e.forge.repo))
	}
}

// client speaks with the interface, and does not follow anywhere: what it signs must not go to another host.
func (e *examination) client(t http.RoundTripper) *gh.Client {
	c := gh.NewClient(&http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }})
	c.BaseURL = e.forge.rest.BaseURL
	return c
}

// readerOf has a token of its own that reads branch protection and can do nothing else: the bot's token cannot, although the App may.
func readerOf(app *ghinstallation.AppsTransport, i Installation, installation int64, repo string) http.RoundTripper {
	t := ghinstallation.NewFromAppsTransport(app, installation)
	t.BaseURL = app.BaseURL
	t.InstallationTokenOptions = &gh.InstallationTokenOptions{Repositories: []string{repo},
		Permissions: &gh.InstallationPermissions{Metadata: gh.String("read"), Administration: gh.String("read")}}
	return telling{t, i.Tell}
}

// telling tells each token before it is used.
type telling struct {
	*ghinstallation.Transport
	tell func(string)
}

// RoundTrip implements http.RoundTripper.
func (t telling) RoundTrip(r *http.Request) (*http.Response, error) {
	token, err := t.Token(r.Context())
	if err != nil {
		return nil, mintFailure(r.Context(), err, "reading rules")
	}
	if t.tell != nil {
		t.tell(token)
	}
	return t.Transport.RoundTrip(r)
}

// named are permissions by the names that the interface uses, whichever the bot asks for.
func named(p *gh.InstallationPermissions) map[string]string {
	names := map[string]string{}
	text, err := json.Marshal(p)
	if err == nil {
		err = json.Unmarshal(text, &names)
	}
	if err != nil { // they are words
		return nil
	}
	return names
}
