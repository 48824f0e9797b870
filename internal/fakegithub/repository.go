package fakegithub

import (
	"fmt"
	"net/http"
	"strings"
)

// links are the addresses that GitHub tells with every repository.
const links = "archive assignees blobs branches collaborators comments commits compare contents contributors deployments downloads events forks " +
	"git_commits git_refs git_tags hooks issue_comment issue_events issues keys labels languages merges milestones notifications pulls " +
	"releases stargazers statuses subscribers subscription tags teams trees"

func (c *call) repo() any {
	at := fmt.Sprintf("%s/repos/%s/%s", c.base, c.owner, c.name)
	full := c.owner + "/" + c.name
	o := obj{"id": 1, "node_id": "R_1", "name": c.name, "full_name": full, "owner": c.user(c.users[0]), "private": true, "html_url": c.site + "/" + full,
		"fork": false, "url": at, "default_branch": "main", "topics": []string{}, "visibility": "private", "permissions": obj{"admin": false, "push": true, "pull": true},
		"clone_url": c.site + "/" + full + ".git", "git_url": "git://example.org/" + full + ".git", "ssh_url": "git@example.org:" + full + ".git", "svn_url": c.site + "/" + full,
		"created_at": "2020-01-01T00:00:00Z", "updated_at": "2020-01-01T00:00:00Z", "pushed_at": "2020-01-01T00:00:00Z"}
	for name := range strings.FieldsSeq(links) {
		o[name+"_url"] = at + "/" + name
	}
	for _, name := range []string{"description", "homepage", "language", "mirror_url", "license"} {
		o[name] = nil
	}
	for _, name := range []string{"has_issues", "has_projects", "has_wiki", "has_pages", "has_downloads", "has_discussions", "archived", "disabled"} {
		o[name] = false
	}
	for _, name := range []string{"forks", "forks_count", "open_issues", "open_issues_count", "size", "stargazers_count", "watchers", "watchers_count", "network_count", "subscribers_count"} {
		o[name] = 0
	}
	return o
}

func (c *call) repository() (int, any) { return http.StatusOK, c.repo() }

// at is the address of something of the repository.
func (c *call) at(format string, args ...any) string {
	return fmt.Sprintf("%s/repos/%s/%s/", c.base, c.owner, c.name) + fmt.Sprintf(format, args...)
}

// page of the web interface.
func (c *call) web(format string, args ...any) string {
	return fmt.Sprintf("%s/%s/%s/", c.site, c.owner, c.name) + fmt.Sprintf(format, args...)
}

func (c *call) branch() (int, any) {
	name := c.r.PathValue("branch")
	sha := c.head(name)
	if sha == "" {
		return fail(http.StatusNotFound, "Branch not found")
	}
	who := obj{"name": "GitHub", "email": "noreply@github.com", "date": "2020-01-01T00:00:00Z"}
	commit := obj{"sha": sha, "node_id": "C_" + sha, "url": c.at("commits/%s", sha), "html_url": c.web("commit/%s", sha), "comments_url": c.at("commits/%s/comments", sha),
		"author": nil, "committer": nil, "parents": []any{},
		"commit": obj{"url": c.at("git/commits/%s", sha), "author": who, "committer": who, "message": "", "comment_count": 0,
			"tree": obj{"sha": sha, "url": c.at("git/trees/%s", sha)}}}
	protection := obj{"enabled": false, "required_status_checks": obj{"enforcement_level": "off", "contexts": []any{}, "checks": []any{}}}
	if c.rules.Classic {
		protection = obj{"enabled": true, "required_status_checks": c.requiredStatusChecks()}
	}
	return http.StatusOK, obj{"name": name, "commit": commit, "protected": c.rules.Classic, "protection": protection, "protection_url": c.at("branches/%s/protection", name),
		"_links": obj{"html": c.web("tree/%s", name), "self": c.at("branches/%s", name)}}
}
