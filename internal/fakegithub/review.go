package fakegithub

import (
	"fmt"
	"net/http"
	"slices"
	"time"
)

type review struct {
	id        int64
	by        *user
	state     string
	body      string
	commit    string
	submitted time.Time
}

// approvals count each person's last word.
func (p *pull) approvals() int {
	last := map[*user]string{}
	for _, r := range p.reviews {
		if r.state != "COMMENTED" && r.by.mayWrite() {
			last[r.by] = r.state
		}
	}
	n := 0
	for _, state := range last {
		switch state {
		case "APPROVED":
			n++
		case "CHANGES_REQUESTED":
			return 0 // blocks, whoever else approves
		}
	}
	return n
}

func (c *call) reviewOf(p *pull, r *review) any {
	html := c.web("pull/%d#pullrequestreview-%d", p.number, r.id)
	return obj{"id": r.id, "node_id": fmt.Sprintf("PRR_%d", r.id), "user": c.user(r.by), "body": r.body, "state": r.state, "html_url": html,
		"pull_request_url": c.at("pulls/%d", p.number), "submitted_at": stamp(r.submitted), "commit_id": r.commit, "author_association": "COLLABORATOR",
		"_links": obj{"html": obj{"href": html}, "pull_request": obj{"href": c.at("pulls/%d", p.number)}}}
}

func (c *call) listReviews() (int, any) {
	p := c.pull()
	if p == nil {
		return missing()
	}
	return http.StatusOK, each(page(c, p.reviews), func(r *review) any { return c.reviewOf(p, r) })
}

func (c *call) review() (int, any) {
	var in struct {
		Commit string `json:"commit_id"`
		Event  string
		Body   string
	}
	p := c.pull()
	if p == nil || !c.read(&in) {
		return missing()
	}
	state := map[string]string{"APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED", "COMMENT": "COMMENTED"}[in.Event]
	if c.who.user == p.author && state != "COMMENTED" {
		return fail(http.StatusUnprocessableEntity, "Unprocessable Entity", "Can not approve your own pull request")
	}
	if in.Commit == "" {
		in.Commit = p.head
	}
	r := &review{id: c.next(), by: c.who.user, state: state, body: in.Body, commit: in.Commit, submitted: c.clock()}
	p.reviews = append(p.reviews, r)
	p.reviewers = slices.DeleteFunc(p.reviewers, func(u *user) bool { return u == c.who.user }) // who reviewed is asked no longer
	p.updated = c.clock()
	return http.StatusOK, c.reviewOf(p, r)
}

func (c *call) dismiss() (int, any) {
	p := c.pull()
	if p == nil {
		return missing()
	}
	if c.denied() {
		return forbidden()
	}
	for _, r := range p.reviews {
		if r.id != c.number("review") {
			continue
		}
		if r.state != "APPROVED" && r.state != "CHANGES_REQUESTED" {
			return fail(http.StatusUnprocessableEntity, "Validation Failed", "Can not dismiss a commented pull request review")
		}
		r.state = "DISMISSED"
		return http.StatusOK, c.reviewOf(p, r)
	}
	return missing()
}
