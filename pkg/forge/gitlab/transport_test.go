package gitlab_test

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/url"
	"testing"

	"github.com/linnet-bot/linnet/internal/fakegitlab"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/forge/gitlab"
	"github.com/linnet-bot/linnet/pkg/forge/transport"
)

// counted is a bot that speaks as the program does, and its two ways to GitLab.
func (w *world) counted(t *testing.T) (f *gitlab.Forge, api, git *transport.Transport) {
	t.Helper()
	u, err := url.Parse(w.url)
	must(t, err)
	base := &http.Transport{}
	t.Cleanup(base.CloseIdleConnections)
	way := func(header, value string) *transport.Transport {
		return transport.New(transport.Options{Name: "GitLab", Hosts: []string{u.Host}, UserAgent: "linnet/test", Base: base,
			Credential: func(context.Context) (transport.Credential, error) {
				return transport.Credential{Header: header, Value: value}, nil
			}})
	}
	token := w.AddUser("project_7_bot_99").Token
	api, git = way("Private-Token", token), way("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte("linnet:"+token)))
	f, err = gitlab.New(gitlab.Options{URL: w.url, Project: projectPath, RequiredChecks: []string{"linnet/gate"}, Client: &http.Client{Transport: api}, GitClient: &http.Client{Transport: git}})
	must(t, err)
	return f, api, git
}

func TestAPhaseGoesThroughTheForgesTransport(t *testing.T) {
	w, start, _ := begun(t, fakegitlab.Settings{})
	f, _, _ := w.counted(t)
	head := commit(t, f, "linnet/dev/1", start, "one", true)
	head = commit(t, f, "linnet/dev/1", head, "two", false)
	m, err := f.Open(t.Context(), forge.OpenRequest{Source: "linnet/dev/1", Target: "main", Title: "Phase"})
	must(t, err)
	_, err = forge.SetNote(t.Context(), f, m.Number, "progress", "1 of 2\r\n")
	must(t, err)
	_, err = forge.SetNote(t.Context(), f, m.Number, "progress", "2 of 2\r\n")
	must(t, err)
	for _, state := range []forge.CheckState{forge.InProgress, forge.ActionRequired, forge.Success} {
		must(t, f.SetCheck(t.Context(), head, forge.Check{Name: "linnet/gate", State: state, Title: string(state)}))
	}
	result, err := f.Merge(t.Context(), m.Number, forge.MergeOptions{Head: head})
	must(t, err)
	got, err := f.Get(t.Context(), m.Number)
	must(t, err)
	if got.State != forge.Merged || got.MergeSHA != result.SHA {
		t.Errorf("got %+v", got)
	}
	must(t, f.DeleteBranch(t.Context(), "linnet/dev/1", head))
}
