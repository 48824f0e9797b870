package github

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/bradleyfalzon/ghinstallation/v2"
	gh "github.com/google/go-github/v60/github"

	"github.com/linnet-bot/linnet/pkg/forge/transport"
)

// Installation is a GitHub App where it is installed.
type Installation struct {
	// URL is as in Options.
	URL   string
	AppID int64
	// ID of the installation, the number at the end of its address. With 0 it is looked for where Project is.
	ID int64
	// Key is the App's private key, PEM.
	Key []byte
	// Project is "owner/name": tokens are good for this repository only.
	Project string
	// Teams asks for the right to read who is in which team of the organisation, which InGroup needs. An App without it gets no token then.
	Teams bool
	// Base sends the requests for tokens; it must not authenticate.
	Base http.RoundTripper
	// Tell is called with each new token, for a transport.Redactor; it may be nil.
	Tell func(token string)
}

// permissions are all that a token can do, whatever else the App was given.
func permissions() *gh.InstallationPermissions {
	return &gh.InstallationPermissions{Metadata: gh.String("read"), Contents: gh.String("write"), PullRequests: gh.String("write"),
		Checks: gh.String("write"), Statuses: gh.String("read"), Issues: gh.String("write")}
}

// Credential gives the installation's token, a new one before the old one ends, as "Bearer" to the API and as a password to Git.
func (i Installation) Credential() (transport.CredentialFunc, error) {
	at, err := addressesOf(i.URL)
	if err != nil {
		return nil, err
	}
	_, repo, ok := strings.Cut(i.Project, "/")
	if !ok {
		return nil, fmt.Errorf("%q is not a GitHub project: write it as owner/name", i.Project)
	}
	app, err := ghinstallation.NewAppsTransport(&asksForQueues{base: pinsVersion{i.Base}}, i.AppID, i.Key)
	if err != nil {
		return nil, errors.New("the private key of the GitHub App cannot be read: give the PEM file that GitHub made")
	}
	app.BaseURL = strings.TrimSuffix(at.rest.String(), "/")
	var mu sync.Mutex
	var minter *ghinstallation.Transport
	var last, key string
	return ForGit(func(ctx context.Context) (transport.Credential, error) {
		mu.Lock()
		defer mu.Unlock()
		if minter == nil {
			id, err := i.find(ctx, app, at)
			if err != nil {
				return transport.Credential{}, err
			}
			minter = ghinstallation.NewFromAppsTransport(app, id)
			minter.BaseURL = app.BaseURL
			may := permissions()
			if i.Teams {
				may.Members = gh.String("read")
			}
			minter.InstallationTokenOptions = &gh.InstallationTokenOptions{Repositories: []string{repo}, Permissions: may}
			key = "app/" + strconv.FormatInt(i.AppID, 10) + "/installation/" + strconv.FormatInt(id, 10)
		}
		token, err := minter.Token(ctx)
		if err != nil {
			return transport.Credential{}, mintFailure(ctx, err, i.Project)
		}
		if last != token && i.Tell != nil {
			i.Tell(token)
		}
		last = token
		return transport.Credential{Header: "Authorization", Value: "Bearer " + token, Key: key}, nil
	}), nil
}

// find gives the installation's number.
func (i Installation) find(ctx context.Context, app http.RoundTripper, at addresses) (int64, error) {
	if i.ID != 0 {
		return i.ID, nil
	}
	client := gh.NewClient(&http.Client{Transport: app})
	client.BaseURL = at.rest
	owner, repo, _ := strings.Cut(i.Project, "/")
	found, _, err := client.Apps.FindRepositoryInstallation(ctx, owner, repo)
	var answer *gh.ErrorResponse
	switch {
	case err == nil:
		return found.GetID(), nil
	case ctx.Err() != nil:
		return 0, ctx.Err()
	case errors.As(err, &answer) && answer.Response != nil && answer.Response.StatusCode == http.StatusNotFound:
		return 0, fmt.Errorf("find where the GitHub App is installed: it is not installed on %s: install it there", i.Project)
	case errors.As(err, &answer) && answer.Response != nil:
		return 0, fmt.Errorf("find where the GitHub App is installed on %s: HTTP %d: check the App's id, its key and the clock", i.Project, answer.Response.StatusCode)
	}
	return 0, fmt.Errorf("find where the GitHub App is installed on %s: no answer: check the address", i.Project)
}

// mintFailure keeps nothing of the library's error but its meaning: that one holds the request and with it the App's signature.
func mintFailure(ctx context.Context, err error, project string) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var answer *ghinstallation.HTTPError
	if errors.As(err, &answer) && answer.Response != nil {
		if answer.Response.Body != nil {
			_ = answer.Response.Body.Close() // the library leaves it open
		}
		return fmt.Errorf("get a token of the GitHub App for %s: HTTP %d: check the App's id, its key and permissions, the installation and the clock", project, answer.Response.StatusCode)
	}
	return fmt.Errorf("get a token of the GitHub App for %s: no answer: check the address", project)
}

type gitTraffic struct{}

// marksGit tells the credential that a request is Git's.
type marksGit struct{ base http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (m marksGit) RoundTrip(r *http.Request) (*http.Response, error) {
	base := m.base
	if base == nil {
		base = http.DefaultTransport
	}
	return base.RoundTrip(r.WithContext(context.WithValue(r.Context(), gitTraffic{}, true)))
}

// ForGit makes a credential fit for both: GitHub's Git takes a token only as a password.
func ForGit(c transport.CredentialFunc) transport.CredentialFunc {
	return func(ctx context.Context) (transport.Credential, error) {
		given, err := c(ctx)
		if token, ok := strings.CutPrefix(given.Value, "Bearer "); ok && err == nil && ctx.Value(gitTraffic{}) != nil {
			given.Value = "Basic " + base64.StdEncoding.EncodeToString([]byte("x-access-token:"+token))
		}
		return given, err
	}
}
