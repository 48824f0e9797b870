package fakegithub

import (
	"fmt"
	"slices"
)

// offer keeps the buttons that a run shows. A change that names none leaves them.
func (r *run) offer(buttons []action) {
	if buttons != nil {
		r.actions = buttons
	}
}

// Press is somebody pressing a button of a check run, which GitHub shows once the run is completed. It leaves no trace but the event, which goes to the run's App alone.
func (s *Server) Press(runID int64, identifier, as string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, u, err := s.atRun(runID, as)
	switch {
	case err != nil:
		return err
	case r.status != "completed" || !slices.ContainsFunc(r.actions, func(a action) bool { return a.Identifier == identifier }):
		return fmt.Errorf("press %q of check run %d: there is no such button", identifier, runID)
	}
	s.tellApp(r, "requested_action", u, obj{"requested_action": obj{"identifier": identifier}})
	return nil
}

// Rerequest is somebody pressing Re-run of a check run. GitHub does not touch the run.
func (s *Server) Rerequest(runID int64, as string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, u, err := s.atRun(runID, as)
	if err != nil {
		return err
	}
	s.tellApp(r, "rerequested", u, nil)
	return nil
}

// atRun finds a run and who is in front of it. Only those who may write see its buttons.
func (s *Server) atRun(runID int64, as string) (*run, *user, error) {
	i := slices.IndexFunc(s.runs, func(r *run) bool { return r.id == runID })
	j := slices.IndexFunc(s.users, func(u *user) bool { return u.login == as })
	switch {
	case i < 0:
		return nil, nil, fmt.Errorf("there is no check run %d", runID)
	case j < 0 || !s.users[j].mayWrite():
		return nil, nil, fmt.Errorf("%s sees no buttons of check run %d: only those who may write do", as, runID)
	}
	return s.runs[i], s.users[j], nil
}

func (s *Server) tellApp(r *run, action string, by *user, more obj) {
	parts := obj{"check_run": s.elsewhere().checked(r)}
	for name, part := range more {
		parts[name] = part
	}
	s.tell("check_run", action, by, parts, func(h *hook) bool { return h.app == r.app })
}
