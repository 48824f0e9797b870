package gitlab_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/linnet-bot/linnet/internal/fakegitlab"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/forge/gitlab"
)

// asked notes what is asked for.
type asked struct {
	next  http.RoundTripper
	paths []string
}

func (a *asked) RoundTrip(r *http.Request) (*http.Response, error) {
	a.paths = append(a.paths, r.URL.Path)
	return a.next.RoundTrip(r)
}

// A merge request names its head pipeline, so that nobody needs to look for the merge request of its head.
func TestAMergeRequestWithRequiredChecksIsReadOnce(t *testing.T) {
	w, _, m := begun(t, fakegitlab.Settings{PipelineMustSucceed: true})
	u := w.AddUser("project_7_bot_ffff")
	a := &asked{next: tokenTransport{u.Token, false, &http.Transport{DisableKeepAlives: true}}}
	f, err := gitlab.New(gitlab.Options{URL: w.url, Project: projectPath, RequiredChecks: []string{"linnet/gate"}, Client: &http.Client{Transport: a},
		GitClient: &http.Client{Transport: tokenTransport{u.Token, true, &http.Transport{DisableKeepAlives: true}}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, state := range []forge.CheckState{forge.InProgress, forge.Success} {
		if err := f.SetCheck(t.Context(), m.Head, forge.Check{Name: "linnet/gate", State: state, Title: "x"}); err != nil {
			t.Fatal(err)
		}
		a.paths = nil
		r, err := f.Get(t.Context(), m.Number)
		if err != nil {
			t.Fatal(err)
		}
		if green := state == forge.Success; (r.Mergeability.Readiness == forge.Ready) != green {
			t.Errorf("%s: got %+v", state, r.Mergeability)
		}
		reads := 0
		for _, path := range a.paths {
			if strings.HasSuffix(path, "/merge_requests/1") || strings.HasSuffix(path, "/merge_requests") {
				reads++
			}
		}
		if reads != 1 {
			t.Errorf("%s: the merge request was read %d times: %q", state, reads, a.paths)
		}
	}
}
