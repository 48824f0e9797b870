package fakegitlab

import "slices"

// SetGroup says who is in a group, by username.
func (s *Server) SetGroup(id int, members ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.groups[id] = members
}

// getGroupMember answers for members only, of groups that there are.
func (s *Server) getGroupMember(c *call) (int, any, error) {
	for _, u := range s.users {
		if u.ID == c.inPath("user") && slices.Contains(s.groups[c.inPath("group")], u.Username) {
			m := s.userJSON(u)
			m["access_level"] = 30
			return 200, m, nil
		}
	}
	return 0, nil, notFound("Not found")
}
