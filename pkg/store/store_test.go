package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if path := os.Getenv(processOn); path != "" {
		if err := remember(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

var (
	begin = time.Date(2026, time.March, 9, 8, 0, 0, 0, time.UTC)
	key   = []byte("0123456789abcdef")
)

func open(t *testing.T, path string, o Options) *Store {
	t.Helper()
	s, err := Open(t.Context(), path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func file(t *testing.T) string { return filepath.Join(t.TempDir(), "history.db") }

func entry(n int) Entry {
	return Entry{
		At: begin.Add(time.Duration(n) * time.Minute), Kind: Gate, Environment: "dev", Upgrade: "dev/3.19.0", Phase: "crds", Request: 1,
		Subject: fmt.Sprint("gate ", n), State: "pass", What: "gate <crds> & co: pass", Facts: map[string]string{"b": "2", "a": "é\u2028"},
	}
}

func (s *Store) must(t *testing.T, entries ...Entry) {
	t.Helper()
	if err := s.Append(t.Context(), entries...); err != nil {
		t.Fatal(err)
	}
}

func states(t *testing.T, s *Store, f Filter) []string {
	t.Helper()
	all, err := s.Entries(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	texts := []string{}
	for _, e := range all {
		texts = append(texts, fmt.Sprintf("%d %s %s", e.Seq, e.Subject, e.State))
	}
	return texts
}

func TestEachNewsIsRecordedOnce(t *testing.T) {
	s := open(t, file(t), Options{})
	say := func(subject, state string, change func(*Entry)) {
		e := Entry{At: begin, Kind: Request, Environment: "dev", Subject: subject, State: state, What: "x"}
		if change != nil {
			change(&e)
		}
		s.must(t, e)
	}
	final := func(e *Entry) { e.Final = true }
	ends := func(e *Entry) { e.Ends = true }
	say("work", "goes on", ends) // nothing that it could end
	say("request 1", "open", nil)
	say("request 1", "open", nil)
	say("request 2", "open", nil)
	say("request 1", "closed", nil)
	say("request 1", "open", nil)
	say("request 1", "merged", final)
	say("request 1", "open", nil) // somebody with an older view
	say("work", "stopped", nil)
	say("work", "goes on", ends)
	say("work", "goes on", ends)
	want := []string{"1 request 1 open", "2 request 2 open", "3 request 1 closed", "4 request 1 open", "5 request 1 merged", "6 work stopped", "7 work goes on"}
	if diff := cmp.Diff(want, states(t, s, Filter{})); diff != "" {
		t.Errorf("recorded (-want +got):\n%s", diff)
	}
}

func TestEntriesComeBackAsTheyWere(t *testing.T) {
	path := file(t)
	s := open(t, path, Options{Key: key})
	want := entry(1)
	want.Happened, want.Final, want.Cause, want.By = begin, true, "because", "ana"
	other := entry(2)
	other.Environment = "prod"
	s.must(t, want, other)
	r, err := Read(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	got, err := r.Entries(t.Context(), Filter{Environment: "dev"})
	if err != nil {
		t.Fatal(err)
	}
	want.Seq = 1
	if diff := cmp.Diff([]Entry{want}, got); diff != "" {
		t.Errorf("read (-want +got):\n%s", diff)
	}
	if got := states(t, r, Filter{Since: begin.Add(90 * time.Second)}); len(got) != 1 || !strings.Contains(got[0], "gate 2") {
		t.Errorf("since the second: %q", got)
	}
	if err := r.Append(t.Context(), entry(3)); err == nil || !strings.Contains(err.Error(), "for reading only") {
		t.Errorf("a reader wrote: %v", err)
	}
}

func TestTwoProcessesWriteOneChain(t *testing.T) {
	path := file(t)
	var work sync.WaitGroup
	for range 2 {
		s := open(t, path, Options{Key: key})
		work.Go(func() {
			for n := range 40 {
				if err := s.Append(context.Background(), entry(n), entry(n+100)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	work.Wait()
	chain, err := open(t, path, Options{}).Verify(t.Context(), key, "")
	if err != nil || chain.Rows != 80 || chain.Sealed != 80 {
		t.Errorf("got %+v, %v, want 80 rows", chain, err)
	}
}

func TestAFileThatIsDeletedUnderTheWriterIsBegunAnew(t *testing.T) {
	path := file(t)
	s := open(t, path, Options{})
	s.must(t, entry(1))
	gone := func() {
		for _, name := range []string{path, path + "-wal", path + "-shm"} {
			_ = os.Remove(name) // the last two may not be there
		}
	}
	gone()
	s.must(t, entry(2))
	gone()
	if err := os.WriteFile(path, []byte(strings.Repeat("no database\n", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.Append(t.Context(), entry(3)); err == nil {
			t.Error("wrote into a file that is no database")
		}
	}
	gone()
	s.must(t, entry(4))
	if got := states(t, s, Filter{}); len(got) != 1 || got[0] != "1 gate 4 pass" {
		t.Errorf("got %q", got)
	}
}

func TestFilesThatAreNoneOfOursAreRefused(t *testing.T) {
	newer := file(t)
	s := open(t, newer, Options{})
	if _, err := s.writer.ExecContext(t.Context(), "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, 1)"); err != nil {
		t.Fatal(err)
	}
	garbage := file(t)
	if err := os.WriteFile(garbage, []byte(strings.Repeat("no database\n", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	empty := file(t)
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ name, path, write, read string }{
		{"a newer Linnet's", newer, "a newer Linnet wrote it (schema 99, this one knows 3); use that one; it may be moved away, no upgrade needs it", "a newer Linnet wrote it"},
		{"garbage", garbage, "file is not a database", "it is no history of Linnet"},
		{"empty", empty, "", "it is no history of Linnet"},
		{"in no folder", filepath.Join(t.TempDir(), "x", "y.db"), "unable to open database file", "there is no history yet"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if r, err := Read(t.Context(), tc.path); err == nil || !strings.Contains(err.Error(), tc.read) {
				t.Errorf("Read = %v, %v, want %s", r, err, tc.read)
			}
			w, err := Open(t.Context(), tc.path, Options{})
			if tc.write == "" {
				if err != nil {
					t.Error(err)
				}
				_ = w.Close()
				return
			}
			if err == nil || !strings.Contains(err.Error(), tc.write) || !strings.Contains(err.Error(), tc.path) {
				t.Errorf("Open = %v, want %s", err, tc.write)
			}
		})
	}
	path := file(t)
	if _, err := Read(t.Context(), path); !errors.Is(err, ErrAbsent) {
		t.Errorf("Read of nothing = %v", err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("reading made a file: %v", err)
	}
}

func TestAReaderDoesNotWaitForTheWriter(t *testing.T) {
	path := file(t)
	s := open(t, path, Options{})
	s.must(t, entry(1))
	tx, err := s.writer.BeginTx(t.Context(), nil) // holds the lock of the file
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	r, err := Read(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	if got := states(t, r, Filter{}); len(got) != 1 {
		t.Errorf("got %q", got)
	}
}
