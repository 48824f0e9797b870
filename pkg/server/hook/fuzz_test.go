package hook

import (
	"maps"
	"slices"
	"testing"
)

func FuzzGitHubEvent(f *testing.F) {
	f.Add("issue_comment", []byte(githubNewComment))
	f.Add("pull_request", []byte(`{"pull_request": {"number": 1, "head": {"sha": "`+sha1+`"}}, "repository": {"full_name": "a/b"}}`))
	f.Add("pull_request_review", []byte(`{"review": {}, "pull_request": {"number": 1}, "repository": {"full_name": "a/b"}}`))
	f.Add("check_run", []byte(`{"check_run": {"head_sha": "`+sha1+`", "pull_requests": [{"number": 1}]}, "repository": {"full_name": "a/b"}}`))
	f.Add("check_suite", []byte(`{"check_suite": null}`))
	f.Add("merge_group", []byte(`{"merge_group": {"head_sha": "`+sha1+`", "head_ref": "refs/heads/gh-readonly-queue/main/pr-1-a"}, "repository": {"full_name": "a/b"}}`))
	f.Add("push", []byte(`{"ref": "refs/heads/main", "after": "0", "repository": {"full_name": "a/b"}}`))
	f.Add("status", []byte(`{"sha": "`+sha256sum+`", "Repository": {"full_name": "a/b"}}`))
	f.Add("ping", []byte(`{"hook": {}}`))
	f.Add("installation", []byte(`{"installation": {"created_at": 1}}`))
	fuzz(f, githubEvents)
}

func FuzzGitLabEvent(f *testing.F) {
	f.Add("Note Hook", []byte(gitlabNewNote))
	f.Add("Merge Request Hook", []byte(`{"object_kind": "merge_request", "object_attributes": {"iid": 1}, "project": {"path_with_namespace": "a/b"}}`))
	f.Add("Pipeline Hook", []byte(`{"object_kind": "pipeline", "object_attributes": {"sha": "`+sha1+`"}, "project": {"path_with_namespace": "a/b"}}`))
	f.Add("Push Hook", []byte(`{"object_kind": "push", "ref": "refs/heads/main", "project": {"path_with_namespace": "a/b"}}`))
	f.Add("Resource Access Token Hook", []byte(`{"object_kind": "access_token"}`))
	fuzz(f, gitlabEvents)
}

// fuzz wants, of any bytes, a refusal or a hint that nothing can be smuggled in.
func fuzz(f *testing.F, decoders map[string]decoder) {
	names := slices.Sorted(maps.Keys(decoders))
	f.Fuzz(func(t *testing.T, name string, body []byte) {
		for _, event := range names {
			if decoders[name] != nil && event != name {
				continue
			}
			got, err := decoders[event](body)
			if err != nil {
				if got != (Hint{}) {
					t.Errorf("%s gives %+v beside the error %v", event, got, err)
				}
				continue
			}
			if again, err := got.checked(); err != nil || again != got {
				t.Errorf("%s gives %+v, which checked is %+v, %v", event, got, again, err)
			}
			if got.Kind == "" || len(got.Project) > longestProject || got.SHA != "" && !fullSHA.MatchString(got.SHA) {
				t.Errorf("%s gives %+v", event, got)
			}
		}
	})
}
