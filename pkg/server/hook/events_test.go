package hook

import (
	"errors"
	"testing"
)

const sha1, sha256sum = "da1560886d4f094c3e6c9ef40349f7d38b5d27d7", "da1560886d4f094c3e6c9ef40349f7d38b5d27d7da1560886d4f094c3e6c9ef4"

//nolint:misspell // noteable is GitLab's word
func TestWhatThePayloadsAtHandDoNotShow(t *testing.T) {
	const repository, project = `"repository": {"full_name": "a/b"}`, `"project": {"path_with_namespace": "a/b/c"}`
	for _, c := range []struct {
		name    string
		decode  decoder
		body    string
		want    Hint
		wantErr error
	}{
		{"a push to a branch", githubEvents["push"], `{"ref": "refs/heads/main", "after": "` + sha1 + `", ` + repository + `}`,
			Hint{Project: "a/b", Kind: Push, SHA: sha1}, nil},
		{"a repository with SHA-256", githubEvents["push"], `{"ref": "refs/heads/main", "after": "` + sha256sum + `", ` + repository + `}`,
			Hint{Project: "a/b", Kind: Push, SHA: sha256sum}, nil},
		{"a branch that goes", githubEvents["push"], `{"ref": "refs/heads/x", "after": "0000000000000000000000000000000000000000", ` + repository + `}`,
			Hint{Project: "a/b", Kind: Push}, nil},
		{"a ping of a repository", githubEvents["ping"], `{"hook": {}, ` + repository + `}`, Hint{Project: "a/b", Kind: Ping}, nil},
		{"a commit in two pull requests", githubEvents["check_run"],
			`{"check_run": {"head_sha": "` + sha1 + `", "pull_requests": [{"number": 1}, {"number": 2}]}, ` + repository + `}`,
			Hint{Project: "a/b", Kind: Check, SHA: sha1}, nil},
		{"a queue of a branch with slashes", githubEvents["merge_group"],
			`{"merge_group": {"head_sha": "` + sha1 + `", "head_ref": "refs/heads/gh-readonly-queue/release/pr-1-a/pr-23-` + sha1 + `"}, ` + repository + `}`,
			Hint{Project: "a/b", Kind: MergeGroup, Number: 23, SHA: sha1}, nil},
		{"a queue whose branch is called otherwise", githubEvents["merge_group"],
			`{"merge_group": {"head_sha": "` + sha1 + `", "head_ref": "refs/heads/queue"}, ` + repository + `}`,
			Hint{Project: "a/b", Kind: MergeGroup, SHA: sha1}, nil},
		{"a status without a commit", githubEvents["status"], `{` + repository + `}`, Hint{}, nil},
		{"a short commit", githubEvents["status"], `{"sha": "da15608", ` + repository + `}`, Hint{}, nil},
		{"a pipeline of a branch", gitlabEvents["Pipeline Hook"],
			`{"object_kind": "pipeline", "object_attributes": {"sha": "` + sha1 + `"}, "merge_request": null, ` + project + `}`,
			Hint{Project: "a/b/c", Kind: Check, SHA: sha1}, nil},
		{"a branch that goes, on GitLab", gitlabEvents["Push Hook"],
			`{"object_kind": "push", "ref": "refs/heads/x", "after": "0000000000000000000000000000000000000000", ` + project + `}`,
			Hint{Project: "a/b/c", Kind: Push}, nil},
		{"the token of a group", gitlabEvents["Resource Access Token Hook"], `{"object_kind": "access_token", "group": {"group_path": "a"}}`,
			Hint{Kind: AccessToken}, nil},
		{"a note of GitLab itself", gitlabEvents["Note Hook"],
			`{"object_kind": "note", "object_attributes": {"id": 1, "noteable_type": "MergeRequest", "system": true}, "merge_request": {"iid": 1}, ` + project + `}`,
			Hint{}, errIgnored},
		{"a note before actions were told", gitlabEvents["Note Hook"],
			`{"object_kind": "note", "object_attributes": {"id": 1, "noteable_type": "MergeRequest"}, "merge_request": {"iid": 1}, ` + project + `}`,
			Hint{Project: "a/b/c", Kind: Comment, Number: 1, CommentID: 1}, nil},
		{"a template of the project's own", gitlabEvents["Merge Request Hook"], `{"text": "merged!"}`, Hint{}, errOther},
		{"a note as a pipeline", gitlabEvents["Pipeline Hook"], gitlabNewNote, Hint{}, errOther},
		{"a note as a token", gitlabEvents["Resource Access Token Hook"], gitlabNewNote, Hint{}, errOther},
		{"a note on a merge request without one", gitlabEvents["Note Hook"],
			`{"object_kind": "note", "object_attributes": {"id": 1, "noteable_type": "MergeRequest"}, ` + project + `}`, Hint{}, errOther},
		{"another kind than the header says", gitlabEvents["Push Hook"], gitlabNewNote, Hint{}, errOther},
	} {
		got, err := c.decode([]byte(c.body))
		if got != c.want || (c.want == Hint{}) != (err != nil) || c.wantErr != nil && !errors.Is(err, c.wantErr) {
			t.Errorf("%s: got %+v, %v, want %+v, %v\n%s", c.name, got, err, c.want, c.wantErr, c.body)
		}
	}
}
