package doctor

import (
	"slices"
)

// scopesInRepo are those that "repo" has in it.
var scopesInRepo = []string{"repo:status", "repo_deployment", "public_repo", "repo:invite", "security_events"}

// token judges a personal access token.
func (g GitHub) token(f *findings, s Settings) {
	t, looked := *g.Token, "X-OAuth-Scopes of an answer"
	if r := g.Repository; r.Seen {
		if !r.Value.Push {
			f.fail("permissions/role", "GET repository", "give it the role write", "%s may not push to %s", g.Me.Value, s.Project)
		}
		if r.Value.Admin {
			f.warn("permissions/role", "GET repository", "give it the role write", "%s is an administrator of %s, which can change every rule of it", g.Me.Value, s.Project)
		}
	}
	const advice = "use a GitHub App, or a fine-grained token for this repository alone"
	if t.Classic {
		scope := "repo"
		if g.Repository.Seen && !g.Repository.Value.Private && !slices.Contains(t.Scopes, "repo") {
			scope = "public_repo"
		}
		if !slices.Contains(t.Scopes, scope) {
			f.fail("permissions/missing", looked, "make a token with the scope "+scope, "the token lacks the scope %s", scope)
		}
		if wide := without(t.Scopes, append([]string{scope, "read:org"}, scopesInRepo...)); len(wide) > 0 {
			f.warn("permissions/wide", looked, advice, "the token may do more than it needs: %s", and(wide))
		}
		f.warn("permissions/everywhere", looked, advice, "a classic token opens every repository that %s can write to", g.Me.Value)
	} else {
		if len(t.Lacks) > 0 {
			f.fail("permissions/missing", "reading requests", "give the token "+and(t.Lacks)+": read and write", "the token lacks %s", and(t.Lacks))
		}
		f.unknown("permissions", looked, "compare on the token's own page: contents, pull requests, issues and commit statuses, read and write, and nothing else",
			"whether the token may do all that it needs, and more, is not known", "GitHub does not tell the permissions of a fine-grained token")
	}
	f.expiry(t.Ends, s.Now, "github-authentication-token-expiration of an answer", "make a new token and write it into the file; it is read anew")
}
