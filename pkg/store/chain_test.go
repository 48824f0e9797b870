package store

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// tamper does to a history what somebody with a shell can do.
func tamper(t *testing.T, s *Store, statements ...string) {
	t.Helper()
	for _, sql := range append([]string{"DROP TRIGGER audit_is_not_changed", "DROP TRIGGER audit_is_not_deleted"}, statements...) {
		if _, err := s.writer.ExecContext(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
}

func five(t *testing.T, o Options) *Store {
	t.Helper()
	s := open(t, file(t), o)
	s.must(t, entry(1), entry(2), entry(3), entry(4), entry(5))
	return s
}

func export(t *testing.T, s *Store) string {
	t.Helper()
	var out bytes.Buffer
	if err := s.Export(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestTheFirstBrokenRowIsNamed(t *testing.T) {
	rewritten := entry(3)
	rewritten.Seq, rewritten.By = 3, "nobody"
	text, err := rewritten.canonical()
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name, sql string
		row       int64
		reason    string
	}{
		{"an entry is changed", "UPDATE audit SET entry = replace(entry, 'crds', 'bump') WHERE seq = 3", 3, "its entry was changed"},
		{"an entry and its hash are changed", "UPDATE audit SET entry = '" + text + "', hash = '" + hashOf(text) + "' WHERE seq = 3", 3, "does not follow from row 2"},
		{"an entry is spelled otherwise", "UPDATE audit SET entry = replace(entry, ',', ', ') WHERE seq = 2", 2, "not in the form"},
		{"an entry is none", "DROP INDEX audit_by_subject; UPDATE audit SET entry = 'x' WHERE seq = 2", 2, "cannot be read"},
		{"a row is removed", "DELETE FROM audit WHERE seq = 2", 2, "row 3 stands in its place"},
		{"the first row is removed", "DELETE FROM audit WHERE seq = 1", 1, "row 2 stands in its place"},
		{"a hash is changed", "UPDATE audit SET hash = upper(hash) WHERE seq = 4", 4, "its entry was changed"},
		{"a seal is taken off", "UPDATE audit SET seal = '' WHERE seq = 4", 4, "it is not sealed"},
		{"a seal is made up", "UPDATE audit SET seal = hash WHERE seq = 5", 5, "not made with this key"},
		{"all seals are taken off", "UPDATE audit SET seal = ''", 5, "no row is sealed"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := five(t, Options{Key: key})
			tamper(t, s, tc.sql)
			_, inPlace := s.Verify(t.Context(), key, "")
			_, exported := Verify(strings.NewReader(export(t, s)), key, "")
			for where, err := range map[string]error{"in the database": inPlace, "in the export": exported} {
				var broken *BrokenError
				if !errors.As(err, &broken) || broken.Row != tc.row || !strings.Contains(broken.Reason, tc.reason) && where == "in the database" {
					t.Errorf("%s: got %v, want row %d: %s", where, err, tc.row, tc.reason)
				}
			}
		})
	}
}

func TestAChainThatHoldsSaysWhatItProves(t *testing.T) {
	sealed, plain := five(t, Options{Key: key}), five(t, Options{})
	for _, tc := range []struct {
		name   string
		s      *Store
		key    []byte
		sealed int64
		proved bool
		text   string
	}{
		{"sealed, with the key", sealed, key, 5, true, "5 of them sealed, all with this key"},
		{"sealed, without the key", sealed, nil, 5, false, "5 of them sealed, which only the state key can check"},
		{"not sealed", plain, nil, 0, false, "none is sealed, so it shows slips but no forgery"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := tc.s.Verify(t.Context(), tc.key, "")
			if err != nil || got.Rows != 5 || got.Sealed != tc.sealed || got.Proved != tc.proved || !strings.Contains(got.Text(), tc.text) {
				t.Errorf("got %+v, %v: %s", got, err, got.Text())
			}
			exported, err := Verify(strings.NewReader(export(t, tc.s)), tc.key, "")
			if err != nil || exported != got {
				t.Errorf("the export gives %+v, %v, want %+v", exported, err, got)
			}
		})
	}
	if _, err := sealed.Verify(t.Context(), []byte("another key of sixteen"), ""); err == nil {
		t.Error("another key fits")
	}
	empty := open(t, file(t), Options{})
	if got, err := empty.Verify(t.Context(), key, ""); err != nil || got.Text() != "The audit log is empty.\n" {
		t.Errorf("empty: %+v, %v", got, err)
	}
}

// Rows written before there was a key are vouched for by the first sealed one after them.
func TestSealingMayBeginLater(t *testing.T) {
	path := file(t)
	open(t, path, Options{}).must(t, entry(1), entry(2))
	open(t, path, Options{Key: key}).must(t, entry(3))
	if got, err := open(t, path, Options{}).Verify(t.Context(), key, ""); err != nil || got.Rows != 3 || got.Sealed != 1 || !got.Proved {
		t.Errorf("got %+v, %v", got, err)
	}
}

// Rows that are taken off the end leave a chain that holds, so its head is noted down elsewhere.
func TestAHeadThatWasNotedDownIsMissed(t *testing.T) {
	s := five(t, Options{Key: key})
	before, err := s.Verify(t.Context(), key, "")
	if err != nil {
		t.Fatal(err)
	}
	s.must(t, entry(6))
	if _, err := s.Verify(t.Context(), key, before.Head); err != nil {
		t.Errorf("the head is still there: %v", err)
	}
	tamper(t, s, "DELETE FROM audit WHERE seq > 4")
	if _, err := s.Verify(t.Context(), key, ""); err != nil {
		t.Errorf("the chain does not hold: %v", err)
	}
	if _, err := s.Verify(t.Context(), key, before.Head); !errors.Is(err, errHeadMissing) {
		t.Errorf("got %v, want that the head is missing", err)
	}
}

func TestASlipOfTheHandDoesNotChangeRows(t *testing.T) {
	s := five(t, Options{})
	for _, sql := range []string{"UPDATE audit SET seal = 'x'", "DELETE FROM audit"} {
		if _, err := s.writer.ExecContext(t.Context(), sql); err == nil || !strings.Contains(err.Error(), "never") {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

func TestAnExportThatWasCutOffIsBroken(t *testing.T) {
	text := export(t, five(t, Options{}))
	for name, cut := range map[string]string{"in a line": text[:len(text)-10], "before the last line break": text[:len(text)-1]} {
		var broken *BrokenError
		if _, err := Verify(strings.NewReader(cut), nil, ""); !errors.As(err, &broken) || broken.Row != 5 || !strings.Contains(broken.Reason, "cut off") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Verify(strings.NewReader(strings.Repeat("x", 2*maxLine)), nil, ""); err == nil {
		t.Error("a line without end is accepted")
	}
}

// Whatever Verify accepts with a key, Export wrote with it: any byte that is changed is noticed. One thing may be missing, the seals of the first rows, as
// if they had been written before there was a key; the first seal after them vouches for those rows too.
func FuzzExportReader(f *testing.F) {
	var genuine []row // as Store writes them; a database for each worker would cost more than the fuzzing
	var text []byte
	prev := ""
	for n := range 3 {
		e := entry(n)
		e.Seq, e.Prev = int64(n+1), prev
		canonical, err := e.canonical()
		if err != nil {
			f.Fatal(err)
		}
		prev = hashOf(canonical)
		genuine = append(genuine, row{canonical, prev, sealOf(key, prev)})
		text = append(text, genuine[n].line()...)
	}
	if chain, err := Verify(bytes.NewReader(text), key, ""); err != nil || chain.Rows != 3 {
		f.Fatal(chain, err)
	}
	f.Add(text)
	f.Add(text[:len(text)/2])
	f.Add(bytes.Replace(text, []byte(genuine[0].seal), nil, 1))
	f.Add([]byte("{\"entry\":{},\"hash\":\"\",\"seal\":\"\"}\n"))
	f.Add([]byte("\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		chain, err := Verify(bytes.NewReader(text), key, "")
		if err == nil && string(text) != exported(genuine[:min(chain.Rows, 3)], chain.Sealed) {
			t.Errorf("accepted as %+v:\n%s", chain, text)
		}
		_, _ = Verify(bytes.NewReader(text), nil, "")
	})
}

// exported is the export of rows of which only the last ones are sealed.
func exported(rows []row, sealed int64) string {
	var b strings.Builder
	for i, r := range rows {
		if int64(len(rows)-i) > sealed {
			r.seal = ""
		}
		b.WriteString(r.line())
	}
	return b.String()
}
