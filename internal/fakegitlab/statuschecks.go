package fakegitlab

import "net/http"

// RetryStatusCheck makes the external status check of a merge request pending, as the button Retry does, and GitLab when it asks anew.
func (s *Server) RetryStatusCheck(iid int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.requests {
		if m.iid == iid {
			delete(s.answers, m.sha)
		}
	}
}

// statusCheck is what the external service has answered for the head.
func (s *Server) statusCheck(m *mergeRequest) string {
	if a := s.answers[m.sha]; a != "" {
		return a
	}
	return "pending"
}

func (s *Server) listStatusChecks(c *call) (int, any, error) {
	m, err := s.request(c)
	if err != nil {
		return 0, nil, err
	}
	if s.settings.StatusCheck == 0 {
		return 0, nil, notFound("Not Found")
	}
	return http.StatusOK, page(c, []map[string]any{{"id": s.settings.StatusCheck, "name": "Linnet", "external_url": "https://linnet.example", "status": s.statusCheck(m)}}), nil
}

func (s *Server) answerStatusCheck(c *call) (int, any, error) {
	m, err := s.request(c)
	switch {
	case err != nil:
		return 0, nil, err
	case s.settings.StatusCheck == 0 || c.number("external_status_check_id") != s.settings.StatusCheck:
		return 0, nil, notFound("Not Found")
	case c.text("sha") != m.sha:
		return 0, nil, refuse(http.StatusConflict, "SHA does not match HEAD of source branch")
	}
	s.answers[m.sha] = c.text("status")
	return http.StatusCreated, map[string]any{"id": s.newID()}, nil
}
