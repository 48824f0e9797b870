package objects

import (
	"bytes"
	"errors"
	"slices"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"

	"github.com/linnet-bot/linnet/internal/threeway"
)

// Merge merges theirs, a commit, into ours. The paths where a person has to choose are returned, sorted; the files are then of no use. Two that
// share no history are merged as if they had begun from nothing. forge.ErrNotFound when one of them does not exist.
func (s Store) Merge(ours, theirs string) (merged Files, conflicts []string, err error) {
	base := Files{}
	switch sha, err := s.MergeBase(ours, theirs); {
	case errors.Is(err, ErrNoBase):
	case err != nil:
		return nil, nil, err
	default:
		if base, err = s.FilesAt(sha); err != nil {
			return nil, nil, err
		}
	}
	o, err := s.FilesAt(ours)
	if err != nil {
		return nil, nil, err
	}
	t, err := s.FilesAt(theirs)
	if err != nil {
		return nil, nil, err
	}
	return s.ThreeWay(base, o, t)
}

// ThreeWay merges what ours and theirs did to base. A file that only one side changed is taken from that side; one that both changed is
// merged line by line. The paths where that is not possible are returned, sorted; the files are then of no use.
func (s Store) ThreeWay(base, ours, theirs Files) (merged Files, conflicts []string, err error) {
	merged = Files{}
	paths := map[string]bool{}
	for _, side := range []Files{base, ours, theirs} {
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
			if result, clean, err = s.mergeFile(b, o, t); err != nil {
				return nil, nil, err
			}
		}
		if !clean {
			conflicts = append(conflicts, name)
		} else if result != (File{}) {
			merged[name] = result
		}
	}
	if name, ok := merged.Clash(); ok {
		conflicts = append(conflicts, name)
	}
	slices.Sort(conflicts)
	return merged, conflicts, nil
}

func (s Store) mergeFile(base, ours, theirs File) (File, bool, error) {
	for _, f := range []File{base, ours, theirs} {
		if f.Mode != filemode.Regular && f.Mode != filemode.Executable && f.Mode != filemode.Deprecated {
			return File{}, false, nil // absent on one side, a link or a submodule: a person has to choose
		}
	}
	mode := ours.Mode
	if mode == base.Mode {
		mode = theirs.Mode
	}
	var texts [3][]byte
	for i, hash := range []plumbing.Hash{base.Hash, ours.Hash, theirs.Hash} {
		var err error
		if texts[i], err = s.Blob(hash); err != nil {
			return File{}, false, err
		}
		if bytes.IndexByte(texts[i], 0) >= 0 {
			return File{}, false, nil
		}
	}
	text, clean := threeway.Lines(texts[0], texts[1], texts[2])
	if !clean {
		return File{}, false, nil
	}
	hash, err := s.WriteBlob(text)
	return File{Mode: mode, Hash: hash}, err == nil, err
}
