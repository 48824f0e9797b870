package splice_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/linnet-bot/linnet/internal/shareddata"
	"github.com/linnet-bot/linnet/pkg/gitops/splice"
)

// realFiles calls f for every YAML file of the real repositories and charts.
func realFiles(t *testing.T, root string, f func(t *testing.T, name string, src []byte)) {
	t.Helper()
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || (filepath.Ext(p) != ".yaml" && filepath.Ext(p) != ".yml") {
			return err
		}
		src, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, p)
		f(t, rel, src)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// changedLines counts the lines that differ between two texts of equally many lines; -1 where they have not.
func changedLines(a, b []byte) int {
	x, y := bytes.SplitAfter(a, []byte("\n")), bytes.SplitAfter(b, []byte("\n"))
	if len(x) != len(y) {
		return -1
	}
	n := 0
	for i := range x {
		if !bytes.Equal(x[i], y[i]) {
			n++
		}
	}
	return n
}

func TestEveryScalarOfRealFilesIsSetAloneOrRefused(t *testing.T) {
	root := shareddata.Path(t, "gitops-repos")
	files, set, refused, unreadable := 0, 0, map[string]int{}, map[string]string{}
	realFiles(t, root, func(t *testing.T, name string, src []byte) {
		files++
		scalars := 0
		err := splice.Walk(src, func(p splice.Path, s splice.Scalar) {
			scalars++
			if scalars > 150 && scalars%23 != 0 {
				return // whole parses per scalar: a sample of the long files is enough
			}
			if got, err := splice.Set(src, p, s.Value); err == nil && !bytes.Equal(got, src) {
				t.Errorf("%s: %s: setting the value it has changed the file", name, p)
			}
			got, err := splice.Set(src, p, "another-value")
			var r *splice.Refusal
			switch {
			case errors.As(err, &r):
				if got != nil || r.Line == 0 || r.Path != p.String() {
					t.Errorf("%s: %s: refusal %+v with %d bytes", name, p, r, len(got))
				}
				refused[r.Reason]++
				return
			case err != nil:
				t.Errorf("%s: %s: %v is no refusal", name, p, err)
				return
			}
			set++
			if n := changedLines(src, got); n != 1 {
				t.Errorf("%s: %s: %d lines changed, want 1", name, p, n)
			}
			if again, err := splice.Get(got, p); err != nil || again.Value != "another-value" {
				t.Errorf("%s: %s: read back %q, %v", name, p, again.Value, err)
			}
			if back, err := splice.Set(got, p, s.Value); err == nil && !typeMayHaveChanged(s) && !bytes.Equal(back, src) {
				t.Errorf("%s: %s: setting it back gives other bytes", name, p)
			}
		})
		if err != nil {
			unreadable[name] = err.Error()
		}
	})
	t.Logf("%d files, %d scalars set", files, set)
	for reason, n := range refused {
		t.Logf("refused %d times: %s", n, reason)
	}
	for name, reason := range unreadable {
		t.Logf("not read: %s: %s", name, reason)
	}
	if set < 1000 {
		t.Errorf("only %d scalars were set; the real repositories have thousands", set)
	}
}

// typeMayHaveChanged: a plain number that became a string comes back quoted, and a value that was not written comes back as "".
func typeMayHaveChanged(s splice.Scalar) bool { return s.Tag != "!!str" || len(s.Raw) == 0 }

func TestWalkFindsTheTextOfEveryScalarOfRealCharts(t *testing.T) {
	for _, folder := range []string{"bigbang", "charts", "istio"} {
		root := filepath.Join(shareddata.Dir(t), folder)
		scalars := 0
		realFiles(t, root, func(t *testing.T, name string, src []byte) {
			if strings.Contains(name, "templates") {
				return
			}
			_ = splice.Walk(src, func(p splice.Path, s splice.Scalar) {
				scalars++
				if !bytes.Equal(src[s.Start:s.End], s.Raw) {
					t.Fatalf("%s: %s: Raw is not the bytes between Start and End", name, p)
				}
				if line, col := splice.Line(src, s.Start); line != s.Line || col != s.Col {
					t.Fatalf("%s: %s: at %d:%d, Line says %d:%d", name, p, s.Line, s.Col, line, col)
				}
				if s.Style == splice.Plain && !strings.Contains(string(s.Raw), "\n") && string(s.Raw) != s.Value {
					t.Fatalf("%s: %s: Raw %q, Value %q", name, p, s.Raw, s.Value)
				}
			})
		})
		t.Logf("%s: %d scalars", folder, scalars)
	}
}
