package fakegitlab

import (
	"fmt"
	"net/http"
	"testing"
	"time"
)

// Whoever polls must know which times GitLab moves: that of a note for reactions, too, and that of a merge request not twice within a minute for what is said below it.
func TestTimesMoveAsGitLabMovesThem(t *testing.T) {
	now := time.Date(2026, 3, 9, 8, 0, 0, 0, time.UTC)
	s, pat := fake(t, Options{Now: func() time.Time { return now }})
	main, err := s.FirstCommit("a", "a")
	if err != nil {
		t.Fatal(err)
	}
	commit := map[string]any{"branch": "topic", "start_sha": main, "commit_message": "b", "actions": []any{map[string]any{"action": "create", "file_path": "b", "content": "b"}}}
	for _, made := range []struct {
		where string
		body  any
	}{{"/repository/commits", commit}, {"/merge_requests", map[string]any{"source_branch": "topic", "target_branch": "main", "title": "b"}}} {
		if code, answer := ask(t, s, pat, http.MethodPost, made.where, made.body); code != http.StatusCreated {
			t.Fatalf("%s: got %d %v", made.where, code, answer)
		}
	}
	const request = "/merge_requests/1"
	is := func(what, where, field string, want any) {
		t.Helper()
		if _, answer := ask(t, s, pat, http.MethodGet, where, nil); fmt.Sprint(answer[field]) != fmt.Sprint(want) {
			t.Errorf("%s: %s of %s is %v, want %v", what, field, where, answer[field], want)
		}
	}
	stamp := func() string { return now.Format(time.RFC3339) }
	opened := stamp()
	now = now.Add(30 * time.Second)
	_, note := ask(t, s, pat, http.MethodPost, request+"/notes", map[string]any{"body": "one"})
	is("a comment within the minute", request, "updated_at", opened)
	is("a comment within the minute", request, "user_notes_count", 1)
	now = now.Add(time.Minute)
	where := fmt.Sprintf("%s/notes/%v", request, note["id"])
	if code, _ := ask(t, s, pat, http.MethodPost, where+"/award_emoji", map[string]any{"name": "eyes"}); code != http.StatusCreated {
		t.Fatalf("the reaction: got %d", code)
	}
	reacted := stamp()
	is("a reaction", where, "updated_at", reacted)
	is("a reaction", request, "updated_at", opened)
	now = now.Add(time.Second)
	ask(t, s, pat, http.MethodPut, where, map[string]any{"body": "two"})
	edited := stamp()
	is("an edit", where, "updated_at", edited)
	is("an edit", request, "updated_at", edited)
	now = now.Add(time.Second)
	ask(t, s, pat, http.MethodPut, where, map[string]any{"body": "three"})
	is("another edit within the minute", where, "updated_at", stamp())
	is("another edit within the minute", request, "updated_at", edited)
}
