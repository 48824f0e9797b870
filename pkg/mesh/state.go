package mesh

import "sync"

// state is which of the four things is the case with the list of one kind (see the package comment).
type state struct {
	mu       sync.Mutex
	listed   bool   // it was listed once
	watching bool   // and a watch keeps it as it is
	refused  string // what the API does not allow: "list pods"
	absent   bool   // the cluster has no such kind
	err      error  // what went wrong last, where nothing of the above is the case
	changed  func()
}

// set changes the state as one step.
func (s *state) set(change func(*state)) {
	s.mu.Lock()
	change(s)
	s.mu.Unlock()
	s.changed()
}

// look tells whether the list says how it is now, or at least why nobody can tell; what the API refused of it ("" = nothing); and what went wrong where
// neither is known.
func (s *state) look() (known bool, missing string, why error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refused != "" {
		return true, s.refused + ": forbidden", nil
	}
	return s.absent || s.listed && s.watching, "", s.err
}
