package fakegitlab

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

type note struct {
	id, iid          int
	by               *User
	body, kind       string
	system           bool
	created, updated time.Time
	edited           time.Time // which REST does not tell
	editor           *User
	awards           []*award
}

type award struct {
	id   int
	name string
	by   *User
	at   time.Time
}

// touchInterval is how long GitLab leaves a merge request alone that was changed or touched.
const touchInterval = time.Minute

// touch is what a note or an approval does to the time of a merge request: nothing, where it has moved within the last minute.
func (s *Server) touch(m *mergeRequest) {
	if now := s.now(); now.Sub(m.updated) > touchInterval {
		m.updated = now
	}
}

// AddNote puts one in that the API cannot make: a message of GitLab's own, or a remark on a line (kind DiffNote).
func (s *Server) AddNote(iid int, kind, body string, system bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.notice(nil)
	s.notes = append(s.notes, &note{id: s.newID(), iid: iid, by: s.users[0], body: body, kind: kind, system: system, created: s.now(), updated: s.now()})
}

func (s *Server) noteJSON(n *note) map[string]any {
	j := map[string]any{"id": n.id, "type": nil, "body": n.body, "author": s.userJSON(n.by), "system": n.system, "created_at": n.created, "updated_at": n.updated,
		"noteable_id": n.iid, "noteable_iid": n.iid, "noteable_type": "MergeRequest", "project_id": projectID, "resolvable": n.kind != "", "confidential": false, "internal": false} //nolint:misspell // GitLab's word
	if n.kind != "" {
		j["type"] = n.kind
	}
	return j
}

// comments is how many notes of people there are below it.
func (s *Server) comments(m *mergeRequest) int {
	count := 0
	for _, n := range s.notes {
		if n.iid == m.iid && !n.system {
			count++
		}
	}
	return count
}

func (s *Server) note(c *call) (*note, error) {
	if _, err := s.request(c); err != nil {
		return nil, err
	}
	for _, n := range s.notes {
		if n.id == c.inPath("note") && n.iid == c.inPath("iid") {
			return n, nil
		}
	}
	return nil, notFound("Note")
}

func (s *Server) listNotes(c *call) (int, any, error) {
	if _, err := s.request(c); err != nil {
		return 0, nil, err
	}
	list := []map[string]any{}
	for _, n := range s.notes {
		if n.iid == c.inPath("iid") {
			list = append(list, s.noteJSON(n))
		}
	}
	if c.text("sort") != "asc" {
		slices.Reverse(list)
	}
	return 200, page(c, list), nil
}

func (s *Server) createNote(c *call) (int, any, error) {
	m, err := s.request(c)
	if err != nil {
		return 0, nil, err
	}
	if strings.TrimSpace(c.text("body")) == "" {
		return 0, nil, refuse(http.StatusBadRequest, "400 Bad request - Note {:note=>[\"can't be blank\"]}")
	}
	body, commands := s.extract(c.text("body"))
	s.obey(m, c.user, commands)
	if body == "" {
		changes := map[string]any{}
		for _, name := range commands {
			changes[name] = true
		}
		return http.StatusAccepted, map[string]any{"commands_changes": changes, "summary": []string{"Commands applied"}}, nil
	}
	n := &note{id: s.newID(), iid: m.iid, by: c.user, body: body, created: s.now()}
	n.updated = n.created
	s.notes = append(s.notes, n)
	s.touch(m)
	return http.StatusCreated, s.noteJSON(n), nil
}

func (s *Server) getNote(c *call) (int, any, error) {
	n, err := s.note(c)
	if err != nil {
		return 0, nil, err
	}
	return 200, s.noteJSON(n), nil
}

func (s *Server) updateNote(c *call) (int, any, error) {
	n, err := s.note(c)
	if err != nil {
		return 0, nil, err
	}
	if n.by != c.user {
		return 0, nil, refuse(http.StatusForbidden, "403 Forbidden")
	}
	body, commands := s.extract(c.text("body"))
	m, _ := s.request(c)
	s.obey(m, c.user, commands)
	if body == "" {
		s.notes = slices.DeleteFunc(s.notes, func(other *note) bool { return other == n })
		return 200, s.noteJSON(n), nil
	}
	if body != n.body {
		n.body, n.updated = body, later(s.now(), n.updated)
		n.edited, n.editor = n.updated, c.user
		s.touch(m)
	}
	return 200, s.noteJSON(n), nil
}

// later keeps a change within the same millisecond visible. GitLab moves the time of a note that is edited, and of one that somebody reacts to or no more.
func later(now, than time.Time) time.Time {
	if now.After(than) {
		return now
	}
	return than.Add(time.Millisecond)
}

func (s *Server) deleteNote(c *call) (int, any, error) {
	n, err := s.note(c)
	if err != nil {
		return 0, nil, err
	}
	if n.by != c.user {
		return 0, nil, refuse(http.StatusForbidden, "403 Forbidden")
	}
	s.notes = slices.DeleteFunc(s.notes, func(other *note) bool { return other == n })
	return http.StatusNoContent, nil, nil
}

func (s *Server) awardJSON(n *note, a *award) map[string]any {
	return map[string]any{"id": a.id, "name": a.name, "user": s.userJSON(a.by), "created_at": a.at, "updated_at": a.at, "awardable_id": n.id, "awardable_type": "Note"}
}

func (s *Server) listAwards(c *call) (int, any, error) {
	n, err := s.note(c)
	if err != nil {
		return 0, nil, err
	}
	list := []map[string]any{}
	for _, a := range n.awards {
		list = append(list, s.awardJSON(n, a))
	}
	return 200, page(c, list), nil
}

func (s *Server) createAward(c *call) (int, any, error) {
	n, err := s.note(c)
	if err != nil {
		return 0, nil, err
	}
	for _, a := range n.awards {
		if a.by == c.user && a.name == c.text("name") {
			return 0, nil, notFound("Award Emoji Name has already been taken")
		}
	}
	a := &award{id: s.newID(), name: c.text("name"), by: c.user, at: s.now()}
	n.awards, n.updated = append(n.awards, a), later(s.now(), n.updated)
	return http.StatusCreated, s.awardJSON(n, a), nil
}

func (s *Server) deleteAward(c *call) (int, any, error) {
	n, err := s.note(c)
	if err != nil {
		return 0, nil, err
	}
	for i, a := range n.awards {
		if a.id == c.inPath("award") && a.by == c.user {
			n.awards, n.updated = slices.Delete(n.awards, i, i+1), later(s.now(), n.updated)
			return http.StatusNoContent, nil, nil
		}
	}
	return 0, nil, notFound("Award Emoji")
}
