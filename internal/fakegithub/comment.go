package fakegithub

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

type comment struct {
	id        int64
	by        *user
	body      string
	created   time.Time
	updated   time.Time
	edited    time.Time // which REST does not tell
	reactions []*reaction
}

type reaction struct {
	id      int64
	by      *user
	content string
	made    time.Time
}

var contents = []string{"+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes"}

func (c *call) comment(p *pull, m *comment) any {
	at := c.at("issues/comments/%d", m.id)
	rollup := obj{"url": at + "/reactions", "total_count": len(m.reactions)}
	for _, content := range contents {
		n := 0
		for _, r := range m.reactions {
			if r.content == content {
				n++
			}
		}
		rollup[content] = n
	}
	return obj{"id": m.id, "node_id": fmt.Sprintf("IC_%d", m.id), "url": at, "html_url": c.web("pull/%d#issuecomment-%d", p.number, m.id), "body": m.body, "user": c.user(m.by),
		"created_at": stamp(m.created), "updated_at": stamp(m.updated), "issue_url": c.at("issues/%d", p.number), "author_association": "COLLABORATOR", "reactions": rollup}
}

// findComment finds the one that the path names.
func (c *call) findComment() (*pull, *comment) {
	return c.commentBy(c.number("id"))
}

func (s *Server) commentBy(id int64) (*pull, *comment) {
	for _, p := range s.pulls {
		for _, m := range p.comments {
			if m.id == id {
				return p, m
			}
		}
	}
	return nil, nil
}

func (c *call) listComments() (int, any) {
	p := c.pull()
	if p == nil {
		return missing()
	}
	return http.StatusOK, each(page(c, p.comments), func(m *comment) any { return c.comment(p, m) })
}

// wrongBody is whether GitHub refuses a text.
func wrongBody(body string) bool {
	return strings.TrimSpace(body) == "" || utf8.RuneCountInString(body) > 65536
}

func (c *call) addComment() (int, any) {
	var in struct{ Body string }
	p := c.pull()
	if p == nil || !c.read(&in) {
		return missing()
	}
	if wrongBody(in.Body) {
		return invalid("IssueComment", "body", "invalid", "")
	}
	now := c.clock()
	m := &comment{id: c.next(), by: c.who.user, body: in.Body, created: now, updated: now}
	p.comments, p.updated = append(p.comments, m), now
	return http.StatusCreated, c.comment(p, m)
}

func (c *call) getComment() (int, any) {
	p, m := c.findComment()
	if m == nil {
		return missing()
	}
	return http.StatusOK, c.comment(p, m)
}

func (c *call) editComment() (int, any) {
	var in struct{ Body string }
	p, m := c.findComment()
	if m == nil || !c.read(&in) {
		return missing()
	}
	switch {
	case c.denied() && c.who.user != m.by:
		return forbidden()
	case wrongBody(in.Body):
		return invalid("IssueComment", "body", "invalid", "")
	}
	m.body, m.updated, m.edited = in.Body, c.clock(), c.clock()
	return http.StatusOK, c.comment(p, m)
}

func (c *call) deleteComment() (int, any) {
	p, m := c.findComment()
	if m == nil {
		return missing()
	}
	if c.denied() && c.who.user != m.by {
		return forbidden()
	}
	p.comments = slices.DeleteFunc(p.comments, func(o *comment) bool { return o == m })
	return http.StatusNoContent, nil
}

func (c *call) reaction(r *reaction) any {
	return obj{"id": r.id, "node_id": fmt.Sprintf("REA_%d", r.id), "user": c.user(r.by), "content": r.content, "created_at": stamp(r.made)}
}

func (c *call) listReactions() (int, any) {
	_, m := c.findComment()
	if m == nil {
		return missing()
	}
	return http.StatusOK, each(page(c, m.reactions), func(r *reaction) any { return c.reaction(r) })
}

// react answers 200 when the reaction is there already, 201 when it is new.
func (c *call) react() (int, any) {
	var in struct{ Content string }
	_, m := c.findComment()
	if m == nil || !c.read(&in) {
		return missing()
	}
	if !slices.Contains(contents, in.Content) {
		return invalid("Reaction", "content", "invalid", "")
	}
	for _, r := range m.reactions {
		if r.by == c.who.user && r.content == in.Content {
			return http.StatusOK, c.reaction(r)
		}
	}
	r := &reaction{id: c.next(), by: c.who.user, content: in.Content, made: c.clock()}
	m.reactions = append(m.reactions, r)
	return http.StatusCreated, c.reaction(r)
}

func (c *call) unreact() (int, any) {
	_, m := c.findComment()
	if m == nil {
		return missing()
	}
	for i, r := range m.reactions {
		if r.id == c.number("reaction") {
			if r.by != c.who.user {
				return forbidden()
			}
			m.reactions = slices.Delete(m.reactions, i, i+1)
			return http.StatusNoContent, nil
		}
	}
	return missing()
}

// EditComment changes a comment as somebody with write access does, who need not be its author.
func (s *Server) EditComment(id int64, body string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.notice(nil)
	if _, m := s.commentBy(id); m != nil {
		m.body, m.updated, m.edited = body, s.clock(), s.clock()
	}
}
