package fakegitlab

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
)

func fake(t *testing.T, o Options) (*Server, User) {
	t.Helper()
	o.Path = "acme/platform/gitops"
	s, err := New(t.TempDir(), o)
	if err != nil {
		t.Skip(err)
	}
	return s, s.AddUser("pat")
}

// ask calls the API and gives the code and the answer.
func ask(t *testing.T, s *Server, u User, method, where string, body any) (int, map[string]any) {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(method, "/api/v4/projects/acme%2Fplatform%2Fgitops"+where, strings.NewReader(string(text)))
	r.Header.Set("Private-Token", u.Token)
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	var answer map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		t.Fatalf("%s: %v", w.Body, err)
	}
	return w.Code, answer
}

func TestQuickActionsAreTakenOutAsGitLabDoes(t *testing.T) {
	for _, row := range []struct {
		text, community, enterprise string
	}{
		{"/promote", "/promote", ""},
		{"/Promote", "/Promote", ""},
		{"/promote canary-10", "/promote canary-10", ""},
		{"LGTM\n/promote", "LGTM\n/promote", "LGTM"},
		{"/retry\n/status", "/retry\n/status", "/retry"},
		{"/approve", "", ""},
		{"LGTM\n/merge\nmore", "LGTM\nmore", "LGTM\nmore"},
		{"/promoted", "/promoted", "/promoted"},
		{"/promote-now", "/promote-now", "/promote-now"},
		{"/promote.", "/promote.", "/promote."},
		{"/promote:x", "/promote:x", "/promote:x"},
		{"/promote\tx", "/promote\tx", "/promote\tx"},
		{" /promote", " /promote", " /promote"},
		{"> /promote", "> /promote", "> /promote"},
		{"- /promote", "- /promote", "- /promote"},
		{"`/promote`", "`/promote`", "`/promote`"},
		{"```\n/promote\n```", "```\n/promote\n```", "```\n/promote\n```"},
		{"    /promote", "    /promote", "    /promote"},
		{"<div>\n/promote\n</div>", "<div>\n/promote\n</div>", "<div>\n/promote\n</div>"},
		{"`a\n/promote\nb`", "`a\n/promote\nb`", "`a\n/promote\nb`"},
		{"/canary promote", "/canary promote", "/canary promote"},
		{"@bot promote", "@bot promote", "@bot promote"},
		{"/pause", "/pause", "/pause"},
		{"a\r\nb \r\n", "a\nb", "a\nb"},
	} {
		for enterprise, want := range map[bool]string{false: row.community, true: row.enterprise} {
			s := &Server{o: Options{QuickActions: Some(enterprise)}}
			if got, _ := s.extract(row.text); got != want {
				t.Errorf("%q, enterprise %v: got %q, want %q", row.text, enterprise, got, want)
			}
		}
	}
}

func TestNamesAreReadByEdition(t *testing.T) {
	const list = "# comment\tCE\nclose\tCE\tcommand\npromote\tEE\tcommand\n"
	for enterprise, want := range map[bool]string{false: "close", true: "close promote"} {
		got, err := Names(strings.NewReader(list), enterprise)
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("got %v, %v, want %s", got, err, want)
		}
	}
}

func TestANoteOfCommandsOnlyIsNotMade(t *testing.T) {
	s, pat := fake(t, Options{QuickActions: Some(true)})
	open(t, s, pat)
	if code, answer := ask(t, s, pat, http.MethodPost, "/merge_requests/1/notes", map[string]any{"body": "/promote now"}); code != http.StatusAccepted || answer["summary"] == nil {
		t.Errorf("got %d %v", code, answer)
	}
	if code, answer := ask(t, s, pat, http.MethodPost, "/merge_requests/1/notes", map[string]any{"body": "LGTM\n/close"}); code != http.StatusCreated || answer["body"] != "LGTM" {
		t.Errorf("got %d %v", code, answer)
	}
	if _, answer := ask(t, s, pat, http.MethodGet, "/merge_requests/1", nil); answer["state"] != "closed" {
		t.Errorf("got state %v", answer["state"])
	}
}

// open makes main, topic and merge request 1, and gives the head of topic.
func open(t *testing.T, s *Server, pat User) string {
	t.Helper()
	start, err := s.FirstCommit("a", "a\n")
	if err != nil {
		t.Fatal(err)
	}
	code, commit := ask(t, s, pat, http.MethodPost, "/repository/commits", map[string]any{"branch": "topic", "start_sha": start, "commit_message": "b",
		"actions": []any{map[string]any{"action": "create", "file_path": "b", "content": "b\n"}}})
	if code != http.StatusCreated {
		t.Fatalf("got %d %v", code, commit)
	}
	if code, answer := ask(t, s, pat, http.MethodPost, "/merge_requests", map[string]any{"source_branch": "topic", "target_branch": "main", "title": "T"}); code != http.StatusCreated {
		t.Fatalf("got %d %v", code, answer)
	}
	return commit["id"].(string)
}

func TestStatusesGoOnlyWhereGitLabLetsThem(t *testing.T) {
	s, pat := fake(t, Options{})
	sha := open(t, s, pat)
	for _, step := range []struct {
		state, refused string
		jobs           int
	}{
		{"pending", "", 1},
		{"pending", "Cannot transition status via :enqueue from :pending", 1},
		{"running", "", 1},
		{"running", "Cannot transition status via :run from :running", 1},
		{"pending", "Cannot transition status via :enqueue from :running", 1},
		{"success", "", 1},
		{"success", "", 2}, // a job that is done is not touched
		{"running", "", 3},
		{"failed", "", 3},
	} {
		code, answer := ask(t, s, pat, http.MethodPost, "/statuses/"+sha, map[string]any{"state": step.state, "name": "gate"})
		message, _ := answer["message"].(string)
		if step.refused == "" && code != http.StatusCreated || step.refused != "" && (code != http.StatusBadRequest || !strings.HasPrefix(message, step.refused)) {
			t.Errorf("%s: got %d %v", step.state, code, answer)
		}
		if got := len(s.Jobs()); got != step.jobs {
			t.Errorf("%s: got %d jobs, want %d", step.state, got, step.jobs)
		}
	}
}

func TestAStatusNeedsAPipelineThatFits(t *testing.T) {
	s, pat := fake(t, Options{})
	sha := open(t, s, pat)
	other := s.AddPipeline(sha, "topic", 0)
	if code, answer := ask(t, s, pat, http.MethodPost, "/statuses/"+sha, map[string]any{"state": "pending", "pipeline_id": other + 100}); code != http.StatusNotFound {
		t.Errorf("got %d %v", code, answer)
	}
	// The branch is not the ref of a merge request's pipeline: such a status lands beside it.
	mine := s.AddPipeline(sha, "", 1)
	_, answer := ask(t, s, pat, http.MethodPost, "/statuses/"+sha, map[string]any{"state": "pending", "ref": "topic"})
	if answer["pipeline_id"] != float64(other) {
		t.Errorf("got %v, want pipeline %d and not %d", answer, other, mine)
	}
}

func TestAMergeIsRefusedInGitLabsOrder(t *testing.T) {
	s, pat := fake(t, Options{})
	sha := open(t, s, pat)
	for _, step := range []struct {
		override, sha string
		want          int
	}{
		{"draft_status", "0", http.StatusMethodNotAllowed},
		{"conflict", "0", http.StatusUnprocessableEntity},
		{"", strings.Repeat("0", 40), http.StatusConflict},
		{"", sha, http.StatusOK},
		{"", sha, http.StatusMethodNotAllowed},
	} {
		s.Override(1, step.override)
		if code, answer := ask(t, s, pat, http.MethodPut, "/merge_requests/1/merge", map[string]any{"sha": step.sha}); code != step.want {
			t.Errorf("%+v: got %d %v", step, code, answer)
		}
	}
}

func TestASquashInAProjectWithMergeCommitsMakesTwo(t *testing.T) {
	s, pat := fake(t, Options{})
	open(t, s, pat)
	was := s.refs["main"]
	_, answer := ask(t, s, pat, http.MethodPut, "/merge_requests/1/merge", map[string]any{"squash": true, "squash_commit_message": "S"})
	n, err := s.git("rev-list", "--count", was+"..main")
	if err != nil || n != strconv.Itoa(2) || answer["squash_commit_sha"] == answer["merge_commit_sha"] {
		t.Errorf("got %s commits, %v", n, err)
	}
}

func TestAStrangerIsNotAnswered(t *testing.T) {
	s, _ := fake(t, Options{})
	if code, _ := ask(t, s, User{Token: "wrong"}, http.MethodGet, "", nil); code != http.StatusUnauthorized {
		t.Errorf("got %d", code)
	}
}
