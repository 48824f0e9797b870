package threeway

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestLines(t *testing.T) {
	const conflict = "conflict"
	for _, row := range []struct{ name, base, ours, theirs, want string }{
		{"far apart", "1\n2\n3\n4\n5\n", "one\n2\n3\n4\n5\n", "1\n2\n3\n4\nfive\n", "one\n2\n3\n4\nfive\n"},
		{"the same change", "1\n2\n3\n", "1\nzwei\n3\n", "1\nzwei\n3\n", "1\nzwei\n3\n"},
		{"the same line", "1\n2\n3\n", "1\nzwei\n3\n", "1\ndeux\n3\n", conflict},
		{"neighbours", "1\n2\n3\n", "eins\n2\n3\n", "1\ndeux\n3\n", conflict},
		{"both insert at one place", "1\n2\n", "1\na\n2\n", "1\nb\n2\n", conflict},
		{"one deletes what the other keeps", "1\n2\n3\n4\n", "1\n2\n3\n", "0\n1\n2\n3\n4\n", "0\n1\n2\n3\n"},
		{"CRLF stays", "1\r\n2\r\n3\r\n4\r\n", "1\r\n2\r\n3\r\nvier\r\n", "eins\r\n2\r\n3\r\n4\r\n", "eins\r\n2\r\n3\r\nvier\r\n"},
		{"no final newline", "1\n2\n3\n4", "eins\n2\n3\n4", "1\n2\n3\n4\n", "eins\n2\n3\n4\n"},
		{"bytes that are no UTF-8", "\xff\n2\n3\n", "\xff\n2\ndrei\xfe\n", "\xff\xff\n2\n3\n", "\xff\xff\n2\ndrei\xfe\n"},
		{"empty base", "", "a\n", "b\n", conflict},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, clean := Lines([]byte(row.base), []byte(row.ours), []byte(row.theirs))
			if !clean {
				got = []byte(conflict)
			}
			if string(got) != row.want {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
}

// TestMergeLinesLikeGit compares with git merge-file: what git calls a conflict must be one here, and what both merge must be the same.
func TestMergeLinesLikeGit(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("the program git is not installed")
	}
	dir := t.TempDir()
	lines := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c", "d", "e"}), 0, 9)
	merged, total := 0, 0
	rapid.Check(t, func(r *rapid.T) {
		// Distinct line numbers keep the alignment of common lines unique; where it is not, the two programs may rightly differ.
		base := lines.Draw(r, "base")
		for i := range base {
			base[i] += string(rune('0'+i)) + "\n"
		}
		base = append(base, "end\n")
		ours, theirs := edited(r, base, "x"), edited(r, base, "y")
		texts := [3]string{strings.Join(ours, ""), strings.Join(base, ""), strings.Join(theirs, "")}
		for i, name := range []string{"ours", "base", "theirs"} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(texts[i]), 0o644); err != nil {
				r.Fatal(err)
			}
		}
		cmd := exec.Command("git", "merge-file", "-p", "-q", "ours", "base", "theirs")
		cmd.Dir = dir
		want, err := cmd.Output()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			r.Fatal(err)
		}
		got, clean := Lines([]byte(texts[1]), []byte(texts[0]), []byte(texts[2]))
		total++
		if clean {
			merged++
		}
		if clean && err != nil {
			r.Fatalf("merged %q where git has a conflict: ours %q, base %q, theirs %q", got, texts[0], texts[1], texts[2])
		}
		if clean && string(got) != string(want) {
			r.Fatalf("got %q, git %q: ours %q, base %q, theirs %q", got, want, texts[0], texts[1], texts[2])
		}
	})
	if merged == 0 || merged == total {
		t.Errorf("%d of %d were merged: the inputs prove nothing", merged, total)
	}
}

// edited deletes, replaces or inserts before one line.
func edited(r *rapid.T, base []string, mark string) []string {
	at := rapid.IntRange(0, len(base)-1).Draw(r, mark+" at")
	switch rapid.IntRange(0, 2).Draw(r, mark+" what") {
	case 0:
		return slices.Delete(slices.Clone(base), at, at+1)
	case 1:
		return slices.Replace(slices.Clone(base), at, at+1, mark+"\n")
	default:
		return slices.Insert(slices.Clone(base), at, mark+"\n")
	}
}
