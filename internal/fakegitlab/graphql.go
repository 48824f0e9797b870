package fakegitlab

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// TellsNoEdits makes GraphQL that of an older GitLab, which does not tell whether a note was edited.
func (s *Server) TellsNoEdits() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.old = true
}

// graphql knows the one document that the bot sends: the notes of a merge request, a hundred in a page, and who edited them last. The time of the last edit is that of the
// last change where there was none. Times are whole seconds here.
func (s *Server) graphql(c *call) (int, any, error) {
	query := c.text("query")
	if !strings.HasPrefix(query, "query(") || !strings.Contains(query, "lastEditedBy") {
		return 0, nil, refuse(http.StatusBadRequest, "this GraphQL knows no such document: %s", query)
	}
	if s.old {
		return 200, map[string]any{"errors": []map[string]any{{"message": "Field 'lastEditedBy' doesn't exist on type 'Note'"}}}, nil
	}
	variables, _ := c.params["variables"].(map[string]any)
	if variables["project"] != s.o.Path {
		return 200, map[string]any{"data": map[string]any{"project": nil}}, nil
	}
	var m *mergeRequest
	for _, other := range s.requests {
		if strconv.Itoa(other.iid) == variables["iid"] {
			m = other
		}
	}
	if m == nil {
		return 200, map[string]any{"data": map[string]any{"project": map[string]any{"mergeRequest": nil}}}, nil
	}
	from, _ := strconv.Atoi(fmt.Sprint(variables["after"]))
	// What happened to labels is shown among the notes, and has no number.
	nodes, next, seen := []map[string]any{{"id": "gid://gitlab/LabelNote/6a9c1750b37d513a43987b574953fceb50b03ce7", "body": "added ~1 label", "updatedAt": m.created.Format(time.RFC3339),
		"lastEditedAt": nil, "lastEditedBy": nil}}, false, 0
	for _, n := range s.notes {
		if n.iid != m.iid {
			continue
		}
		if seen++; seen <= from {
			continue
		}
		if len(nodes) > 100 {
			next = true
			break
		}
		edited, by := n.updated, any(nil)
		if n.editor != nil {
			edited, by = n.edited, map[string]any{"id": fmt.Sprintf("gid://gitlab/User/%d", n.editor.ID)}
		}
		nodes = append(nodes, map[string]any{"id": fmt.Sprintf("gid://gitlab/Note/%d", n.id), "body": n.body, "updatedAt": n.updated.Format(time.RFC3339),
			"lastEditedAt": edited.Format(time.RFC3339), "lastEditedBy": by})
	}
	notes := map[string]any{"nodes": nodes, "pageInfo": map[string]any{"hasNextPage": next, "endCursor": strconv.Itoa(from + len(nodes) - 1)}}
	return 200, map[string]any{"data": map[string]any{"project": map[string]any{"mergeRequest": map[string]any{"notes": notes}}}}, nil
}
