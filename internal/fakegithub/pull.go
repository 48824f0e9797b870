package fakegithub

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

type pull struct {
	id             int64
	number         int
	title, body    string
	source, target string
	head, base     string // where the branches were last
	open, draft    bool
	author         *user
	created        time.Time
	updated        time.Time
	closed         time.Time
	merged         time.Time
	mergeSHA       string
	mergedBy       *user
	labels         []*label
	reviewers      []*user
	reviews        []*review
	comments       []*comment
	asked          string   // heads for which somebody has asked whether it can be merged
	auto           *user    // who enabled auto-merge
	place          *waiting // in the merge queue
}

type label struct {
	id   int64
	name string
}

func (c *call) label(l *label) any {
	return obj{"id": l.id, "node_id": fmt.Sprintf("L_%d", l.id), "url": c.at("labels/%s", l.name), "name": l.name, "description": "", "color": "ededed", "default": false}
}

// pull finds the one that the path names.
func (c *call) pull() *pull {
	n := int(c.number("number"))
	if n < 1 || n > len(c.pulls) {
		return nil
	}
	return c.pulls[n-1]
}

// simple is a pull request as lists tell it.
func (c *call) simple(p *pull) obj {
	at, issue, web := c.at("pulls/%d", p.number), c.at("issues/%d", p.number), c.web("pull/%d", p.number)
	href := func(s string) obj { return obj{"href": s} }
	state := "closed"
	if p.open {
		state = "open"
	}
	end := func(branch, sha string) obj {
		return obj{"label": c.owner + ":" + branch, "ref": branch, "sha": sha, "user": c.user(c.users[0]), "repo": c.repo()}
	}
	return obj{"id": p.id, "node_id": fmt.Sprintf("PR_%d", p.number), "number": p.number, "state": state, "locked": false, "title": p.title, "body": or(p.body),
		"user": c.user(p.author), "labels": each(p.labels, func(l *label) any { return c.label(l) }), "milestone": nil, "assignee": nil, "assignees": []any{},
		"requested_reviewers": each(p.reviewers, func(u *user) any { return c.user(u) }), "requested_teams": []any{}, "draft": p.draft,
		"head": end(p.source, p.head), "base": end(p.target, p.base), "author_association": "COLLABORATOR", "auto_merge": c.autoMerge(p),
		"created_at": stamp(p.created), "updated_at": stamp(p.updated), "closed_at": stamp(p.closed), "merged_at": stamp(p.merged), "merge_commit_sha": or(c.mergeCommit(p)),
		"url": at, "html_url": web, "diff_url": web + ".diff", "patch_url": web + ".patch", "issue_url": issue, "commits_url": at + "/commits",
		"review_comments_url": at + "/comments", "review_comment_url": c.at("pulls/comments{/number}"), "comments_url": issue + "/comments", "statuses_url": c.at("statuses/%s", p.head),
		"_links": obj{"self": href(at), "html": href(web), "issue": href(issue), "comments": href(issue + "/comments"), "review_comments": href(at + "/comments"),
			"review_comment": href(c.at("pulls/comments{/number}")), "commits": href(at + "/commits"), "statuses": href(c.at("statuses/%s", p.head))}}
}

func (c *call) autoMerge(p *pull) any {
	if p.auto == nil {
		return nil
	}
	return obj{"enabled_by": c.user(p.auto), "merge_method": "merge", "commit_title": "", "commit_message": ""}
}

// mergeCommit of an open one is a trial that is no commit of the target; a client must not take it for the merge.
func (c *call) mergeCommit(p *pull) string {
	if p.open && p.asked == p.head+p.base {
		return "7e57" + p.head[4:]
	}
	return p.mergeSHA
}

// full is a pull request alone. Who asks first after a change is told that it is not known yet whether it can be merged.
func (c *call) full(p *pull) obj {
	o := c.simple(p)
	o["merged"], o["merged_by"], o["maintainer_can_modify"], o["rebaseable"] = !p.merged.IsZero(), c.user(p.mergedBy), false, nil
	for _, name := range []string{"comments", "review_comments", "commits", "additions", "deletions", "changed_files"} {
		o[name] = 0
	}
	o["mergeable"], o["mergeable_state"] = nil, "unknown"
	if !p.open {
		return o
	}
	if heads := p.head + p.base; p.asked != heads {
		p.asked = heads
		return o
	}
	_, clean := c.mergedTree(p.base, p.head)
	o["mergeable"] = clean
	switch {
	case p.draft:
		o["mergeable_state"] = "draft"
	case !clean:
		o["mergeable_state"] = "dirty"
	case c.wanting(p) != "":
		o["mergeable_state"] = "blocked"
	default:
		o["mergeable_state"] = "clean"
	}
	return o
}

func (c *call) listPulls() (int, any) {
	q := c.r.URL.Query()
	state := q.Get("state")
	var found []*pull
	for _, p := range c.pulls {
		switch {
		case (state == "" || state == "open") && !p.open, state == "closed" && p.open:
		case q.Get("base") != "" && q.Get("base") != p.target:
		case q.Get("head") != "" && q.Get("head") != c.owner+":"+p.source:
		default:
			found = append(found, p)
		}
	}
	if q.Get("sort") == "updated" {
		slices.SortStableFunc(found, func(a, b *pull) int { return a.updated.Compare(b.updated) })
	}
	if q.Get("direction") != "asc" {
		slices.Reverse(found)
	}
	return http.StatusOK, each(page(c, found), func(p *pull) any { return c.simple(p) })
}

func (c *call) getPull() (int, any) {
	p := c.pull()
	if p == nil {
		return missing()
	}
	return http.StatusOK, c.full(p)
}

// twin is another open one for the same branches.
func (s *Server) twin(source, target string) *pull {
	for _, p := range s.pulls {
		if p.open && p.source == source && p.target == target {
			return p
		}
	}
	return nil
}

func (c *call) openPull() (int, any) {
	var in struct {
		Title, Body, Head, Base string
		Draft                   bool
	}
	if !c.read(&in) {
		return fail(http.StatusBadRequest, "Problems parsing JSON")
	}
	if c.denied() {
		return forbidden()
	}
	in.Head = strings.TrimPrefix(in.Head, c.owner+":")
	head, base := c.head(in.Head), c.head(in.Base)
	switch {
	case strings.TrimSpace(in.Title) == "":
		return invalid("PullRequest", "title", "missing_field", "")
	case base == "":
		return invalid("PullRequest", "base", "invalid", "")
	case head == "":
		return invalid("PullRequest", "head", "invalid", "")
	case c.twin(in.Head, in.Base) != nil:
		return invalid("PullRequest", "", "custom", fmt.Sprintf("A pull request already exists for %s:%s.", c.owner, in.Head))
	case c.isAncestor(head, base):
		return invalid("PullRequest", "", "custom", fmt.Sprintf("No commits between %s and %s", in.Base, in.Head))
	}
	now := c.clock()
	p := &pull{id: c.next(), number: len(c.pulls) + 1, title: strings.TrimSpace(in.Title), body: in.Body, source: in.Head, target: in.Base, head: head, base: base,
		open: true, draft: in.Draft, author: c.who.user, created: now, updated: now}
	c.pulls = append(c.pulls, p)
	_, _ = c.git("update-ref", fmt.Sprintf("refs/pull/%d/head", p.number), head)
	return http.StatusCreated, c.full(p)
}

func (c *call) editPull() (int, any) {
	var in struct{ Title, Body, State *string }
	p := c.pull()
	if p == nil || !c.read(&in) {
		return missing()
	}
	if c.denied() && c.who.user != p.author {
		return forbidden()
	}
	if in.State != nil && *in.State == "open" && !p.open {
		if status, refused := c.reopen(p); refused != nil {
			return status, refused
		}
	}
	if in.Title != nil {
		p.title = strings.TrimSpace(*in.Title)
	}
	if in.Body != nil {
		p.body = *in.Body
	}
	if in.State != nil && *in.State == "closed" && p.open {
		c.shut(p)
	}
	p.updated = c.clock()
	return http.StatusOK, c.full(p)
}

func (s *Server) shut(p *pull) {
	p.open, p.auto, p.closed, p.updated = false, nil, s.clock(), s.clock()
	s.dequeue(p)
}

func (c *call) reopen(p *pull) (int, any) {
	refuse := func(why string) (int, any) {
		return invalid("PullRequest", "state", "custom", "state cannot be changed. "+why)
	}
	head, base := c.head(p.source), c.head(p.target)
	switch {
	case !p.merged.IsZero():
		return refuse("The pull request is merged.")
	case head == "":
		return refuse(fmt.Sprintf("The %s branch has been deleted.", p.source))
	case base == "":
		return refuse(fmt.Sprintf("The %s branch has been deleted.", p.target))
	case c.twin(p.source, p.target) != nil:
		return refuse(fmt.Sprintf("A pull request already exists for %s:%s.", c.owner, p.source))
	case !c.isAncestor(p.head, head):
		return refuse(fmt.Sprintf("The %s branch was force-pushed or recreated.", p.source))
	}
	p.open, p.closed, p.head, p.base = true, time.Time{}, head, base
	return 0, nil
}

func (c *call) requestReviewers() (int, any) {
	var in struct{ Reviewers []string }
	p := c.pull()
	if p == nil || !c.read(&in) {
		return missing()
	}
	if c.denied() {
		return forbidden()
	}
	var found []*user
	for _, name := range in.Reviewers {
		i := slices.IndexFunc(c.users, func(u *user) bool { return strings.EqualFold(u.login, name) && u.role != "" && !u.bot })
		switch {
		case strings.EqualFold(name, p.author.login):
			return fail(http.StatusUnprocessableEntity, "Review cannot be requested from pull request author.")
		case i < 0:
			return fail(http.StatusUnprocessableEntity, "Reviews may only be requested from collaborators. One or more of the users or teams you specified is not a collaborator of the "+c.owner+"/"+c.name+" repository.")
		}
		found = append(found, c.users[i])
	}
	for _, u := range found {
		if !slices.Contains(p.reviewers, u) {
			p.reviewers = append(p.reviewers, u)
		}
	}
	p.updated = c.clock()
	return http.StatusCreated, c.simple(p)
}

// addLabels makes labels that are not there.
func (c *call) addLabels() (int, any) {
	var in struct{ Labels []string }
	p := c.pull()
	if p == nil || !c.read(&in) {
		return missing()
	}
	if c.denied() {
		return forbidden()
	}
	for _, name := range in.Labels {
		i := slices.IndexFunc(c.labels, func(l *label) bool { return strings.EqualFold(l.name, name) })
		if i < 0 {
			i = len(c.labels)
			c.labels = append(c.labels, &label{id: c.next(), name: name})
		}
		if !slices.Contains(p.labels, c.labels[i]) {
			p.labels = append(p.labels, c.labels[i])
		}
	}
	p.updated = c.clock()
	return http.StatusOK, each(p.labels, func(l *label) any { return c.label(l) })
}

// AddClosed makes a pull request of long ago, whose branch is gone. A head is a commit that is there.
func (s *Server) AddClosed(source, head string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock()
	s.pulls = append(s.pulls, &pull{id: s.next(), number: len(s.pulls) + 1, title: source, source: source, target: "main", head: head, base: head,
		author: s.users[0], created: now, updated: now, closed: now})
}

// Retarget is somebody who has a pull request merged into another branch.
func (s *Server) Retarget(number int, target string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.pulls[number-1]
	p.target, p.updated = target, s.clock()
}
