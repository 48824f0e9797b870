package local

import (
	"bytes"
	"slices"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"

	"github.com/linnet-bot/linnet/internal/threeway"
)

// threeWay merges what ours and theirs did to base. A file that only one side changed is taken from that side; one that both changed is
// merged line by line. The paths where that is not possible are returned, sorted; the files are then of no use.
func (r *repo) threeWay(base, ours, theirs files) (merged files, conflicts []string, err error) {
	merged = files{}
	paths := map[string]bool{}
	for _, side := range []files{base, ours, theirs} {
		for name := range side {
			paths[name] = true
		}
	}
	for name := range paths {
		b, o, t := base[name], ours[name], theirs[name]
		result, clean := o, true
		switch {
		case o == t || t == b:
		case o == b:
			result = t
		default:
			if result, clean, err = r.mergeFile(b, o, t); err != nil {
				return nil, nil, err
			}
		}
		if !clean {
			conflicts = append(conflicts, name)
		} else if result != (file{}) {
			merged[name] = result
		}
	}
	if name, ok := merged.clash(); ok {
		conflicts = append(conflicts, name)
	}
	slices.Sort(conflicts)
	return merged, conflicts, nil
}

func (r *repo) mergeFile(base, ours, theirs file) (file, bool, error) {
	for _, f := range []file{base, ours, theirs} {
		if f.mode != filemode.Regular && f.mode != filemode.Executable && f.mode != filemode.Deprecated {
			return file{}, false, nil // absent on one side, a link or a submodule: a person has to choose
		}
	}
	mode := ours.mode
	if mode == base.mode {
		mode = theirs.mode
	}
	var texts [3][]byte
	for i, hash := range []plumbing.Hash{base.hash, ours.hash, theirs.hash} {
		var err error
		if texts[i], err = r.blob(hash); err != nil {
			return file{}, false, err
		}
		if bytes.IndexByte(texts[i], 0) >= 0 {
			return file{}, false, nil
		}
	}
	text, clean := threeway.Lines(texts[0], texts[1], texts[2])
	if !clean {
		return file{}, false, nil
	}
	hash, err := r.writeBlob(text)
	return file{mode: mode, hash: hash}, err == nil, err
}
