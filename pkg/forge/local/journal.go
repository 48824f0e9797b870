package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// entry is the journal of one branch being moved. Git's files and the database cannot change in one step, so the intention is written
// first. Whoever next locks the forge and finds an entry finishes it: when the branch has moved, the merge is recorded; when it has not,
// the lock file that the dead process may have left on the branch is taken away.
type entry struct {
	path string

	Branch string `json:"branch"`
	Old    string `json:"old"`
	New    string `json:"new"` // "" when the branch is deleted

	// Number is the merge request that is merged by this, 0 for none.
	Number int       `json:"number,omitempty"`
	Head   string    `json:"head,omitempty"`
	By     string    `json:"by,omitempty"`
	At     time.Time `json:"at,omitzero"`
}

func (f *Forge) journalDir() string { return filepath.Join(f.dir, "journal") }

// begin writes the entry and beside it the file that becomes the branch's lock.
func (w *writer) begin(e entry) (entry, error) {
	file, err := os.CreateTemp(w.f.journalDir(), "*.ref")
	if err != nil {
		return entry{}, err
	}
	_, err = file.WriteString(e.New + "\n")
	if err = errors.Join(err, file.Chmod(0o644), file.Close()); err != nil {
		return entry{}, err
	}
	e.path = strings.TrimSuffix(file.Name(), ".ref")
	text, err := json.Marshal(e)
	if err != nil {
		return entry{}, err
	}
	// Written under another name first: a reader must never meet half an entry.
	if err := os.WriteFile(e.path+".part", text, 0o644); err != nil {
		return entry{}, err
	}
	return e, os.Rename(e.path+".part", e.path+".json")
}

// remove takes the entry away; it may be gone already. The .json goes last but for the .ref, without which no lock can be recognised.
func (e entry) remove() {
	_ = os.Remove(e.path + ".json")
	_ = os.Remove(e.path + ".packed")
	_ = os.Remove(e.path + ".ref")
}

func (f *Forge) journal() ([]entry, error) {
	names, err := filepath.Glob(filepath.Join(f.journalDir(), "*.json"))
	if err != nil {
		return nil, err
	}
	var entries []entry
	for _, name := range names {
		text, err := os.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue // its writer has finished meanwhile
		}
		if err != nil {
			return nil, fmt.Errorf("read the journal of the local forge %s: %w", f.dir, err)
		}
		e := entry{path: strings.TrimSuffix(name, ".json")}
		if err := json.Unmarshal(text, &e); err != nil {
			return nil, fmt.Errorf("read the journal %s of the local forge: %w", name, err)
		}
		entries = append(entries, e)
	}
	return entries, nil
}

// finishOthers runs with the forge locked, so that the writer of any entry found is dead or has committed and not yet tidied up.
func (w *writer) finishOthers(ctx context.Context) error {
	entries, err := w.f.journal()
	if err != nil {
		return err
	}
	w.f.sweep(entries)
	for _, e := range entries {
		removeOwnLock(e.path+".ref", w.f.refPath(e.Branch)+".lock")
		removeOwnLock(e.path+".packed", w.f.packedPath()+".lock")
		if e.Number != 0 {
			if err := w.finishMerge(ctx, e); err != nil {
				return err
			}
		}
		w.begun = append(w.begun, e)
	}
	return nil
}

// sweep removes files of entries that were never finished being written or being removed. They hold no lock: the .json is written before a
// lock is asked for, and removed after it was given back.
func (f *Forge) sweep(entries []entry) {
	names, err := filepath.Glob(filepath.Join(f.journalDir(), "*"))
	if err != nil {
		return
	}
	for _, name := range names {
		stem := strings.TrimSuffix(name, filepath.Ext(name))
		if !slices.ContainsFunc(entries, func(e entry) bool { return e.path == stem }) {
			_ = os.Remove(name)
		}
	}
}

func (w *writer) finishMerge(ctx context.Context, e entry) error {
	r := w.f.repository()
	head, err := r.head(e.Branch)
	if err != nil {
		return nil // the target is gone; nothing can be said about the merge
	}
	in, err := r.IsAncestor(e.New, head)
	if err != nil {
		return fmt.Errorf("finish the merge of !%d that was begun: %w", e.Number, err)
	}
	if !in {
		return nil
	}
	return recordMerge(ctx, w, e.Number, e.Head, e.New, e.By, e.At)
}

// removeOwnLock removes lock only when it is the file ours, made by a process of this program that died, never one of git's.
func removeOwnLock(ours, lock string) {
	a, err := os.Lstat(ours)
	if err != nil {
		return
	}
	b, err := os.Lstat(lock)
	if err == nil && os.SameFile(a, b) {
		_ = os.Remove(lock)
	}
}
