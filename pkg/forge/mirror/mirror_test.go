package mirror

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

const absent = "0123456789012345678901234567890123456789"

func TestAnEmptyRepositoryHasNoBranches(t *testing.T) {
	m := newServer(t).mirror()
	if heads, err := m.Heads(t.Context(), ""); err != nil || len(heads) != 0 {
		t.Errorf("Heads: got %v, %v, want none", heads, err)
	}
	if _, err := m.Head(t.Context(), "main"); !errors.Is(err, forge.ErrNotFound) {
		t.Errorf("Head: got %v, want not found", err)
	}
	if _, err := m.Commit(t.Context(), absent); !errors.Is(err, forge.ErrNotFound) {
		t.Errorf("Commit: got %v, want not found", err)
	}
}

func TestBranchesAreReadAnew(t *testing.T) {
	s := newServer(t)
	one := s.commit("one", map[string]string{"a": "1\n"})
	s.git("branch", "linnet/b")
	s.git("branch", "linnet/a")
	s.push()
	m := s.mirror()
	got, err := m.Heads(t.Context(), "linnet/")
	if want := []forge.Branch{{Name: "linnet/a", Head: one}, {Name: "linnet/b", Head: one}}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	two := s.commit("two", nil)
	s.push()
	if got, err := m.Head(t.Context(), "main"); err != nil || got != two {
		t.Errorf("got %s, %v, want %s", got, err, two)
	}
}

func TestACommitIsFetchedOnce(t *testing.T) {
	s := newServer(t)
	large := make([]byte, 20000) // that no compression makes small
	_, _ = rand.NewChaCha8([32]byte{}).Read(large)
	one := s.commit("one\n\nbody", map[string]string{"a/b.yaml": string(large)})
	two := s.commit("two", map[string]string{"c": "2\n"})
	s.push()
	m := s.mirror()
	c, err := m.Commit(t.Context(), two)
	if err != nil || c.SHA != two || c.Message != "two\n" || c.Author != "Ann <ann@example.org>" || !reflect.DeepEqual(c.Parents, []string{one}) || c.Time.IsZero() {
		t.Fatalf("got %+v, %v", c, err)
	}
	s.traffic()
	files, err := m.Tree(t.Context(), two)
	if want := tree.New(map[string][]byte{"a/b.yaml": large, "c": []byte("2\n")}); err != nil || !files.Equal(want) {
		t.Errorf("got %v, %v", files.Paths(), err)
	}
	if parent, err := m.FirstParent(t.Context(), two); err != nil || parent != one {
		t.Errorf("got %s, %v, want %s", parent, err, one)
	}
	if parent, err := m.FirstParent(t.Context(), one); err != nil || parent != "" {
		t.Errorf("got %s, %v, want none", parent, err)
	}
	if got, _ := s.traffic(); got != "" {
		t.Errorf("%s for what is here", got)
	}
	three := s.commit("three", map[string]string{"c": "3\n"})
	s.push()
	if _, err := m.Tree(t.Context(), three); err != nil {
		t.Error(err)
	}
	if got, sent := s.traffic(); got != "GET POST" || sent > 4000 {
		t.Errorf("%s and %d bytes for one new commit, want one fetch of what is new", got, sent)
	}
}

func TestACommitWithoutABranchIsFetchedByItsName(t *testing.T) {
	s := newServer(t)
	s.commit("one", map[string]string{"a": "1\n"})
	s.push()
	m := s.mirror()
	s.git("checkout", "-q", "-b", "side")
	side := s.commit("side", map[string]string{"b": "2\n"})
	// As the forges keep a request's head when its branch is gone.
	s.git("push", "-q", "origin", "side:refs/merge-requests/1/head")
	if c, err := m.Commit(t.Context(), side); err != nil || c.Message != "side\n" {
		t.Errorf("got %+v, %v", c, err)
	}
}

func TestWhatIsNotThereIsNotFound(t *testing.T) {
	s := newServer(t)
	one := s.commit("one", map[string]string{"a": "1\n"})
	s.push()
	m := s.mirror()
	for _, sha := range []string{absent, "", "main", one[:8], strings.Repeat("ab", 32)} {
		if _, err := m.Commit(t.Context(), sha); !errors.Is(err, forge.ErrNotFound) {
			t.Errorf("Commit %q: got %v, want not found", sha, err)
		}
		if _, err := m.IsAncestor(t.Context(), one, sha); !errors.Is(err, forge.ErrNotFound) {
			t.Errorf("IsAncestor %q: got %v, want not found", sha, err)
		}
	}
	if _, err := m.Head(t.Context(), "nope"); !errors.Is(err, forge.ErrNotFound) {
		t.Errorf("Head: got %v, want not found", err)
	}
	// A blob of the repository is no commit.
	if _, err := m.Commit(t.Context(), s.git("rev-parse", "HEAD:a")); !errors.Is(err, forge.ErrNotFound) {
		t.Errorf("Commit of a blob: got %v, want not found", err)
	}
}

func TestHistory(t *testing.T) {
	s := newServer(t)
	root := s.commit("root", map[string]string{"a": "1\n"})
	s.git("checkout", "-q", "-b", "side")
	side := s.commit("side", nil)
	s.git("checkout", "-q", "main")
	main := s.commit("main", nil)
	s.git("checkout", "-q", "--orphan", "other")
	other := s.commit("other", nil)
	s.push()
	m := s.mirror()
	for _, row := range []struct {
		a, b, base string
		ancestor   bool
	}{{side, main, root, false}, {root, side, root, true}, {side, root, root, false}, {main, main, main, true}, {main, other, "", false}} {
		base, err := m.MergeBase(t.Context(), row.a, row.b)
		if base != row.base || (row.base == "") != errors.Is(err, forge.ErrNotFound) {
			t.Errorf("merge base of %s and %s: got %q, %v, want %q", row.a, row.b, base, err, row.base)
		}
		if is, err := m.IsAncestor(t.Context(), row.a, row.b); err != nil || is != row.ancestor {
			t.Errorf("is %s an ancestor of %s: got %v, %v, want %v", row.a, row.b, is, err, row.ancestor)
		}
	}
}

// TestMergeBasesAreGits compares with git merge-base over a tangled history whose clocks are wrong.
func TestMergeBasesAreGits(t *testing.T) {
	s := newServer(t)
	chance := rand.New(rand.NewPCG(1, 2))
	s.commit("root", map[string]string{"a": "1\n"})
	all := []string{s.git("rev-parse", "HEAD")}
	for i := range 30 {
		args := []string{"commit-tree", "HEAD^{tree}", "-m", strconv.Itoa(i)}
		first := all[chance.IntN(len(all))]
		args = append(args, "-p", first)
		if second := all[chance.IntN(len(all))]; second != first && chance.IntN(2) == 0 {
			args = append(args, "-p", second)
		}
		t.Setenv("GIT_COMMITTER_DATE", strconv.Itoa(1700000000+chance.IntN(1000))+" +0000")
		all = append(all, s.git(args...))
		s.git("branch", "b"+strconv.Itoa(i), all[len(all)-1])
	}
	s.push()
	m := s.mirror()
	for range 60 {
		a, b := all[chance.IntN(len(all))], all[chance.IntN(len(all))]
		want := s.git("merge-base", "--all", a, b)
		got, err := m.MergeBase(t.Context(), a, b)
		if err != nil || !slices.Contains(strings.Fields(want), got) {
			t.Errorf("merge base of %s and %s: got %s, %v, want one of %s", a, b, got, err, want)
		}
		if is, err := m.IsAncestor(t.Context(), a, b); err != nil || is != (want == a) {
			t.Errorf("is %s an ancestor of %s: got %v, %v", a, b, is, err)
		}
	}
}

func TestMerge(t *testing.T) {
	s := newServer(t)
	lines := func(first, last string) string { return first + "\n2\n3\n4\n" + last + "\n" }
	s.commit("root", map[string]string{"both": lines("1", "5"), "gone": "x\n", "d/kept": "k\n"})
	s.git("checkout", "-q", "-b", "side")
	if err := os.Chmod(filepath.Join(s.dir, "both"), 0o755); err != nil {
		t.Fatal(err)
	}
	side := s.commit("side", map[string]string{"both": lines("1", "five"), "gone": "", "d/new": "n\n"})
	s.git("checkout", "-q", "main")
	main := s.commit("main", map[string]string{"both": lines("one", "5")})
	s.git("checkout", "-q", "-b", "clash")
	clash := s.commit("clash", map[string]string{"both": lines("one", "fuenf")})
	s.push()
	m := s.mirror()
	if _, err := m.Commit(t.Context(), main); err != nil {
		t.Fatal(err)
	}
	before := m.store.bytes
	got, err := m.Merge(t.Context(), main, side)
	want := tree.New(map[string][]byte{"both": []byte(lines("one", "five")), "d/kept": []byte("k\n"), "d/new": []byte("n\n")})
	if changes := got.Changes(want); err != nil || len(changes) != 1 || changes[0].Path != "both" || string(changes[0].Content) != lines("one", "five") {
		t.Errorf("got %v, %v", changes, err)
	}
	if content, _ := got.Read("both"); string(content) != lines("one", "five") {
		t.Errorf("got %q", content)
	}
	if mode, _ := got.Mode("both"); mode != tree.Executable {
		t.Errorf("both has mode %v, want executable as one side made it", mode)
	}
	if m.store.bytes != before {
		t.Errorf("merging keeps %d bytes", m.store.bytes-before)
	}
	_, err = m.Merge(t.Context(), clash, side)
	var conflict *ConflictError
	if !errors.Is(err, ErrConflict) || !errors.As(err, &conflict) || !reflect.DeepEqual(conflict.Paths, []string{"both"}) {
		t.Errorf("got %v, want a conflict in both", err)
	}
}

func TestAMirrorThatGrewTooBigBeginsAgain(t *testing.T) {
	s := newServer(t)
	one := s.commit("one", map[string]string{"a": strings.Repeat("a", 1000)})
	s.push()
	m := s.mirror()
	m.limit = 1500
	if _, err := m.Tree(t.Context(), one); err != nil {
		t.Fatal(err)
	}
	s.git("checkout", "-q", "--orphan", "next")
	two := s.commit("two", map[string]string{"a": strings.Repeat("b", 1000)})
	s.git("branch", "-D", "main")
	s.push()
	s.git("push", "-q", "origin", "next:main", "--force")
	if _, err := m.Tree(t.Context(), two); err != nil {
		t.Errorf("the new history alone fits: %v", err)
	}
	m.limit = 500
	three := s.commit("three", map[string]string{"b": "3"})
	s.push()
	if _, err := m.Tree(t.Context(), three); !errors.Is(err, errTooBig) {
		t.Errorf("got %v, want %v", err, errTooBig)
	}
	if _, err := m.Tree(t.Context(), two); err != nil {
		t.Errorf("a fetch that failed lost what was here: %v", err)
	}
}

func TestManyMayReadAtOnce(t *testing.T) {
	s := newServer(t)
	one := s.commit("one", map[string]string{"a": "1\n"})
	two := s.commit("two", map[string]string{"a": "2\n"})
	s.push()
	m := s.mirror()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if _, err := m.Tree(t.Context(), two); err != nil {
				t.Error(err)
			}
			if is, err := m.IsAncestor(t.Context(), one, two); !is || err != nil {
				t.Error(is, err)
			}
			if _, err := m.Merge(t.Context(), one, two); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got, _ := s.traffic(); got != "GET POST" {
		t.Errorf("%s, want one fetch", got)
	}
}

func TestRefusedCredentialsAreForbidden(t *testing.T) {
	s := newServer(t)
	inner := s.client.Transport.(bearer).next
	m := New(Options{URL: s.url, Client: with("secret-token", inner), Name: "forge.example/acme/gitops"})
	_, err := m.Head(t.Context(), "main")
	if !errors.Is(err, forge.ErrForbidden) || errors.Is(err, forge.ErrNotFound) || strings.Contains(err.Error(), "secret-token") {
		t.Errorf("got %v, want not allowed", err)
	}
	m = New(Options{URL: s.url + "x", Client: s.client})
	if _, err := m.Head(t.Context(), "main"); !errors.Is(err, forge.ErrForbidden) || errors.Is(err, forge.ErrNotFound) {
		t.Errorf("a repository that is not shown: got %v, want not allowed", err)
	}
}

func TestCredentialsDoNotFollowToAnotherHost(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the other host was asked") }))
	defer elsewhere.Close()
	forgeServer := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusMovedPermanently))
	defer forgeServer.Close()
	m := New(Options{URL: forgeServer.URL + "/a.git", Client: with("t", forgeServer.Client().Transport)})
	if _, err := m.Head(t.Context(), "main"); !errors.Is(err, errElsewhere) {
		t.Errorf("got %v, want %v", err, errElsewhere)
	}
}

func TestAnAddressWithCredentialsIsRefusedAndNotRepeated(t *testing.T) {
	for _, url := range []string{"https://user:hunter2@forge.example/a.git", "ssh://forge.example/a.git", "/tmp/hunter2"} {
		_, err := New(Options{URL: url}).Head(t.Context(), "main")
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: got %v", url, err)
		}
	}
}

func TestStoppingEndsAFetch(t *testing.T) {
	asked := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(asked)
		<-r.Context().Done()
	}))
	defer s.Close()
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-asked; cancel() }()
	if _, err := New(Options{URL: s.URL + "/a.git", Client: s.Client()}).Commit(ctx, absent); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want cancelled", err)
	}
}
