package store

import (
	"io/fs"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func tables(t *testing.T, s *Store) []string {
	t.Helper()
	rows, err := s.writer.QueryContext(t.Context(), "SELECT type || ' ' || name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' AND name NOT LIKE 'goose_%' ORDER BY 1")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	all := []string{}
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		all = append(all, name)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

func TestEveryMigrationGoesUpAndDown(t *testing.T) {
	s := open(t, file(t), Options{})
	p, err := provider(s.writer)
	if err != nil {
		t.Fatal(err)
	}
	files, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	after := [][]string{tables(t, s)} // from the newest schema to none
	for range files {
		if _, err := p.Down(t.Context()); err != nil {
			t.Fatal(err)
		}
		after = append(after, tables(t, s))
	}
	if left := after[len(after)-1]; len(left) > 0 {
		t.Errorf("after all went down there is still %q", left)
	}
	for i := len(files) - 1; i >= 0; i-- {
		if _, err := p.UpByOne(t.Context()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(after[i], tables(t, s)); diff != "" {
			t.Errorf("up again to schema %d (-before +now):\n%s", len(files)-i, diff)
		}
	}
	s.must(t, entry(1))
	if err := s.AddLook(t.Context(), look(0, 1)); err != nil {
		t.Error(err)
	}
}

// An older schema is brought up by who writes, and refused with a remedy by who only reads.
func TestAnOlderSchemaIsBroughtUpByTheWriter(t *testing.T) {
	path := file(t)
	s := open(t, path, Options{})
	s.must(t, entry(1))
	p, err := provider(s.writer)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.DownTo(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(t.Context(), path); err == nil {
		t.Error("an older schema was read")
	}
	again := open(t, path, Options{})
	if got := states(t, again, Filter{}); len(got) != 1 {
		t.Errorf("after the way up there is %q", got)
	}
}
