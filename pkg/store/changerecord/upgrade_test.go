package changerecord_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/linnet-bot/linnet/internal/demo"
	"github.com/linnet-bot/linnet/internal/library"
	"github.com/linnet-bot/linnet/internal/miniature"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/forge/local"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
	"github.com/linnet-bot/linnet/pkg/release"
	"github.com/linnet-bot/linnet/pkg/store"
	"github.com/linnet-bot/linnet/pkg/store/changerecord"
	"github.com/linnet-bot/linnet/pkg/store/recorder"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var key = []byte("0123456789abcdef")

// upgrade plays the miniature's upgrade, recorded in file; at tells what to do after which look.
func upgrade(t *testing.T, file string, at map[int]func()) (demo.Outcome, *local.Forge) {
	t.Helper()
	releases, packages, dir := t.TempDir(), t.TempDir(), t.TempDir()
	if err := miniature.Releases(releases); err != nil {
		t.Fatal(err)
	}
	if err := miniature.PackagesDir(packages); err != nil {
		t.Fatal(err)
	}
	source, err := release.Open(release.Options{URL: releases})
	if err != nil {
		t.Fatal(err)
	}
	charts, err := release.OpenPackages(release.PackagesOptions{Dir: packages})
	if err != nil {
		t.Fatal(err)
	}
	history, err := store.Open(t.Context(), file, store.Options{Key: key})
	if err != nil {
		t.Fatal(err)
	}
	looks := 0
	outcome, err := demo.Run(t.Context(), demo.Options{
		Dir: dir, Repository: tree.New(miniature.Repository("git")), Environment: "dev", To: "3.19.0", Why: "the newest",
		Material: library.New(t.Context(), source, charts), Releases: source, Packages: charts, Recorder: recorder.New(history),
		Show: func(demo.Event) {
			if looks++; at[looks] != nil {
				at[looks]()
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := history.Close(); err != nil {
		t.Error(err)
	}
	f, err := local.Open(filepath.Join(dir, "forge"), demo.Bot)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Shutdown() })
	return outcome, f
}

// told is what the history in a file tells.
func told(t *testing.T, file string) changerecord.History {
	t.Helper()
	s, err := store.Read(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	chain, err := s.Verify(t.Context(), key, "")
	if err != nil {
		t.Error(err)
	}
	h := changerecord.History{Chain: &chain}
	if h.Entries, err = s.Entries(t.Context(), store.Filter{}); err != nil {
		t.Fatal(err)
	}
	if h.Looks, err = s.Looks(t.Context(), store.Filter{}); err != nil {
		t.Fatal(err)
	}
	return h
}

func record(t *testing.T, f changerecord.Forge, h changerecord.History) changerecord.Record {
	t.Helper()
	r, err := changerecord.Make(t.Context(), f, "dev", "", h)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// everything is what the forge holds in the end.
func everything(t *testing.T, f *local.Forge) (all []any) {
	t.Helper()
	requests, err := f.Find(t.Context(), forge.Query{})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range requests {
		comments, err := f.Comments(t.Context(), r.Number)
		if err != nil {
			t.Fatal(err)
		}
		checks, err := f.Checks(t.Context(), r.Head)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, r, comments, checks)
	}
	return all
}

// The history is deleted under the running bot, and later replaced by something that is none. The upgrade does not notice; what the record says is still
// right, and it says what it does not know.
func TestDeletingTheHistoryChangesNothingAboutTheUpgrade(t *testing.T) {
	whole, lost := filepath.Join(t.TempDir(), "history.db"), filepath.Join(t.TempDir(), "history.db")
	undisturbed, f := upgrade(t, whole, nil)
	remove := func() {
		for _, suffix := range []string{"", "-wal", "-shm"} {
			if err := os.Remove(lost + suffix); err != nil && suffix == "" {
				t.Error(err)
			}
		}
	}
	disturbed, g := upgrade(t, lost, map[int]func(){
		undisturbed.Looks / 4: func() {
			remove()
			if err := os.WriteFile(lost, []byte(strings.Repeat("no database\n", 1000)), 0o600); err != nil {
				t.Error(err)
			}
		},
		undisturbed.Looks / 2: remove, // from here on a new one
	})
	if !disturbed.Final.Equal(undisturbed.Final) || disturbed.Looks != undisturbed.Looks || disturbed.Elapsed != undisturbed.Elapsed {
		t.Errorf("%d looks and %s, want %d and %s; the trees differ by:\n%s", disturbed.Looks, disturbed.Elapsed, undisturbed.Looks, undisturbed.Elapsed, tree.Patch(undisturbed.Final, disturbed.Final))
	}
	if diff := cmp.Diff(everything(t, f), everything(t, g)); diff != "" {
		t.Errorf("the forge (-undisturbed +disturbed):\n%s", diff)
	}

	full := record(t, f, told(t, whole))
	if full.State != changerecord.Finished || len(full.Phases) != len(undisturbed.Plan.Phases) || len(full.Unknown) > 0 || full.Last == nil || full.Last.Verdict != "open" {
		t.Errorf("the full record: %+v", full)
	}
	for _, p := range full.Phases {
		if p.By != demo.Bot || len(p.OnWordOf) != 1 || p.OnWordOf[0] != demo.Reviewer || len(p.Approved) != 1 {
			t.Errorf("%s: by %s on the word of %v, approved by %v", p.Name, p.By, p.OnWordOf, p.Approved)
		}
		if p.Evidence == nil || p.Evidence.Source != "history" || p.Evidence.Verdict != "open" || p.Evidence.At.After(p.Done) || !strings.Contains(p.Evidence.Text, "[ok] ") {
			t.Errorf("%s: evidence %+v", p.Name, p.Evidence)
		}
		if len(p.Proxies) == 0 || p.ProxiesAt.After(p.Done) {
			t.Errorf("%s: proxies %v at %s", p.Name, p.Proxies, p.ProxiesAt)
		}
	}

	for name, h := range map[string]changerecord.History{"from the forge alone": {Problem: "it was deleted"}, "from half a history": told(t, lost)} {
		t.Run(name, func(t *testing.T) {
			less := record(t, g, h)
			if len(less.Unknown) != 1 {
				t.Errorf("it does not say what it does not know: %q", less.Unknown)
			}
			for i, p := range less.Phases {
				if p.Evidence == nil || p.Evidence.Verdict != "success" && p.Evidence.Verdict != "open" {
					t.Errorf("%s: evidence %+v", p.Name, p.Evidence)
				}
				less.Phases[i] = withoutHistory(p)
			}
			want := full
			want.Phases = nil
			for _, p := range full.Phases {
				want.Phases = append(want.Phases, withoutHistory(p))
			}
			for _, r := range []*changerecord.Record{&less, &want} {
				r.Unknown, r.Last, r.Sources = nil, nil, changerecord.Sources{}
			}
			if diff := cmp.Diff(want, less); diff != "" {
				t.Errorf("the record (-full +less):\n%s", diff)
			}
		})
	}
	if text := record(t, g, changerecord.History{Problem: "it was deleted"}).Markdown(); !strings.Contains(text, "There is no history to add to what the forge tells: it was deleted.") {
		t.Errorf("got:\n%s", text)
	}
	wantNewsOnce(t, whole)
}

// withoutHistory is a phase without what only a history tells.
func withoutHistory(p changerecord.Phase) changerecord.Phase {
	p.Evidence, p.Proxies = nil, nil
	p.ProxiesAt = p.Opened
	return p
}

var sha = regexp.MustCompile(`\b[0-9a-f]{40}\b`)

// wantNewsOnce wants no entry to be there twice, and the story of a merge request to be told in order.
func wantNewsOnce(t *testing.T, file string) {
	t.Helper()
	var first []string
	seen := map[string]bool{}
	for _, e := range told(t, file).Entries {
		id := e.Subject + " " + e.State
		if seen[id] && e.Kind != store.Gate {
			t.Errorf("row %d tells again that %s", e.Seq, id)
		}
		seen[id] = true
		if e.Request == 1 && e.Phase == "crds" {
			first = append(first, string(e.Kind)+" "+sha.ReplaceAllString(e.State, "SHA"))
		}
	}
	want := []string{"request open", "review given", "command claimed", "request merged", "command done"}
	if diff := cmp.Diff(want, first); diff != "" {
		t.Errorf("!1 (-want +got):\n%s", diff)
	}
	if !seen["upgrade dev/3.19.0 finished"] {
		t.Error("the end is not recorded")
	}
}
