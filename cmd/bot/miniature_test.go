package main

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/linnet-bot/linnet/internal/miniature"
)

// miniatureOnDisk gives a script the small Big Bang written for this project:
//
//	miniature            the GitOps repository in its git flavour
//	miniature helmRepo   in its helmRepo flavour
//
// It makes releases/ (the umbrella's repository), packages/ (chart archives) and gitops/ (a clone with one commit on branch main).
func miniatureOnDisk(ts *testscript.TestScript, neg bool, args []string) {
	flavour := "git"
	if len(args) == 1 {
		flavour = args[0]
	}
	files := miniature.Repository(flavour)
	if neg || len(args) > 1 || files == nil {
		ts.Fatalf("usage: miniature [git|helmRepo]")
	}
	for _, dir := range []string{"releases", "packages"} {
		ts.Check(os.MkdirAll(ts.MkAbs(dir), 0o755))
	}
	ts.Check(miniature.Releases(ts.MkAbs("releases")))
	ts.Check(miniature.PackagesDir(ts.MkAbs("packages")))
	for name, content := range files {
		file := filepath.Join(ts.MkAbs("gitops"), filepath.FromSlash(name))
		ts.Check(os.MkdirAll(filepath.Dir(file), 0o755))
		ts.Check(os.WriteFile(file, content, 0o644))
	}
	ts.Check(ts.Exec("git", "init", "-q", "-b", "main", "gitops"))
	commitAll(ts, false, []string{"gitops"})
}

// commitAll commits everything in a clone: commit DIR.
func commitAll(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: commit DIR")
	}
	ts.Check(ts.Exec("git", "-C", args[0], "add", "-A"))
	ts.Check(ts.Exec("git", "-C", args[0], "commit", "-q", "-m", "commit"))
}

// replaceText replaces text that must be in a file: replace FILE OLD NEW. \n stands for a line break.
func replaceText(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: replace FILE OLD NEW")
	}
	unescape := strings.NewReplacer(`\n`, "\n").Replace
	was := ts.ReadFile(args[0])
	is := strings.ReplaceAll(was, unescape(args[1]), unescape(args[2]))
	if is == was {
		ts.Fatalf("%s does not hold %q", args[0], args[1])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(is), 0o644))
}
