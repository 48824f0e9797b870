package render_test

import (
	"testing"

	"github.com/linnet-bot/linnet/pkg/gitops/render"
)

func TestParseRemoteKnowsTheFormsThatKustomizeKnows(t *testing.T) {
	tests := []struct{ raw, repo, path, ref string }{
		{"https://git.example.com/p/bigbang.git//base?ref=3.18.0", "https://git.example.com/p/bigbang.git", "base", "3.18.0"},
		{"https://git.example.com/p/bigbang.git/base?ref=3.18.0", "https://git.example.com/p/bigbang.git", "base", "3.18.0"},
		{"https://git.example.com/a/b/c/bigbang.git/base/?ref=tags/1.14.1", "https://git.example.com/a/b/c/bigbang.git", "base", "tags/1.14.1"},
		{"git::https://git.example.com/p/bigbang.git//base?ref=1", "https://git.example.com/p/bigbang.git", "base", "1"},
		{"git::ssh://git@git.example.com:2222/p/bigbang.git//base?ref=1&timeout=90s", "ssh://git@git.example.com:2222/p/bigbang.git", "base", "1"},
		{"ssh://git@git.example.com/p/bigbang.git", "ssh://git@git.example.com/p/bigbang.git", "", ""},
		{"git@git.example.com:p/bigbang.git/base?version=v2", "git@git.example.com:p/bigbang.git", "base", "v2"},
		{"github.com/org/repo/deploy/base?ref=main", "github.com/org/repo", "deploy/base", "main"},
		{"https://github.com/org/repo//deploy", "https://github.com/org/repo", "deploy", ""},
		{"https://user@dev.example.com/org/project/_git/repo/path/to?ref=1", "https://user@dev.example.com/org/project/_git/repo", "path/to", "1"},
		{"file:///srv/git/repo.git//base", "file:///srv/git/repo.git", "base", ""},
	}
	for _, test := range tests {
		want := render.RemoteURL{Raw: test.raw, Repo: test.repo, Path: test.path, Ref: test.ref}
		if got, ok := render.ParseRemote(test.raw); !ok || got != want {
			t.Errorf("%s:\ngot  %+v, %v\nwant %+v", test.raw, got, ok, want)
		}
	}
	for _, local := range []string{"../base", "base", "./a.yaml", "/abs/path", "a.git/base", "", "https://", "https://host", "name@", "x@/y"} {
		if got, ok := render.ParseRemote(local); ok {
			t.Errorf("%q: got %+v, want no remote", local, got)
		}
	}
}

func FuzzParseRemote(f *testing.F) {
	f.Add("git::ssh://git@host:22/p/r.git//base?ref=1")
	f.Add("user@host:path")
	f.Fuzz(func(t *testing.T, s string) {
		if url, ok := render.ParseRemote(s); ok && (url.Repo == "" || url.Raw != s) {
			t.Errorf("%q: got %+v", s, url)
		}
	})
}
