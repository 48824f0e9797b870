package emulated_test

import (
	"errors"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/linnet-bot/linnet/internal/emulated"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/forge/github"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// place is a project with a first commit on main, and a bot.
type place struct {
	*testing.T
	*emulated.Project
	host *emulated.Host
	bot  *github.Forge
	main string
}

func newPlace(t *testing.T) *place {
	t.Helper()
	h := emulated.Start(t, nil)
	p := &place{T: t, Project: h.Project(t), host: h}
	firstCommit(t, p.Remote())
	p.bot = p.Bot(t)
	var err error
	if p.main, err = p.bot.Head(t.Context(), "main"); err != nil {
		t.Fatal(err)
	}
	return p
}

// firstCommit pushes one, without a file, to main.
func firstCommit(t *testing.T, remote string) {
	t.Helper()
	dir := t.TempDir()
	for _, args := range [][]string{{"init", "-q", "-b", "main", "."}, {"commit", "-q", "--allow-empty", "-m", "Start"}, {"push", "-q", remote, "main"}} {
		cmd := exec.CommandContext(t.Context(), "git", append([]string{"-c", "user.name=Pat", "-c", "user.email=pat@example.org"}, args...)...)
		cmd.Dir = dir
		cmd.Env = append(cmd.Environ(), emulated.GitEnv("pat")...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %s: %v\n%s", args[0], err, out)
		}
	}
}

// A push that emulate refuses must not stand in Git alone.
func TestAPushThatIsRefusedIsTakenBack(t *testing.T) {
	p := newPlace(t)
	p.Protect(t, 1)
	dir := t.TempDir()
	git := func(args ...string) error {
		cmd := exec.CommandContext(t.Context(), "git", append([]string{"-c", "user.name=Pat", "-c", "user.email=pat@example.org"}, args...)...)
		cmd.Dir, cmd.Env = dir, append(cmd.Environ(), emulated.GitEnv("pat")...)
		return cmd.Run()
	}
	if err := errors.Join(git("clone", "-q", p.Remote(), "."), git("commit", "-q", "--allow-empty", "-m", "Past everybody")); err != nil {
		t.Fatal(err)
	}
	if git("push", "-q", "origin", "main") == nil {
		t.Error("a protected branch can be pushed to")
	}
	if list, err := p.bot.Branches(t.Context(), ""); err != nil || len(list) != 1 || list[0].Head != p.main {
		t.Errorf("got %v, %v, want main alone at %s", list, err, p.main)
	}
	if err := git("push", "-q", "origin", "main:refs/heads/other"); err != nil {
		t.Errorf("a push that is allowed: %v", err)
	}
}

// request opens a pull request of one commit.
func (p *place) request(branch string) forge.MergeRequest {
	p.Helper()
	head, err := p.bot.Head(p.Context(), "main")
	if err == nil {
		_, err = p.bot.Commit(p.Context(), forge.NewCommit{Branch: branch, Create: true, Parent: head, Message: "Change " + branch + "\n", Changes: []tree.Change{{Path: branch, Content: []byte(branch)}}})
	}
	if err != nil {
		p.Fatal(err)
	}
	m, err := p.bot.Open(p.Context(), forge.OpenRequest{Source: branch, Target: "main", Title: "Change " + branch})
	if err != nil {
		p.Fatal(err)
	}
	return m
}

// emulate does not tell which App has made a run, so that the bot cannot know its own again; all else of a check can be read.
func TestACheckGoesThroughEveryState(t *testing.T) {
	p := newPlace(t)
	for _, c := range []forge.Check{
		{State: forge.Pending, Title: "waits"},
		{State: forge.InProgress, Title: "3 of 7 moved", Summary: "- a\n- b\n", URL: "https://example.org/x"},
		{State: forge.ActionRequired, Title: "promote?", Summary: "**now**", Promote: true},
		{State: forge.Failure, Title: "one is lost"},
		{State: forge.InProgress, Title: "again"},
		{State: forge.Success, Title: "all moved", Summary: "done"},
	} {
		c.Name = "linnet/gate"
		if err := p.bot.SetCheck(t.Context(), p.main, c); err != nil {
			t.Fatal(err)
		}
		list, err := p.bot.Checks(t.Context(), p.main)
		if err != nil {
			t.Fatal(err)
		}
		if len(list) != 1 || list[0].Name != c.Name || list[0].State != c.State || list[0].Title != c.Title || list[0].Summary != c.Summary || c.URL != "" && list[0].URL != c.URL {
			t.Errorf("got %+v, want %+v", list, c)
		}
	}
}

func TestARequiredCheckHoldsTheMergeBack(t *testing.T) {
	p := newPlace(t)
	p.Protect(t, 0, "linnet/gate")
	m := p.request("topic")
	merge := func() error {
		_, err := p.bot.Merge(t.Context(), m.Number, forge.MergeOptions{Head: m.Head})
		return err
	}
	for _, state := range []forge.CheckState{"", forge.Pending, forge.InProgress, forge.ActionRequired, forge.Failure} {
		if state != "" {
			if err := p.bot.SetCheck(t.Context(), m.Head, forge.Check{Name: "linnet/gate", State: state, Title: "not yet"}); err != nil {
				t.Fatal(err)
			}
		}
		var not *forge.NotMergeableError
		if err := merge(); !errors.As(err, &not) || !not.Has(forge.ReasonChecks) {
			t.Errorf("with the check %q: got %v, want it held back by checks", state, err)
		}
	}
	if err := p.bot.SetCheck(t.Context(), m.Head, forge.Check{Name: "linnet/gate", State: forge.Success, Title: "all moved"}); err != nil {
		t.Fatal(err)
	}
	if err := merge(); err != nil {
		t.Error(err)
	}
}

// Each method, where nothing but the merge request has moved: then what emulate does is a merge.
func TestEveryMethodOfMerging(t *testing.T) {
	p := newPlace(t)
	for _, method := range []forge.Method{forge.MergeCommit, forge.Squash, forge.Rebase} {
		m := p.request("topic-" + string(method))
		was, err := p.bot.Head(t.Context(), "main")
		if err != nil {
			t.Fatal(err)
		}
		result, err := p.bot.Merge(t.Context(), m.Number, forge.MergeOptions{Head: m.Head, Method: method, Message: "Merge it\n\nBecause.\n\nPhase: crds\n"})
		if err != nil {
			t.Fatalf("%s: %v", method, err)
		}
		c, err := p.bot.ReadCommit(t.Context(), result.SHA)
		if err != nil {
			t.Fatalf("%s: %v", method, err)
		}
		want := []string{was}
		if method == forge.MergeCommit {
			want = append(want, m.Head)
		}
		if !slices.Equal(c.Parents, want) {
			t.Errorf("%s: got parents %v, want %v", method, c.Parents, want)
		}
		if trailers := forge.Trailers(c.Message); method != forge.Rebase && (len(trailers) != 1 || trailers[0].Value != "crds" || !strings.HasPrefix(c.Message, "Merge it\n\nBecause.\n")) {
			t.Errorf("%s: got the message %q", method, c.Message)
		}
		files, err := p.bot.Tree(t.Context(), result.SHA)
		if err != nil {
			t.Fatalf("%s: %v", method, err)
		}
		if content, _ := files.Read("topic-" + string(method)); string(content) != "topic-"+string(method) {
			t.Errorf("%s: the file is not in", method)
		}
		if now, err := p.bot.Get(t.Context(), m.Number); err != nil || now.State != forge.Merged || now.MergeSHA != result.SHA || now.MergedBy.Name != "linnet[bot]" {
			t.Errorf("%s: got %+v, %v", method, now, err)
		}
	}
}

func TestAnUpdateChangesTitleAndDescription(t *testing.T) {
	p := newPlace(t)
	m := p.request("topic")
	title, text := "New title", "New\r\ntext 🐦"
	for _, u := range []forge.Update{{Title: &title}, {Description: &text}} {
		if _, err := p.bot.Update(t.Context(), m.Number, u); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := p.bot.Get(t.Context(), m.Number); err != nil || got.Title != title || got.Description != text || got.State != forge.Open {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestADeletedCommentIsGone(t *testing.T) {
	p := newPlace(t)
	m := p.request("topic")
	ann := p.Person(t, "ann")
	c, err := ann.AddComment(t.Context(), m.Number, "/canary promote")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := ann.DeleteComment(t.Context(), m.Number, c.ID); err != nil {
			t.Fatal(err)
		}
	}
	if list, err := p.bot.Comments(t.Context(), m.Number); err != nil || len(list) != 0 {
		t.Errorf("got %+v, %v", list, err)
	}
	if _, err := p.bot.GetComment(t.Context(), m.Number, c.ID); !errors.Is(err, forge.ErrNotFound) {
		t.Errorf("got %v, want not found", err)
	}
}

func TestRolesAreThoseOfTheProject(t *testing.T) {
	p := newPlace(t)
	for name, want := range map[string]string{"ann": "write", "bob": "maintain", "olga": "admin", "nobody": ""} {
		who := forge.User{Name: name}
		if me, err := p.Person(t, name).Me(t.Context()); err != nil {
			t.Fatal(err)
		} else if who.ID = me.ID; me.Name != name {
			t.Fatalf("the token of %s is %s's", name, me.Name)
		}
		if got, err := p.bot.Role(t.Context(), who); err != nil || got != want {
			t.Errorf("%s: got %q, %v, want %q", name, got, err, want)
		}
	}
}

// Of the permissions that the client asks for, emulate's App has all but the one for merge queues: the token is refused with it and given without it.
func TestATokenIsGoodForTheProjectAlone(t *testing.T) {
	p := newPlace(t)
	p.host.Project(t) // another one
	tokens := p.host.InstallationTokens(t)
	if len(tokens) != 1 {
		t.Fatalf("got %d tokens, want the bot's", len(tokens))
	}
	may := tokens[0].Permissions
	if len(tokens[0].Repositories) != 1 || tokens[0].Selection != "selected" {
		t.Errorf("it is good for %s repositories %v, want one", tokens[0].Selection, tokens[0].Repositories)
	}
	if may["contents"] != "write" || may["checks"] != "write" || may["pull_requests"] != "write" || may["administration"] != "" || may["merge_queues"] != "" {
		t.Errorf("it may %v", may)
	}
}
