// Package github is a forge on github.com, on a GitHub Enterprise Server or on a data-residency host.
//
// A merge request is a pull request. The bot acts either as a GitHub App or as the owner of a personal access token, and the two differ in one
// thing that matters: an App says its checks as check runs, which nobody else can write and which a ruleset can pin to the App; a token can
// only set commit statuses, and anybody with push access can set another one of the same context. The contract's "a required check
// counts only when the bot set it" therefore holds for an App whose check is pinned by integration_id, and for nothing else.
//
// Three ways lead to GitHub and each is used for what it does best. Plain Git (package mirror) reads branches, commits and files, costs nothing
// of the API's budget and is never stale; it also deletes branches, since only a push can compare and swap there. GraphQL makes commits
// (createCommitOnBranch compares and swaps the head, and GitHub signs them), toggles drafts, and hands over to the merge queue. REST does all
// else, and is asked conditionally by package transport.
//
// Who has reacted to a comment is asked for where the number of some reaction is another than before: where somebody takes one back while somebody else gives the
// same, the first is still named. What this user itself has given cannot be mistaken so.
//
// MergeRequest.Updated is GitHub's updated_at, which comments move, too; its times are whole seconds.
//
// Rules of branches are decoded here from their JSON, because the client library fails on a rule it does not know.
package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	gh "github.com/google/go-github/v60/github"

	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/forge/mirror"
)

// Options say which repository, and as whom.
type Options struct {
	// URL is where people find GitHub: "https://github.com", "https://github.example.org", "https://octocorp.ghe.com". The addresses of its
	// interfaces follow from it.
	URL string
	// Project is "owner/name".
	Project string
	// Client authenticates, as a transport.Transport with Credential does; see Hosts.
	Client *http.Client
	// AppID is the GitHub App whose installation's token the client sends; 0 when it sends a personal access token.
	AppID int64
	// Now and Sleep are the clock and waiting; nil is the real ones.
	Now   func() time.Time
	Sleep func(context.Context, time.Duration) error
}

// Forge is one repository, seen as one user. It is safe for concurrent use.
type Forge struct {
	owner, repo string
	name        string // for errors: host/owner/repo
	app         int64
	rest        *gh.Client
	graphql     string
	git         *mirror.Mirror
	now         func() time.Time
	sleep       func(context.Context, time.Duration) error

	mu     sync.Mutex
	me     forge.User
	edited map[int64]time.Time // see firstSecond
	mine   map[int64]written   // see EditComment
	// reacted are the reactions to comments as they were read last; see complete.
	reacted map[int64]reacted

	listing chan struct{} // held by who lists everything
	known   known         // see everything
}

var (
	_ forge.Forge    = (*Forge)(nil)
	_ forge.Reviewer = (*Forge)(nil)
)

// New gives a forge that has asked nothing yet.
func New(o Options) (*Forge, error) {
	at, err := addressesOf(o.URL)
	if err != nil {
		return nil, err
	}
	owner, repo, ok := strings.Cut(o.Project, "/")
	if !ok || owner == "" || repo == "" || strings.ContainsAny(repo, "/?#%") || strings.ContainsAny(owner, "?#%") {
		return nil, fmt.Errorf("%q is not a GitHub project: write it as owner/name", o.Project)
	}
	if o.Client == nil {
		return nil, errors.New("no HTTP client is given: GitHub wants every request authenticated")
	}
	forREST := *o.Client
	forREST.Transport = pinsVersion{o.Client.Transport}
	f := &Forge{owner: owner, repo: repo, name: at.host + "/" + o.Project, app: o.AppID, graphql: at.graphql, now: o.Now, sleep: o.Sleep,
		rest: gh.NewClient(&forREST), edited: map[int64]time.Time{}, mine: map[int64]written{}, reacted: map[int64]reacted{}, listing: make(chan struct{}, 1)}
	f.rest.BaseURL = at.rest
	forGit := *o.Client
	forGit.Transport = marksGit{o.Client.Transport}
	f.git = mirror.New(mirror.Options{URL: at.git + "/" + o.Project + ".git", Client: &forGit, Name: f.name})
	if f.now == nil {
		f.now = time.Now
	}
	if f.sleep == nil {
		f.sleep = sleep
	}
	return f, nil
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// perPage is the most that GitHub gives in one answer.
const perPage = 100

// all reads every page.
func all[T any](ask func(gh.ListOptions) ([]T, *gh.Response, error)) ([]T, error) {
	var list []T
	for o := (gh.ListOptions{PerPage: perPage}); ; {
		part, answer, err := ask(o)
		if err != nil {
			return nil, err
		}
		list = append(list, part...)
		if answer.NextPage == 0 {
			return list, nil
		}
		o.Page = answer.NextPage
	}
}
