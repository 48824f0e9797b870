package hook

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/linnet-bot/linnet/internal/shareddata"
)

// What each kind of payload is sent as; "" for events that the bot does not know.
var gitlabFileEvents = map[string]string{
	"merge_request": "Merge Request Hook", "note_commit": "Note Hook", "note_issue": "Note Hook", "note_merge_request": "Note Hook",
	"pipeline": "Pipeline Hook", "push": "Push Hook", "resource_access_token_project": "Resource Access Token Hook",
	"job": "", "release": "", "tag_push": "",
}

// nothing marks payloads that are understood and wake nobody.
var nothing = Hint{}

const changedHead = "ec26c3e57ca3a959ca5aad62de7213c562f8c821"

var wantOfPayload = map[string]Hint{
	"github/check_run.completed":             {"Codertocat/Hello-World", Check, 2, changedHead, 0},
	"github/check_run.created":               {"Codertocat/Hello-World", Check, 2, changedHead, 0},
	"github/check_run.requested_action":      {"electron/electron", Check, 26764, "5bd5f196a46b8222fb7484f05faba41a73cf34bd", 0},
	"github/check_run.rerequested":           {"github/hello-world", Check, 0, "d6fde92930d4715a2b49857d24b940956b26d2d3", 0},
	"github/check_suite.completed":           {"Codertocat/Hello-World", Check, 0, changedHead, 0},
	"github/check_suite.requested":           {"Codertocat/Hello-World", Check, 0, "f95f852bd8fca8fcc58a9a2d6c842781e32a215e", 0},
	"github/check_suite.rerequested":         {"Codertocat/Hello-World", Check, 2, changedHead, 0},
	"github/installation.created":            {Kind: Installation},
	"github/installation.deleted":            {Kind: Installation},
	"github/installation.suspend":            {Kind: Installation},
	"github/installation.unsuspend":          {Kind: Installation},
	"github/installation_repositories.added": {Kind: Installation}, "github/installation_repositories.removed": {Kind: Installation},
	"github/issue_comment.created":              nothing, // on an issue
	"github/issue_comment.created.pr.synthetic": {"Codertocat/Hello-World", Comment, 1, "", 492700400},
	"github/issue_comment.deleted":              nothing,
	"github/issue_comment.edited":               nothing,
	"github/issue_comment.edited.pr.synthetic":  nothing,
	"github/merge_group.checks_requested":       {"octo-org/octo-repo", MergeGroup, 104, "2ffea6db159f6b6c47a24e778fb9ef40cf6b1c7d", 0},
	"github/merge_group.destroyed.synthetic":    {"octo-org/octo-repo", MergeGroup, 104, "2ffea6db159f6b6c47a24e778fb9ef40cf6b1c7d", 0},
	"github/ping":                               {Kind: Ping},
	"github/pull_request.closed":                {"Codertocat/Hello-World", MergeRequest, 2, changedHead, 0},
	"github/pull_request.converted_to_draft":    {"Codertocat/Hello-World", MergeRequest, 2, changedHead, 0},
	"github/pull_request.labeled":               {"Codertocat/Hello-World", MergeRequest, 2, changedHead, 0},
	"github/pull_request.opened":                {"Codertocat/Hello-World", MergeRequest, 2, changedHead, 0},
	"github/pull_request.ready_for_review":      {"Codertocat/Hello-World", MergeRequest, 2, changedHead, 0},
	"github/pull_request.reopened":              {"Codertocat/Hello-World", MergeRequest, 2, changedHead, 0},
	"github/pull_request.synchronize":           {"Codertocat/Hello-World", MergeRequest, 2, changedHead, 0},
	"github/pull_request_review.submitted":      {"Codertocat/Hello-World", Review, 2, changedHead, 0},
	"github/push":                               nothing, // of a tag
	"github/status":                             {"Codertocat/Hello-World", Check, 0, "6113728f27ae82c7b1a177c8d03f9e96e0adf246", 0},
	"gitlab/merge_request":                      {"gitlabhq/gitlab-test", MergeRequest, 1, "da1560886d4f094c3e6c9ef40349f7d38b5d27d7", 0},
	"gitlab/note_commit":                        nothing,
	"gitlab/note_issue":                         nothing,
	"gitlab/note_merge_request":                 {"gitlab-org/gitlab-test", Comment, 1, "562e173be03b8ff2efb05345d12df18815438a4b", 1244},
	"gitlab/pipeline":                           {"gitlab-org/gitlab-test", Check, 1, "bcbb5ec396a2c0f828686f14fac9b80b780504f2", 0},
	"gitlab/push":                               {"mike/diaspora", Push, 0, "da1560886d4f094c3e6c9ef40349f7d38b5d27d7", 0},
	"gitlab/resource_access_token_project":      {"flightjs/Flight", AccessToken, 0, "", 0},
}

func TestEachPayloadOfTheForgesWakesOnceOrIsKnownToMeanNothing(t *testing.T) {
	for _, forge := range []string{"github", "gitlab"} {
		files, err := filepath.Glob(filepath.Join(shareddata.Path(t, "forge", forge, "webhooks"), "*.json"))
		if err != nil || len(files) == 0 {
			t.Fatalf("find payloads of %s: %d, %v", forge, len(files), err)
		}
		for _, file := range files {
			name := strings.TrimSuffix(filepath.Base(file), ".json")
			t.Run(forge+"/"+name, func(t *testing.T) {
				body, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				event := strings.Split(name, ".")[0]
				p, r, decoders := github(t), githubRequest(event, "d-1", string(body)), githubEvents
				if forge == "gitlab" {
					known := false
					if event, known = gitlabFileEvents[name]; !known {
						t.Fatalf("no event is known for the payload %s", name)
					}
					p, r, decoders = gitlab(t, fixed(testSecret), nil), withToken(gitlabRequest(event, "d-1", string(body))), gitlabEvents
				}
				p.wants(t, r, 202)
				want, expected := wantOfPayload[forge+"/"+name]
				if decode := decoders[event]; decode == nil {
					if expected {
						t.Fatalf("the event %q has no decoder", event)
					}
				} else if _, err := decode(body); err != nil && !errors.Is(err, errIgnored) {
					t.Errorf("decode %s: %v", name, err)
				} else if !expected {
					t.Errorf("nothing says what %s means", name)
				}
				got := p.woken()
				if want == nothing && len(got) != 0 || want != nothing && (len(got) != 1 || got[0] != want) {
					t.Errorf("%s wakes with %+v, want %+v", name, got, want)
				}
			})
		}
	}
}
