package fakegithub

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v4"
)

// user is a person, or the bot that an App acts as.
type user struct {
	id    int64
	login string
	bot   bool
	role  string // "read", "triage", "write", "maintain", "admin"; "" is no collaborator
}

func (u *user) mayWrite() bool { return u.role == "write" || u.role == "maintain" || u.role == "admin" }

// app is a GitHub App, installed once.
type app struct {
	id, installation int64
	slug             string
	key              *rsa.PublicKey
	bot              *user
	made             time.Time
	withoutQueues    bool // nobody gave it the permission to read merge queues
}

// actor is whom a token belongs to.
type actor struct {
	user    *user
	app     *app // of an installation's token
	blind   bool // to the merge queue
	expires time.Time
}

// App is what its owner knows.
type App struct {
	ID, Installation int64
	Slug             string
	Key              []byte // PEM
}

// AddUser makes a person and gives a personal access token. Role is "read", "triage", "write", "maintain" or "admin".
func (s *Server) AddUser(login, role string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := &user{id: s.next(), login: login, role: role}
	s.users = append(s.users, u)
	return s.token("ghp_", actor{user: u})
}

// token makes one for somebody. Those of installations are long and have dots, as GitHub's newer ones.
func (s *Server) token(prefix string, a actor) string {
	t := prefix + rand.Text() + rand.Text()[:10]
	if a.app != nil {
		t = fmt.Sprintf("ghs_%d_%s.%s.%s", a.app.id, rand.Text(), rand.Text(), rand.Text())
	}
	s.tokens[t] = a
	return t
}

// appKey is that of all Apps: making one takes longer than most tests.
var appKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

// AddApp makes a GitHub App and installs it with all that a bot needs.
func (s *Server) AddApp(slug string) (App, error) {
	key, err := appKey()
	if err != nil {
		return App{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a := &app{id: s.next(), installation: s.next(), slug: slug, key: &key.PublicKey, made: s.clock()}
	a.bot = &user{id: s.next(), login: slug + "[bot]", bot: true, role: "write"}
	s.apps, s.users = append(s.apps, a), append(s.users, a.bot)
	return App{ID: a.id, Installation: a.installation, Slug: slug,
		Key: pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})}, nil
}

// InstallationToken gives a token as which the App acts and that does not end, for tests in which time flies.
func (s *Server) InstallationToken(of App) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.apps, func(a *app) bool { return a.id == of.ID })
	return s.token("", actor{user: s.apps[i].bot, app: s.apps[i], blind: s.apps[i].withoutQueues})
}

// authenticate finds whom a request's token belongs to. An App's own signature is nobody's token; see mint.
func (s *Server) authenticate(r *http.Request) (actor, bool) {
	if r.PathValue("installation_id") != "" || strings.HasSuffix(r.URL.Path, "/installation") {
		return actor{}, true
	}
	kind, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(kind, "bearer") && !strings.EqualFold(kind, "token") {
		return actor{}, false
	}
	return s.owns(token)
}

func (s *Server) owns(token string) (actor, bool) {
	a, ok := s.tokens[token]
	return a, ok && (a.expires.IsZero() || s.now().Before(a.expires))
}

// mint gives an installation's token to who signs as its App.
func (c *call) mint() (int, any) {
	i := slices.IndexFunc(c.apps, func(a *app) bool { return a.installation == c.number("installation_id") })
	if i < 0 {
		return missing()
	}
	a := c.apps[i]
	if !c.signedBy(a) {
		return fail(http.StatusUnauthorized, "A JSON web token could not be decoded")
	}
	var in struct{ Permissions map[string]string }
	_ = c.read(&in) // a token for all that was given needs no body
	asked := in.Permissions == nil || in.Permissions["merge_queues"] != ""
	if in.Permissions != nil && asked && a.withoutQueues {
		return fail(http.StatusUnprocessableEntity, "The permissions requested are not granted to this installation.")
	}
	expires := c.now().Add(time.Hour)
	t := c.token("", actor{user: a.bot, app: a, expires: expires, blind: !asked || a.withoutQueues})
	return http.StatusCreated, obj{"token": t, "expires_at": stamp(expires), "permissions": obj{"contents": "write", "metadata": "read"}, "repository_selection": "selected"}
}

// signedBy is whether an App has signed the request.
func (c *call) signedBy(a *app) bool {
	signed := strings.TrimPrefix(c.r.Header.Get("Authorization"), "Bearer ")
	claims := jwt.RegisteredClaims{}
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"RS256"}), jwt.WithoutClaimsValidation()) // the clock is ours
	_, err := parser.ParseWithClaims(signed, &claims, func(*jwt.Token) (any, error) { return a.key, nil })
	return err == nil && claims.Issuer == strconv.FormatInt(a.id, 10)
}

// installation answers an App where it is installed on the repository.
func (c *call) installation() (int, any) {
	for _, a := range c.apps {
		if c.signedBy(a) {
			at := fmt.Sprintf("%s/app/installations/%d", c.base, a.installation)
			return http.StatusOK, obj{"id": a.installation, "app_id": a.id, "app_slug": a.slug, "account": c.user(c.users[0]), "target_id": c.users[0].id, "target_type": "Organization",
				"repository_selection": "selected", "access_tokens_url": at + "/access_tokens", "repositories_url": c.base + "/installation/repositories", "html_url": at,
				"permissions": obj{"checks": "write", "contents": "write", "metadata": "read", "pull_requests": "write"}, "events": []string{}, "single_file_name": nil,
				"created_at": stamp(a.made), "updated_at": stamp(a.made), "suspended_at": nil, "suspended_by": nil}
		}
	}
	return fail(http.StatusUnauthorized, "A JSON web token could not be decoded")
}

func (c *call) user(u *user) any {
	if u == nil {
		return nil
	}
	at := c.base + "/users/" + u.login
	o := obj{"id": u.id, "login": u.login, "node_id": fmt.Sprintf("U_%d", u.id), "avatar_url": at + "/avatar", "gravatar_id": "", "url": at,
		"html_url": c.site + "/" + u.login, "type": "User", "site_admin": false}
	if u.bot {
		o["type"] = "Bot"
	}
	for _, name := range []string{"followers", "following", "gists", "starred", "subscriptions", "organizations", "repos", "events", "received_events"} {
		o[name+"_url"] = at + "/" + name
	}
	return o
}

func (c *call) integration(a *app) any {
	return obj{"id": a.id, "slug": a.slug, "node_id": fmt.Sprintf("A_%d", a.id), "name": a.slug, "owner": c.user(c.users[0]), "description": nil,
		"external_url": "https://example.org", "html_url": c.site + "/apps/" + a.slug, "created_at": stamp(a.made), "updated_at": stamp(a.made),
		"permissions": obj{"checks": "write", "contents": "write", "metadata": "read", "pull_requests": "write"}, "events": []string{}}
}

// me answers whom a token belongs to; REST does not tell installations.
func (c *call) me() (int, any) {
	if c.who.app != nil {
		return fail(http.StatusForbidden, "Resource not accessible by integration")
	}
	o := c.user(c.who.user).(obj)
	for _, name := range []string{"name", "company", "location", "email", "hireable", "bio", "twitter_username"} {
		o[name] = nil
	}
	o["blog"] = ""
	for _, name := range []string{"public_repos", "public_gists", "followers", "following"} {
		o[name] = 0
	}
	o["created_at"], o["updated_at"] = "2020-01-01T00:00:00Z", "2020-01-01T00:00:00Z"
	return http.StatusOK, o
}

// permission answers what a user may do.
func (c *call) permission() (int, any) {
	i := slices.IndexFunc(c.users, func(u *user) bool { return strings.EqualFold(u.login, c.r.PathValue("username")) })
	if i < 0 {
		return missing()
	}
	u := c.users[i]
	coarse, known := map[string]string{"": "none", "read": "read", "triage": "read", "write": "write", "maintain": "write", "admin": "admin"}[u.role]
	if !known { // an organisation's own
		coarse = "write"
	}
	o := c.user(u).(obj)
	o["role_name"] = u.role
	o["email"], o["name"] = nil, nil
	return http.StatusOK, obj{"permission": coarse, "role_name": u.role, "user": o}
}

// denied refuses who may not write.
func (c *call) denied() bool { return !c.who.user.mayWrite() }

func forbidden() (int, any) {
	return fail(http.StatusForbidden, "Resource not accessible by personal access token")
}
