package github_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// older answers as a server that does not have the mutation yet: with 200, an error without a type, and nothing done.
func older(w http.ResponseWriter, _ *http.Request, body string, _ http.Handler) bool {
	if !strings.Contains(body, "createCommitOnBranch") {
		return false
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write([]byte(`{"errors":[{"path":["mutation","createCommitOnBranch"],"extensions":{"code":"undefinedField","typeName":"Mutation","fieldName":"createCommitOnBranch"},` +
		`"message":"Field 'createCommitOnBranch' doesn't exist on type 'Mutation'"}]}`))
	return true
}

func TestAnOlderServerGetsItsCommitsFromGitsParts(t *testing.T) {
	h, bot, f, main := faulty(t)
	var authors []string
	f.set(func(w http.ResponseWriter, r *http.Request, body string, next http.Handler) bool {
		if strings.HasSuffix(r.URL.Path, "/git/commits") && strings.Contains(body, `"author"`) || strings.Contains(body, `"committer"`) {
			authors = append(authors, body)
		}
		return older(w, r, body, next)
	})
	sha := commit(t, bot, forge.NewCommit{Branch: "topic", Create: true, Parent: main, Message: "Move\n\nBecause.\n",
		Changes: []tree.Change{{Path: "new/file", Content: []byte("\x00\xff\r\n")}, {Path: "tool.sh", Delete: true}}})
	if len(authors) > 0 {
		t.Errorf("an author is given, so that GitHub does not sign: %s", authors)
	}
	if got, err := bot.Head(t.Context(), "topic"); err != nil || got != sha {
		t.Errorf("the branch is at %s, %v, want %s", got, err, sha)
	}
	files, err := bot.Tree(t.Context(), sha)
	if err != nil {
		t.Fatal(err)
	}
	if content, _ := files.Read("new/file"); string(content) != "\x00\xff\r\n" || len(files.Paths()) != 1 {
		t.Errorf("got %v, want the new file alone", files.Paths())
	}
	h.push(t, "topic", "b")
	_, err = bot.Commit(t.Context(), forge.NewCommit{Branch: "topic", Parent: sha, Message: "m", Changes: []tree.Change{{Path: "x", Content: []byte("x")}}})
	if !errors.Is(err, forge.ErrHeadMoved) {
		t.Errorf("got %v, want head moved", err)
	}
}

func TestAFallbackThatLosesTheRaceTouchesNothing(t *testing.T) {
	h, bot, f, main := faulty(t)
	head := commit(t, bot, write("topic", main, "a"))
	moved := ""
	f.set(func(w http.ResponseWriter, r *http.Request, body string, next http.Handler) bool {
		if moved == "" && r.Method == http.MethodPatch {
			moved = h.push(t, "topic", "b")
		}
		return older(w, r, body, next)
	})
	_, err := bot.Commit(t.Context(), forge.NewCommit{Branch: "topic", Parent: head, Message: "m", Changes: []tree.Change{{Path: "x", Content: []byte("x")}}})
	var where *forge.HeadMovedError
	if !errors.As(err, &where) || where.Got != moved {
		t.Errorf("got %v, want the head at %s", err, moved)
	}
	if got, _ := bot.Head(t.Context(), "topic"); got != moved {
		t.Errorf("the branch is at %s, want the person's commit %s", got, moved)
	}
}

// A branch that is left behind looks like one that another bot is about to finish.
func TestACommitThatARuleForbidsLeavesNoBranch(t *testing.T) {
	for name, forbid := range map[string]func(*faults){
		"as a whole": func(f *faults) {
			f.once("POST", "createCommitOnBranch", 200, nil, `{"data":{"createCommitOnBranch":null},"errors":[{"type":"UNPROCESSABLE","message":"Repository rule violations found"}]}`)
		},
		"of parts": func(f *faults) {
			done := false
			f.set(func(w http.ResponseWriter, r *http.Request, body string, next http.Handler) bool {
				if !done && r.Method == http.MethodPatch {
					done = true
					w.Header().Set("Content-Type", "application/json")
					w.WriteHeader(http.StatusUnprocessableEntity)
					_, _ = w.Write([]byte(`{"message":"Repository rule violations found\n\nCommits must have verified signatures."}`))
					return true
				}
				return older(w, r, body, next)
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, bot, f, main := faulty(t)
			forbid(f)
			if _, err := bot.Commit(t.Context(), write("topic", main, "a")); err == nil || !strings.Contains(err.Error(), "rule violations") {
				t.Fatalf("got %v, want GitHub's words", err)
			}
			if got, err := bot.Head(t.Context(), "topic"); !errors.Is(err, forge.ErrNotFound) {
				t.Errorf("the branch is at %s, %v", got, err)
			}
		})
	}
}

// What breaks down half-way may have been done.
func TestACommitThatBreaksDownIsLeftToBeFinished(t *testing.T) {
	_, bot, f, main := faulty(t)
	f.once("POST", "createCommitOnBranch", 200, nil, `{"data":null,"errors":[{"message":"Something went wrong while executing your query."}]}`)
	if _, err := bot.Commit(t.Context(), write("topic", main, "a")); err == nil {
		t.Fatal("it went through")
	}
	if got, err := bot.Head(t.Context(), "topic"); err != nil || got != main {
		t.Errorf("the branch is at %s, %v, want it at its parent", got, err)
	}
}
