package fakegithub

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v4"
)

// Setup is what the owner of the repository, of the App and of a token has chosen, as far as the rest of the fake makes no use of it.
type Setup struct {
	// Scopes of personal access tokens; nil: they are fine-grained, and have none. TokenEnds is when they end, if ever.
	Scopes    []string
	TokenEnds time.Time
	// Enterprise is the version that a GitHub Enterprise Server tells with each answer here.
	Enterprise string
	Public     bool
	// Methods of merging that are switched off; HideMethods shows none.
	Without     []string
	HideMethods bool
	// Permissions that were granted to the App where it is installed, and those that it asks for; nil is what a bot needs.
	Permissions, Registered map[string]string
	Events                  []string
	Everywhere, Suspended   bool
	// CheckTimes makes GitHub look at the times in what an App signs.
	CheckTimes bool
	// Bypass is what whoever asks may do with the ruleset of main; "" is not told.
	Bypass string
	// Bypassers are App numbers and logins that branch protection lets past; AdminsToo holds administrators to it.
	Bypassers []string
	AdminsToo bool
	// Linear asks for a history without merge commits.
	Linear bool
	// Hooks are the repository's webhooks, which only administrators see; Deliveries those of the App's own.
	Hooks      []Hook
	Deliveries []Delivery

	readers map[string]bool // tokens that may read branch protection
}

// Hook is a webhook of the repository.
type Hook struct {
	URL        string
	Off        bool
	Secret     bool
	Events     []string
	Deliveries []Delivery
}

// Delivery is one that was tried.
type Delivery struct {
	At   time.Time
	Code int
	// Elsewhere tells that it is about another installation of the App.
	Elsewhere bool
}

// needed are the permissions of an App that is well set up.
func needed() map[string]string {
	return map[string]string{"metadata": "read", "contents": "write", "pull_requests": "write", "checks": "write", "statuses": "read", "issues": "write"}
}

// Arrange changes the setup.
func (s *Server) Arrange(edit func(*Setup)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	edit(&s.setup)
}

// routeDoctor answers what a doctor asks, before the rest of the fake does.
func (s *Server) routeDoctor() {
	s.setup = Setup{Bypass: "never", Enterprise: "3.19.1", AdminsToo: true, Events: []string{"issue_comment", "pull_request", "pull_request_review", "push", "check_run"}}
	rest := s.mux
	s.mux = http.NewServeMux()
	s.mux.Handle("/", rest)
	const repo = "/repos/{owner}/{repo}"
	s.handle("GET "+repo, (*call).arranged)
	s.handle("GET "+repo+"/installation", (*call).whereInstalled)
	s.handle("POST /app/installations/{installation_id}/access_tokens", (*call).mintNarrow)
	s.handle("GET "+repo+"/branches/{branch}/protection", (*call).wholeProtection)
	s.handle("GET "+repo+"/rules/branches/{branch}", (*call).allRules)
	s.handle("GET "+repo+"/rulesets/{ruleset}", (*call).ruleset)
	s.handle("GET "+repo+"/hooks", (*call).listHooks)
	s.handle("GET "+repo+"/hooks/{hook}/deliveries", (*call).listDeliveries)
	s.signed("GET /app", func(c *call, a *app) (int, any) {
		o := c.integration(a).(obj)
		o["permissions"] = c.registered()
		return http.StatusOK, o
	})
	s.signed("GET /app/hook/deliveries", func(c *call, a *app) (int, any) {
		return http.StatusOK, c.deliveries(c.setup.Deliveries, a.installation)
	})
	answers := s.mux
	s.mux = http.NewServeMux()
	s.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		if v := s.setup.Enterprise; v != "" {
			w.Header().Set("X-GitHub-Enterprise-Version", v)
		}
		s.mu.Unlock()
		answers.ServeHTTP(w, r)
	})
}

// signed makes a handler for what an App asks in its own name.
func (s *Server) signed(pattern string, f func(*call, *app) (int, any)) {
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		site := "http://" + r.Host
		c := &call{Server: s, w: w, r: r, site: site, base: site + "/api/v3"}
		w.Header().Set("Date", s.now().UTC().Format(http.TimeFormat))
		i := slices.IndexFunc(s.apps, c.signedBy)
		if i < 0 {
			c.reply(fail(http.StatusUnauthorized, "A JSON web token could not be decoded"))
			return
		}
		if why := c.late(); why != "" {
			c.reply(fail(http.StatusUnauthorized, why))
			return
		}
		c.reply(f(c, s.apps[i]))
	})
}

// late is what GitHub says of a signature whose times are not those of its clock.
func (c *call) late() string {
	if !c.setup.CheckTimes {
		return ""
	}
	claims := jwt.RegisteredClaims{}
	if _, _, err := jwt.NewParser().ParseUnverified(strings.TrimPrefix(c.r.Header.Get("Authorization"), "Bearer "), &claims); err != nil {
		return "A JSON web token could not be decoded"
	}
	switch now := c.now(); {
	case claims.ExpiresAt.Before(now):
		return "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires"
	case claims.ExpiresAt.After(now.Add(10 * time.Minute)):
		return "'Expiration time' claim ('exp') is too far in the future"
	case claims.IssuedAt.After(now.Add(time.Minute)):
		return "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued"
	}
	return ""
}

// arranged is the repository as its owner has set it up, with what the head of the answer tells of a token.
func (c *call) arranged() (int, any) {
	h := c.w.Header()
	if c.who.app == nil {
		if c.setup.Scopes != nil {
			h.Set("X-OAuth-Scopes", strings.Join(c.setup.Scopes, ", "))
		}
		if !c.setup.TokenEnds.IsZero() {
			h.Set("github-authentication-token-expiration", c.setup.TokenEnds.UTC().Format("2006-01-02 15:04:05 MST"))
		}
	}
	status, body := c.repository()
	if o, ok := body.(obj); ok && status == http.StatusOK {
		o["private"] = !c.setup.Public
		o["permissions"] = obj{"admin": c.who.user.role == "admin", "push": c.who.user.mayWrite(), "pull": true}
		for method, field := range map[string]string{"merge": "allow_merge_commit", "squash": "allow_squash_merge", "rebase": "allow_rebase_merge"} {
			if !c.setup.HideMethods {
				o[field] = !slices.Contains(c.setup.Without, method)
			}
		}
	}
	return status, body
}

func (c *call) granted() map[string]string {
	if c.setup.Permissions == nil {
		return needed()
	}
	return c.setup.Permissions
}

func (c *call) registered() map[string]string {
	if c.setup.Registered == nil {
		return c.granted()
	}
	return c.setup.Registered
}

func (c *call) whereInstalled() (int, any) {
	status, body := c.installation()
	if o, ok := body.(obj); ok && status == http.StatusOK {
		o["permissions"], o["events"] = c.granted(), c.setup.Events
		if c.setup.Everywhere {
			o["repository_selection"] = "all"
		}
		if c.setup.Suspended {
			o["suspended_at"] = stamp(c.now())
		}
	}
	return status, body
}

// mintNarrow gives a token for what was asked, and refuses what the App was not granted.
func (c *call) mintNarrow() (int, any) {
	var in struct{ Permissions map[string]string }
	asked := c.read(&in)
	if why := c.late(); why != "" {
		return fail(http.StatusUnauthorized, why)
	}
	if c.setup.Suspended {
		return fail(http.StatusForbidden, "This installation has been suspended")
	}
	if c.setup.Permissions != nil && asked {
		for name, want := range in.Permissions {
			if has := c.setup.Permissions[name]; has != "write" && has != want {
				return fail(http.StatusUnprocessableEntity, "The permissions requested are not granted to this installation.")
			}
		}
	}
	status, body := c.mint()
	if o, ok := body.(obj); ok && status == http.StatusCreated && in.Permissions["administration"] != "" {
		if c.setup.readers == nil {
			c.setup.readers = map[string]bool{}
		}
		c.setup.readers[o["token"].(string)] = true
	}
	return status, body
}

func (c *call) wholeProtection() (int, any) {
	_, token, _ := strings.Cut(c.r.Header.Get("Authorization"), " ")
	if c.setup.readers[token] {
		c.who.user = &user{role: "admin"}
	}
	status, body := c.protection()
	if o, ok := body.(obj); ok && status == http.StatusOK {
		at := c.at("branches/main/protection")
		o["enforce_admins"] = obj{"url": at + "/enforce_admins", "enabled": c.setup.AdminsToo}
		o["required_linear_history"] = obj{"enabled": c.setup.Linear}
		users, apps := []any{}, []any{}
		for _, who := range c.setup.Bypassers {
			for _, u := range c.users {
				if u.login == who {
					users = append(users, c.user(u))
				}
			}
			for _, a := range c.apps {
				if strconv.FormatInt(a.id, 10) == who {
					apps = append(apps, c.integration(a))
				}
			}
		}
		o["required_pull_request_reviews"].(obj)["bypass_pull_request_allowances"] = obj{"users": users, "teams": []any{}, "apps": apps}
	}
	return status, body
}

func (c *call) allRules() (int, any) {
	status, body := c.branchRules()
	if list, ok := body.([]any); ok && c.setup.Linear && !c.rules.Classic {
		body = append(list, obj{"type": "required_linear_history", "ruleset_source_type": "Repository", "ruleset_source": c.owner + "/" + c.name, "ruleset_id": 7})
	}
	return status, body
}

// ruleset shows who may pass it by only to those who may change it, and to each what they may themselves.
func (c *call) ruleset() (int, any) {
	if c.number("ruleset") != 7 {
		return missing()
	}
	o := obj{"id": 7, "name": "main is reviewed", "target": "branch", "source_type": "Repository", "source": c.owner + "/" + c.name, "enforcement": "active",
		"node_id": "RRS_7", "created_at": "2020-01-01T00:00:00Z", "updated_at": "2020-01-01T00:00:00Z"}
	if c.setup.Bypass != "" {
		o["current_user_can_bypass"] = c.setup.Bypass
	}
	return http.StatusOK, o
}

func (c *call) listHooks() (int, any) {
	if c.who.user.role != "admin" {
		return missing()
	}
	list := []any{}
	for i, h := range c.setup.Hooks {
		at := c.at("hooks/%d", i+1)
		config := obj{"url": h.URL, "content_type": "json", "insecure_ssl": "0"}
		if h.Secret {
			config["secret"] = "********"
		}
		list = append(list, obj{"type": "Repository", "id": i + 1, "name": "web", "active": !h.Off, "events": h.Events, "config": config, "url": at,
			"test_url": at + "/test", "ping_url": at + "/pings", "deliveries_url": at + "/deliveries", "updated_at": "2020-01-01T00:00:00Z", "created_at": "2020-01-01T00:00:00Z",
			"last_response": obj{"code": nil, "status": "unused", "message": nil}})
	}
	return http.StatusOK, page(c, list)
}

func (c *call) listDeliveries() (int, any) {
	i := int(c.number("hook")) - 1
	if c.who.user.role != "admin" || i < 0 || i >= len(c.setup.Hooks) {
		return missing()
	}
	return http.StatusOK, c.deliveries(c.setup.Hooks[i].Deliveries, 0)
}

func (c *call) deliveries(list []Delivery, installation int64) []any {
	told := []any{}
	for i, d := range list {
		o := obj{"id": i + 1, "guid": fmt.Sprintf("0b989ba4-242f-11e5-81e1-%012d", i), "delivered_at": d.At.UTC().Format(time.RFC3339), "redelivery": false, "duration": 0.2,
			"status": http.StatusText(d.Code), "status_code": d.Code, "event": "push", "action": nil, "installation_id": nil, "repository_id": 1}
		if installation != 0 {
			o["installation_id"] = installation
			if d.Elsewhere {
				o["installation_id"] = installation + 1000
			}
		}
		told = append(told, o)
	}
	return told
}
