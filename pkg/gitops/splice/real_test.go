package splice_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

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
	if testing.Short() {
		t.Skip("edits every scalar of every real file; run without -short")
	}
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
	if testing.Short() {
		t.Skip("reads every chart; left out of a short run")
	}
	for _, folder := range []string{"bigbang", "istio"} {
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

func TestTextInsideScalarsOfRealFilesIsSetAlone(t *testing.T) {
	set := 0
	realFiles(t, shareddata.Path(t, "gitops-repos"), func(t *testing.T, name string, src []byte) {
		_ = splice.Walk(src, func(outer splice.Path, s splice.Scalar) {
			if s.Style != splice.Literal && !strings.ContainsAny(s.Value, "[{") {
				return
			}
			_ = splice.Walk([]byte(s.Value), func(inner splice.Path, v splice.Scalar) {
				if len(inner) == 0 {
					return // one word, not a document
				}
				p := append(append(outer[:len(outer):len(outer)], splice.Inner()), inner...)
				got, err := splice.Set(src, p, "another-value")
				if err != nil {
					t.Logf("%s: %v", name, err)
					return
				}
				set++
				if n := changedLines(src, got); n != 1 {
					t.Errorf("%s: %s: %d lines changed, want 1", name, p, n)
				}
				if again, err := splice.Get(got, p); err != nil || again.Value != "another-value" {
					t.Errorf("%s: %s: read back %q, %v", name, p, again.Value, err)
				}
			})
		})
	})
	if t.Logf("%d scalars set", set); set < 50 {
		t.Errorf("only %d scalars were set; the real repositories have more", set)
	}
}

func TestEntriesGoInAndOutOfRealFiles(t *testing.T) {
	if testing.Short() {
		t.Skip("edits every real file; run without -short")
	}
	made, refused := 0, map[string]int{}
	realFiles(t, shareddata.Path(t, "gitops-repos"), func(t *testing.T, name string, src []byte) {
		all, _ := places(src)
		all = slices.DeleteFunc(all, func(p place) bool { return p.node.Kind == yaml.ScalarNode || p.node.Kind == yaml.AliasNode })
		for _, at := range all[:min(len(all), 25)] {
			var in, out []byte
			var err error
			if at.node.Kind == yaml.SequenceNode {
				if in, err = splice.InsertItem(src, at.path, -1, "path: x.yaml\ntarget:\n  kind: y"); err != nil {
					in, err = splice.InsertItem(src, at.path, -1, "x.yaml")
				}
				if err == nil {
					out, err = splice.RemoveItem(in, append(at.path, splice.Index(len(at.node.Content))))
				}
			} else {
				if in, err = splice.InsertKey(src, at.path, "new-key", "- x\n- y: z"); err != nil {
					in, err = splice.InsertKey(src, at.path, "new-key", "[x]")
				}
				if err == nil {
					out, err = splice.RemoveKey(in, append(at.path, splice.Key("new-key")))
				}
			}
			var r *splice.Refusal
			if errors.As(err, &r) && in == nil {
				refused[r.Reason]++
				continue
			}
			made++
			if err != nil || !bytes.Equal(out, src) {
				t.Errorf("%s: %s: in %d bytes, out differs: %v", name, at.path, len(in), err)
			}
		}
	})
	t.Logf("%d in and out; refused: %v", made, refused)
	if made < 1000 {
		t.Errorf("only %d edits were made", made)
	}
}
