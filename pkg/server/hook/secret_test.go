package hook

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestASecretIsReplacedWhileTheReceiverRuns(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	write(t, path, "old\n")
	var told []string
	p := &place{memory: NewMemory()}
	h, err := NewGitLab(SecretFile(path, func(s string) { told = append(told, s) }), nil, p.options())
	if err != nil {
		t.Fatal(err)
	}
	p.Handler = h
	asks := func(token string, want int) {
		t.Helper()
		r := gitlabRequest("Note Hook", "", gitlabNewNote)
		r.Header.Set("X-Gitlab-Token", token)
		p.wants(t, r, want)
	}
	asks("old", 202)
	// Of the same length, and soon enough to have the same time stamp.
	write(t, path, "new\n")
	asks("old", 401)
	asks("new", 202)
	write(t, path, "\n new \r\n newer\n")
	asks("new", 202)
	asks("newer", 202)
	asks("", 401)
	write(t, path, " \n")
	asks("newer", 503)
	asks("", 401)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	asks("newer", 503)
	write(t, path, "newer")
	asks("newer", 202)
	if want := []string{"old", "new", "newer"}; !slices.Equal(told, want) {
		t.Errorf("told of the secrets %q, want each once: %q", told, want)
	}
}

func TestASecretOfGitHubIsReplacedWhileTheReceiverRuns(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	write(t, path, "old")
	p := &place{memory: NewMemory()}
	h, err := NewGitHub(SecretFile(path, nil), p.options())
	if err != nil {
		t.Fatal(err)
	}
	p.Handler = h
	p.wants(t, githubRequest("issue_comment", "d-1", githubNewComment), 401)
	write(t, path, "old\n"+testSecret)
	p.wants(t, githubRequest("issue_comment", "d-1", githubNewComment), 202)
	write(t, path, "")
	p.wants(t, githubRequest("issue_comment", "d-2", githubNewComment), 503)
}

func TestASigningTokenThatGoesBadLetsNobodyIn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	write(t, path, testSigning)
	o := (&place{memory: NewMemory()}).options()
	s := SecretFile(path, nil)
	if _, err := NewGitLab(nil, s, o); err != nil {
		t.Fatal(err)
	}
	p := gitlab(t, fixed(testSecret), s)
	write(t, path, "whsec_?")
	p.wants(t, signed(withToken(gitlabRequest("Note Hook", "d-1", gitlabNewNote)), gitlabNewNote, o.Now(), testSigning), 503)
}

func TestNoReceiverIsMadeFromAFileWithoutASecret(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "empty"), " \n\n")
	for _, name := range []string{"empty", "missing"} {
		if _, err := NewGitHub(SecretFile(filepath.Join(dir, name), nil), (&place{memory: NewMemory()}).options()); err == nil {
			t.Errorf("a receiver is made with the secret file %s", name)
		}
	}
}
