package emulated

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
)

// command makes a command of the program git without anybody's configuration.
func command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0")
	return cmd
}

// git serves Git's smart HTTP. What is pushed has been written to emulate before the pusher hears that it was taken; what emulate refuses is taken back.
func (h *Host) git(w http.ResponseWriter, r *http.Request) {
	name, _, isGit := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), ".git/")
	p := h.project(name)
	_, token, ok := r.BasicAuth()
	switch {
	case !isGit || p == nil:
		http.NotFound(w, r)
		return
	case !ok:
		w.Header().Set("WWW-Authenticate", `Basic realm="GitHub"`)
		http.Error(w, "Invalid username or token.", http.StatusUnauthorized)
		return
	}
	backend := cgi.Handler{Path: h.backend, Stderr: io.Discard, InheritEnv: []string{"PATH"}, Env: []string{
		"GIT_PROJECT_ROOT=" + h.root, "GIT_HTTP_EXPORT_ALL=1", "REMOTE_USER=x", "GIT_CONFIG_GLOBAL=" + os.DevNull, "GIT_CONFIG_NOSYSTEM=1"}}
	if !strings.HasSuffix(r.URL.Path, "/git-receive-pack") {
		backend.ServeHTTP(w, r)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	kept := httptest.NewRecorder()
	backend.ServeHTTP(kept, r)
	if err := p.give(r.Context(), token); err != nil {
		reply(w, http.StatusForbidden, obj{"message": errors.Join(err, p.takeBack(r.Context())).Error()})
		return
	}
	forward(w, kept)
}

// takeBack brings Git to where both sides were.
func (p *Project) takeBack(ctx context.Context) error {
	is, err := p.heads(ctx)
	if err != nil {
		return err
	}
	for ref := range is {
		if p.refs[ref] == "" {
			err = errors.Join(err, p.move(ctx, ref, ""))
		}
	}
	for ref, sha := range p.refs {
		err = errors.Join(err, p.move(ctx, ref, sha))
	}
	return err
}

// move sets a reference of the bare repository; an empty sha deletes it.
func (p *Project) move(ctx context.Context, ref, sha string) error {
	args := []string{"-C", p.dir, "update-ref", ref, sha}
	if sha == "" {
		args = []string{"-C", p.dir, "update-ref", "-d", ref}
	}
	if out, err := command(ctx, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("git update-ref %s %s: %w: %s", ref, sha, err, out)
	}
	return nil
}

// heads are the branches of the bare repository.
func (p *Project) heads(ctx context.Context) (map[string]string, error) {
	out, err := command(ctx, "-C", p.dir, "for-each-ref", "--format=%(refname) %(objectname)", "refs/heads/").Output()
	if err != nil {
		return nil, fmt.Errorf("git for-each-ref: %w", err)
	}
	list := map[string]string{}
	for line := range strings.Lines(string(out)) {
		ref, sha, _ := strings.Cut(strings.TrimSpace(line), " ")
		list[ref] = sha
	}
	return list, nil
}

// take brings Git to where emulate is. Its caller holds p.mu.
func (p *Project) take(ctx context.Context) error {
	var list []struct {
		Ref    string
		Object struct{ SHA string }
	}
	if err := p.host.ask(ctx, p.reader(), http.MethodGet, "/repos/"+p.Name+"/git/matching-refs/heads", nil, &list); err != nil {
		return err
	}
	is := map[string]string{}
	for _, r := range list {
		is[r.Ref] = r.Object.SHA
	}
	store, err := p.open()
	if err != nil {
		return err
	}
	for ref := range p.refs {
		if is[ref] == "" {
			if err := p.move(ctx, ref, ""); err != nil {
				return err
			}
		}
	}
	for ref, sha := range is {
		if p.refs[ref] == sha {
			continue
		}
		if err := p.takeCommit(ctx, store, sha); err != nil {
			return err
		}
		if err := p.move(ctx, ref, sha); err != nil {
			return err
		}
	}
	p.refs = is
	return nil
}

// give brings emulate to where Git is, as whoever has the token. Its caller holds p.mu.
func (p *Project) give(ctx context.Context, token string) error {
	is, err := p.heads(ctx)
	if err != nil {
		return err
	}
	store, err := p.open()
	if err != nil {
		return err
	}
	at := "/repos/" + p.Name + "/git/refs"
	for ref := range p.refs {
		if is[ref] != "" {
			continue
		}
		if err := p.host.ask(ctx, token, http.MethodDelete, at+strings.TrimPrefix(ref, "refs"), nil, nil); err != nil {
			return err
		}
		delete(p.refs, ref)
	}
	for ref, sha := range is {
		was := p.refs[ref]
		if was == sha {
			continue
		}
		err := p.giveCommit(ctx, store, token, sha)
		if err == nil && was == "" {
			err = p.host.ask(ctx, token, http.MethodPost, at, obj{"ref": ref, "sha": sha}, nil)
		} else if err == nil {
			err = p.host.ask(ctx, token, http.MethodPatch, at+strings.TrimPrefix(ref, "refs"), obj{"sha": sha, "force": true}, nil)
		}
		if err != nil {
			return err
		}
		p.refs[ref] = sha
	}
	return nil
}

// reader is a token of nobody: emulate counts requests by token.
func (p *Project) reader() string { return "ghp_reader_of_" + p.Name }
