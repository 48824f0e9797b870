package fakegitlab

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xanzy/go-gitlab"

	"github.com/linnet-bot/linnet/internal/shareddata"
)

// newer are fields that GitLab has added since its samples were taken.
var newer = []string{"draft", "merge_commit_sha", "oldrev", "system", "system_action", "internal", "type", "state_id", "changes/title", "changes/draft", "changes/reviewers", "changes/description",
	"assignee_ids", "reviewer_ids", "blocking_discussions_resolved", "first_contribution"}

// There is no schema of GitLab's webhooks. What is sent has only what GitLab's own samples have, in the same types.
func TestWebhooksAreLikeGitLabsSamples(t *testing.T) {
	samples := map[string]any{}
	for event, file := range map[string]string{"Push Hook": "push", "Merge Request Hook": "merge_request", "Note Hook": "note_merge_request", "Pipeline Hook": "pipeline"} {
		text, err := os.ReadFile(filepath.Join(shareddata.Path(t, "forge", "gitlab", "webhooks"), file+".json"))
		if err != nil {
			t.Fatal(err)
		}
		var sample any
		if err := json.Unmarshal(text, &sample); err != nil {
			t.Fatal(err)
		}
		samples[event] = sample
	}
	s, e, pat, ann := listening(t, Options{}, nil)
	everything(t, s, pat, ann)
	e.settle(s)
	for _, a := range s.Webhooks() {
		var body any
		if err := json.Unmarshal(a.Body, &body); err != nil {
			t.Fatal(err)
		}
		for _, difference := range unlike(body, samples[a.Event], "") {
			t.Errorf("%s %s: %s", a.Event, a.Action, difference)
		}
	}
}

// unlike says where a value has what the sample has not, or of another type. What either leaves empty says nothing.
func unlike(value, sample any, at string) []string {
	switch v := value.(type) {
	case map[string]any:
		of, ok := sample.(map[string]any)
		if !ok && sample != nil {
			return []string{at + " is no object"}
		}
		var all []string
		for name, field := range v {
			path := strings.TrimPrefix(at+"/"+name, "/")
			if slices.ContainsFunc(newer, func(n string) bool { return path == n || strings.HasSuffix(path, "/"+n) }) {
				continue
			}
			like, known := of[name]
			if !known && of != nil {
				all = append(all, path+" is not in the sample")
				continue
			}
			all = append(all, unlike(field, like, path)...)
		}
		return all
	case []any:
		of, ok := sample.([]any)
		if !ok && sample != nil {
			return []string{at + " is no list"}
		}
		var all []string
		for _, element := range v {
			if len(of) > 0 {
				all = append(all, unlike(element, of[0], at)...)
			}
		}
		return all
	case nil:
		return nil
	}
	if sample != nil && fmt.Sprintf("%T", value) != fmt.Sprintf("%T", sample) {
		return []string{fmt.Sprintf("%s is a %T, in the sample a %T", at, value, sample)}
	}
	return nil
}

// The client library decodes what is sent, and finds in it what a bot would look for.
func TestTheClientLibraryReadsWebhooks(t *testing.T) {
	s, e, pat, ann := listening(t, Options{}, nil)
	everything(t, s, pat, ann)
	e.settle(s)
	for _, a := range s.Webhooks() {
		event, err := gitlab.ParseHook(gitlab.EventType(a.Event), a.Body)
		if err != nil {
			t.Errorf("%s %s: %v", a.Event, a.Action, err)
			continue
		}
		path, action := "", a.Action
		switch ev := event.(type) {
		case *gitlab.PushEvent:
			path = ev.Project.PathWithNamespace
		case *gitlab.MergeEvent:
			path, action = ev.Project.PathWithNamespace, ev.ObjectAttributes.Action
			if ev.ObjectAttributes.IID != 1 || ev.ObjectAttributes.LastCommit.ID == "" {
				t.Errorf("%s: %+v", a.Body, ev.ObjectAttributes)
			}
		case *gitlab.MergeCommentEvent:
			path, action = ev.Project.PathWithNamespace, string(ev.ObjectAttributes.Action)
			if ev.MergeRequest.IID != 1 || ev.ObjectAttributes.ID == 0 || ev.User.ID == 0 {
				t.Errorf("%s: %+v", a.Body, ev.ObjectAttributes)
			}
		case *gitlab.PipelineEvent:
			path = ev.Project.PathWithNamespace
		default:
			t.Errorf("%s is read as a %T", a.Event, event)
		}
		if path != "acme/platform/gitops" || action != a.Action {
			t.Errorf("%s %s is read as of %q, %q", a.Event, a.Action, path, action)
		}
	}
}
