package tree

import (
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/format/diff"
	lines "github.com/go-git/go-git/v5/utils/diff"
)

// Patch gives what turns before into after as `git apply` reads it: files sorted by path, new and deleted files with their modes, a move as
// a deletion and a new file, every content as text. "" when they are equal. File names that hold a tab or a line break cannot be carried.
func Patch(before, after Tree) string {
	var b strings.Builder
	// A strings.Builder takes every write, so there is no error to tell.
	_ = diff.NewUnifiedEncoder(&b, diff.DefaultContextLines).Encode(compare(before, after))
	return b.String()
}

// FileStat is how many lines of a file a change adds and removes. A last line that only gains or loses its line break counts as both.
type FileStat struct {
	Path    string `json:"path"`
	Added   int    `json:"added"`
	Removed int    `json:"removed"`
}

// Stat counts the lines that turn before into after, sorted by path; nil when they are equal.
func Stat(before, after Tree) []FileStat {
	var all []FileStat
	for _, f := range compare(before, after) {
		s := FileStat{Path: f.name()}
		for _, c := range f.Chunks() {
			switch n := lineCount(c.Content()); c.Type() {
			case diff.Add:
				s.Added += n
			case diff.Delete:
				s.Removed += n
			}
		}
		all = append(all, s)
	}
	return all
}

func lineCount(text string) int {
	n := strings.Count(text, "\n")
	if text != "" && !strings.HasSuffix(text, "\n") {
		n++
	}
	return n
}

func compare(before, after Tree) filePatches {
	var all filePatches
	for _, c := range before.Changes(after) {
		was, had := before.files[c.Path]
		is, has := after.files[c.Path]
		var p filePatch
		if had {
			p.from = &version{c.Path, was}
		}
		if has {
			p.to = &version{c.Path, is}
		}
		all = append(all, p)
	}
	return all
}

// filePatches, filePatch, version and chunk are what go-git's encoder of patches asks for.
type filePatches []filePatch

func (filePatches) Message() string { return "" }

func (p filePatches) FilePatches() []diff.FilePatch {
	all := make([]diff.FilePatch, len(p))
	for i := range p {
		all[i] = p[i]
	}
	return all
}

type filePatch struct{ from, to *version }

func (p filePatch) name() string {
	if p.to != nil {
		return p.to.path
	}
	return p.from.path
}

// IsBinary is always false: a patch that says "binary files differ" cannot be applied, and text hunks carry any bytes.
func (filePatch) IsBinary() bool { return false }

func (p filePatch) Files() (from, to diff.File) {
	if p.from != nil {
		from = p.from
	}
	if p.to != nil {
		to = p.to
	}
	return from, to
}

func (p filePatch) Chunks() []diff.Chunk {
	var all []diff.Chunk
	for _, d := range lines.Do(p.from.text(), p.to.text()) {
		c := chunk{content: d.Text}
		switch {
		case d.Type < 0:
			c.operation = diff.Delete
		case d.Type > 0:
			c.operation = diff.Add
		}
		all = append(all, c)
	}
	return all
}

type version struct {
	path  string
	entry entry
}

func (v *version) Path() string { return v.path }

func (v *version) Mode() filemode.FileMode {
	if v.entry.mode == Submodule {
		return filemode.Submodule
	}
	return fileMode(v.entry.mode)
}

func (v *version) Hash() plumbing.Hash {
	if v.entry.mode == Submodule {
		return plumbing.NewHash(string(v.entry.content))
	}
	return plumbing.ComputeHash(plumbing.BlobObject, v.entry.content)
}

func (v *version) text() string {
	switch {
	case v == nil:
		return ""
	case v.entry.mode == Submodule:
		return "Subproject commit " + string(v.entry.content) + "\n"
	}
	return string(v.entry.content)
}

type chunk struct {
	content   string
	operation diff.Operation
}

func (c chunk) Content() string      { return c.content }
func (c chunk) Type() diff.Operation { return c.operation }
