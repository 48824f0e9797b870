// Package gitlab is the forge of a GitLab project: GitLab.com or a self-managed one, version 15.6 or later.
//
// Two ways lead to a project. What is Git (heads, commits, trees, merge bases, the preview of a merge) is read from its repository over smart HTTP, see
// package mirror; all else is its REST API. A new branch is made by the commits API in one step. Moving a branch and removing one have to
// compare and swap, which the API cannot: they are pushes with the SHA that the branch must have.
//
// Where GitLab is not like the contract:
//
//   - Text. From notes and descriptions GitLab takes out quick actions, carriage returns and white space at the end. A line that it could take for a
//     quick action is refused here (but /canary is the bot's own word); the rest is written down in an HTML comment behind the text, and put back
//     when it is read. Titles carry the draft in front, so a title that begins with "Draft:" is refused.
//   - Checks are commit statuses, jobs of the merge request's head pipeline. GitLab cannot pin a status to a user: anybody who may push can set one of
//     the same name, and the project's "Pipelines must succeed" counts it. So Merge looks for itself: each of RequiredChecks must be green on the
//     head by the bot's own user. That holds for merges by the bot; a person who merges in the browser is stopped by GitLab's rules only.
//     ActionRequired is pending with "Action required: " in front of the title. The description changes only with the state, and there is no room for a Summary.
//   - The merge method is a setting of the project. "Merge commit" and "Merge commit with semi-linear history" allow only forge.MergeCommit, since
//     squashing there makes two commits; "Fast-forward merge" allows forge.Squash and forge.Rebase, both only while the source branch holds all of the target:
//     GitLab does not rebase by itself. Anything else is refused with forge.ReasonPolicy, which says what to change.
//   - Approvals do not say which commit they are for. They count only where the project removes them on a push; elsewhere none is given, and where some are
//     required nothing is merged. Free has no required approvals, and keeps only the first reviewer.
//   - Auto-merge and merge trains answer MergeResult.Queued.
//   - Updated moves with comments, too, but not twice within a minute.
//   - Comments. GitLab moves the time of one for an edit and for a reaction alike, and only GraphQL tells who edited it. Where that does not answer (an older GitLab, a
//     proxy that lets only the REST API through) every change counts as an edit, but for reactions to what this value has seen unedited.
package gitlab

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	gl "github.com/xanzy/go-gitlab"

	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/forge/mirror"
)

// Options say which project, and as whom.
type Options struct {
	// URL is GitLab's own, "https://gitlab.example.org", with the path below which it is installed, if any.
	URL string
	// Project is the whole path, "group/sub/project".
	Project string
	// Client speaks with the API. Its transport authenticates, with "Private-Token" or "Authorization: Bearer".
	Client *http.Client
	// GitClient speaks Git. Its transport authenticates with "Authorization: Basic", any name and the token: GitLab takes nothing else there.
	GitClient *http.Client
	// RequiredChecks are names that Merge wants to be green by the bot's own user.
	RequiredChecks []string
	// StatusCheck is the number of an external status check that says what the required check says, 0 for none.
	StatusCheck int
	// Now and Sleep are the clock and waiting; nil is the real ones.
	Now   func() time.Time
	Sleep func(context.Context, time.Duration) error
}

// Forge is one project. It is a forge.Forge and, for people, a forge.Reviewer.
type Forge struct {
	o      Options
	api    *gl.Client //nolint:staticcheck // the last version under this name; its successor is not in go.mod
	mirror *mirror.Mirror

	mu    sync.Mutex
	me    *gl.User
	notes map[int]noted  // by id
	heads map[string]int // which merge request was open at a head

	listing chan struct{} // held by who lists everything
	known   known         // see everything
}

var (
	_ forge.Forge    = (*Forge)(nil)
	_ forge.Reviewer = (*Forge)(nil)
	_ forge.Roles    = (*Forge)(nil)
)

// New makes the forge. It does not speak with GitLab yet.
func New(o Options) (*Forge, error) {
	base, err := url.Parse(o.URL)
	if err != nil || base.Scheme != "https" && base.Scheme != "http" || base.Host == "" || base.User != nil {
		return nil, fmt.Errorf("open a GitLab project: the URL of GitLab is not an http or https URL without credentials: give one such as https://gitlab.example.org")
	}
	if !projectPath.MatchString(o.Project) {
		return nil, fmt.Errorf("open a GitLab project: %q is not the path of a project: give all of it, such as group/project", o.Project)
	}
	if o.Client == nil {
		o.Client = &http.Client{}
	}
	if o.GitClient == nil {
		o.GitClient = o.Client
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	root := strings.TrimSuffix(o.URL, "/")
	api, err := gl.NewClient("", gl.WithBaseURL(root+"/api/v4"), gl.WithHTTPClient(o.Client), gl.WithoutRetries(), gl.WithCustomLimiter(unlimited{})) //nolint:staticcheck // as above
	if err != nil {
		return nil, fmt.Errorf("open the GitLab project %s: %w", o.Project, err)
	}
	name := base.Host + "/" + o.Project
	return &Forge{o: o, api: api, notes: map[int]noted{}, heads: map[string]int{}, listing: make(chan struct{}, 1), mirror: mirror.New(mirror.Options{URL: root + "/" + o.Project + ".git", Client: o.GitClient, Name: name})}, nil
}

var projectPath = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]*(?:/[A-Za-z0-9_][A-Za-z0-9_.-]*)+$`)

// unlimited leaves the pace to the transport: the library's own limiter belongs to one value, not to the credential.
type unlimited struct{}

func (unlimited) Wait(context.Context) error { return nil }

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

// Me is the token's user, asked for once.
func (f *Forge) Me(ctx context.Context) (forge.User, error) {
	me, err := f.self(ctx)
	if err != nil {
		return forge.User{}, err
	}
	return user(me.ID, me.Username), nil
}

func (f *Forge) self(ctx context.Context) (*gl.User, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.me == nil {
		me, r, err := f.api.Users.CurrentUser(gl.WithContext(ctx))
		if err != nil {
			return nil, f.failed(ctx, "ask who the token belongs to", r, err)
		}
		f.me = me
	}
	return f.me, nil
}

// botName is what GitLab calls the users of project and group access tokens. Most answers have no other sign of a bot.
var botName = regexp.MustCompile(`^(?:project|group)_[0-9]+_bot(?:_|[0-9]*$)`)

func user(id int, name string) forge.User {
	if id == 0 {
		return forge.User{}
	}
	return forge.User{ID: strconv.Itoa(id), Name: name, Bot: botName.MatchString(name)}
}

func basicUser(u *gl.BasicUser) forge.User {
	if u == nil {
		return forge.User{}
	}
	return user(u.ID, u.Username)
}

// project reads the settings. They are read when they matter, since people change them.
func (f *Forge) project(ctx context.Context) (*gl.Project, error) {
	p, r, err := f.api.Projects.GetProject(f.o.Project, nil, gl.WithContext(ctx))
	if err != nil {
		return nil, f.failed(ctx, "read the project", r, err)
	}
	return p, nil
}

const pageSize = 100

// pages collects the pages of a list.
func pages[T any](list func(o gl.ListOptions) ([]T, *gl.Response, error)) ([]T, *gl.Response, error) {
	var all []T
	o := gl.ListOptions{PerPage: pageSize, Page: 1}
	for {
		some, r, err := list(o)
		if err != nil {
			return nil, r, err
		}
		all = append(all, some...)
		if r.NextPage == 0 {
			return all, r, nil
		}
		o.Page = r.NextPage
	}
}
