package tree_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

func numbered(n int, change ...int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "line %d", i)
		for _, c := range change {
			if c == i {
				b.WriteString(" changed")
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// contents keyed by path; a missing path is a missing file.
type contents map[string]string

func (c contents) tree() tree.Tree {
	files := map[string][]byte{}
	for name, text := range c {
		files[name] = []byte(text)
	}
	return tree.New(files)
}

var changes = map[string]struct{ before, after contents }{
	"one line":             {contents{"a.yaml": numbered(9)}, contents{"a.yaml": numbered(9, 4)}},
	"two hunks":            {contents{"a.yaml": numbered(40)}, contents{"a.yaml": numbered(40, 3, 30)}},
	"first and last line":  {contents{"a.yaml": numbered(20)}, contents{"a.yaml": numbered(20, 0, 19)}},
	"new file":             {contents{"a": "x\n"}, contents{"a": "x\n", "b/c/d.yaml": "y\nz\n"}},
	"new empty file":       {contents{"a": "x\n"}, contents{"a": "x\n", "b": ""}},
	"deleted file":         {contents{"a": "x\n", "b/c": "y\n"}, contents{"a": "x\n"}},
	"moved file":           {contents{"a": numbered(30)}, contents{"b": numbered(30)}},
	"a file made a folder": {contents{"a": "x\n"}, contents{"a/b": "x\n"}},
	"CRLF":                 {contents{"a": "x\r\ny\r\nz\r\n"}, contents{"a": "x\r\nY\r\nz\r\n"}},
	"CRLF to LF":           {contents{"a": "x\r\ny\r\n"}, contents{"a": "x\ny\n"}},
	"no final line break":  {contents{"a": "x\ny"}, contents{"a": "x\nz"}},
	"final break comes":    {contents{"a": "x\ny"}, contents{"a": "x\ny\n"}},
	"final break goes":     {contents{"a": "x\ny\n"}, contents{"a": "x\ny"}},
	"appended behind none": {contents{"a": "x\ny"}, contents{"a": "x\ny\nz"}},
	"new without break":    {contents{}, contents{"a": "x"}},
	"names":                {contents{"ümläut/日本 x.yaml": "x\n", `q"uo\te`: "x\n"}, contents{"ümläut/日本 x.yaml": "y\n", `q"uo\te`: "y\n", "new ñ": "x\n"}},
	"bytes of no text":     {contents{"a": "\x00\xff\n\xfe\n"}, contents{"a": "\x00\xff\n\xfd\n"}},
	"several files":        {contents{"a": "x\n", "b": "y\n", "c": "z\n"}, contents{"a": "x\n", "b": "Y\n", "d": "z\n"}},
}

func TestPatchIsWhatGitApplies(t *testing.T) {
	git, err := exec.LookPath("git")
	if err != nil {
		t.Skip("git is not installed; it judges the patches here")
	}
	for name, row := range changes {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for file, text := range row.before {
				full := filepath.Join(dir, file)
				if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			patch := tree.Patch(row.before.tree(), row.after.tree())
			run := func(args ...string) {
				t.Helper()
				c := exec.Command(git, append([]string{"-c", "core.autocrlf=false", "-c", "core.whitespace=cr-at-eol"}, args...)...)
				c.Dir, c.Stdin = dir, strings.NewReader(patch)
				c.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CEILING_DIRECTORIES="+filepath.Dir(dir))
				if out, err := c.CombinedOutput(); err != nil {
					t.Fatalf("git %v: %v\n%s\npatch:\n%s", args, err, out, patch)
				}
			}
			run("init", "-q")
			run("apply", "--check")
			run("apply")
			got, err := tree.FromDir(dir)
			if err != nil {
				t.Fatal(err)
			}
			if !got.Equal(row.after.tree()) {
				t.Errorf("applied, the files differ: %+v\npatch:\n%s", row.after.tree().Changes(got), patch)
			}
		})
	}
}

func TestPatchText(t *testing.T) {
	before := contents{"a.yaml": "x\ny: 1\nz\n", "gone": "bye\n"}.tree()
	after := contents{"a.yaml": "x\ny: 2\nz\n", "new": "hello"}.tree()
	want := `diff --git a/a.yaml b/a.yaml
index
--- a/a.yaml
+++ b/a.yaml
@@ -1,3 +1,3 @@
 x
-y: 1
+y: 2
 z
diff --git a/gone b/gone
deleted file mode 100644
index
--- a/gone
+++ /dev/null
@@ -1 +0,0 @@
-bye
diff --git a/new b/new
new file mode 100644
index
--- /dev/null
+++ b/new
@@ -0,0 +1 @@
+hello
\ No newline at end of file
`
	if diff := cmp.Diff(want, withoutHashes(tree.Patch(before, after))); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got := tree.Patch(before, before); got != "" {
		t.Errorf("equal trees: %q", got)
	}
}

func withoutHashes(patch string) string {
	all := strings.SplitAfter(patch, "\n")
	for i, line := range all {
		if strings.HasPrefix(line, "index ") {
			all[i] = "index\n"
		}
	}
	return strings.Join(all, "")
}

func TestPatchCarriesModes(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "run.sh"), []byte("exit\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("run.sh", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	with, err := tree.FromDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	patch := tree.Patch(tree.Tree{}, with)
	for _, want := range []string{"new file mode 100755\n", "new file mode 120000\n", "+run.sh\n\\ No newline"} {
		if !strings.Contains(patch, want) {
			t.Errorf("no %q in\n%s", want, patch)
		}
	}
	plain := tree.New(map[string][]byte{"run.sh": []byte("exit\n")})
	if patch := tree.Patch(plain, with); !strings.Contains(patch, "old mode 100644\nnew mode 100755\n") {
		t.Errorf("no change of mode in\n%s", patch)
	}
}

func TestStat(t *testing.T) {
	for name, want := range map[string][]tree.FileStat{
		"one line":            {{Path: "a.yaml", Added: 1, Removed: 1}},
		"new file":            {{Path: "b/c/d.yaml", Added: 2}},
		"new empty file":      {{Path: "b"}},
		"deleted file":        {{Path: "b/c", Removed: 1}},
		"moved file":          {{Path: "a", Removed: 30}, {Path: "b", Added: 30}},
		"no final line break": {{Path: "a", Added: 1, Removed: 1}},
		"final break comes":   {{Path: "a", Added: 1, Removed: 1}},
		"new without break":   {{Path: "a", Added: 1}},
	} {
		row := changes[name]
		if diff := cmp.Diff(want, tree.Stat(row.before.tree(), row.after.tree())); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
	if got := tree.Stat(changes["CRLF"].before.tree(), changes["CRLF"].before.tree()); got != nil {
		t.Errorf("equal trees: %+v", got)
	}
}

// The line diff numbers different lines with characters, and above 55,295 there are numbers that are no character.
func TestPatchOfVeryLongFiles(t *testing.T) {
	before, after := contents{"a": numbered(70_000)}, contents{"a": numbered(70_000, 65_000)}
	want := []tree.FileStat{{Path: "a", Added: 1, Removed: 1}}
	if diff := cmp.Diff(want, tree.Stat(before.tree(), after.tree())); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if patch := tree.Patch(before.tree(), after.tree()); !bytes.Contains([]byte(patch), []byte("-line 65000\n+line 65000 changed\n")) {
		t.Errorf("patch:\n%.500s", patch)
	}
}
