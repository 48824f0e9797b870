package release

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/storer"
	"github.com/go-git/go-git/v5/storage/memory"
)

// objectCache keeps on disk, by commit, the git objects that reading it took: tags, commit, trees, blobs. What is kept is not results but
// objects, addressed by the hash of their content, so nothing in an entry needs to be trusted: an entry that was cut, edited or put in the
// place of another does not hold the objects asked for, and is fetched again.
type objectCache struct{ dir string } // "" keeps nothing

// entryOf names an entry: what says which part of the commit.
func (c objectCache) entryOf(t tag, what string) string {
	return filepath.Join(c.dir, t.commit.String()[:2], t.commit.String(), what+"-"+t.object.String()[:12]+".gz")
}

// maxEntry bounds what one entry may unpack to: a whole chart with its schema is a few megabytes.
const maxEntry = 256 << 20

// get returns the objects of an entry. An entry that cannot be read is as good as none.
func (c objectCache) get(t tag, what string) (*memory.Storage, bool) {
	if c.dir == "" {
		return nil, false
	}
	file, err := os.Open(c.entryOf(t, what))
	if err != nil {
		return nil, false
	}
	defer func() { _ = file.Close() }()
	packed, err := gzip.NewReader(bufio.NewReader(file))
	if err != nil {
		return nil, false
	}
	store := memory.NewStorage()
	if err := decodeObjects(io.LimitReader(packed, maxEntry), store); err != nil {
		return nil, false
	}
	return store, true
}

// put writes an entry, whole or not at all.
func (c objectCache) put(t tag, what string, objects map[plumbing.Hash]plumbing.EncodedObject) (err error) {
	if c.dir == "" {
		return nil
	}
	name := c.entryOf(t, what)
	defer func() {
		if err != nil {
			err = fmt.Errorf("cannot keep what was read of tag %s in the cache %s: %w; make it writable, or name another cache folder", t.name, c.dir, err)
		}
	}()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(name), ".new-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(file.Name())
		}
	}()
	packed := gzip.NewWriter(file)
	if err := errors.Join(encodeObjects(packed, objects), packed.Close(), file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), name)
}

// Each object is a line "<type> <size>" followed by that many bytes: what git hashes, but for the separator.
func encodeObjects(w io.Writer, objects map[plumbing.Hash]plumbing.EncodedObject) error {
	byHash := func(a, b plumbing.Hash) int { return bytes.Compare(a[:], b[:]) }
	for _, hash := range slices.SortedFunc(maps.Keys(objects), byHash) {
		o := objects[hash]
		if _, err := fmt.Fprintf(w, "%s %d\n", o.Type(), o.Size()); err != nil {
			return err
		}
		r, err := o.Reader()
		if err != nil {
			return err
		}
		_, err = io.Copy(w, r)
		if err := errors.Join(err, r.Close()); err != nil {
			return err
		}
	}
	return nil
}

func decodeObjects(r io.Reader, store *memory.Storage) error {
	in := bufio.NewReader(r)
	for {
		header, err := in.ReadSlice('\n')
		if errors.Is(err, io.EOF) && len(header) == 0 {
			return nil
		}
		if err != nil {
			return err
		}
		var kind string
		var size int64
		if _, err := fmt.Sscanf(string(header), "%s %d\n", &kind, &size); err != nil {
			return err
		}
		objectType, err := plumbing.ParseObjectType(kind)
		if err != nil {
			return err
		}
		if size < 0 || size > maxEntry {
			return fmt.Errorf("an object of %d bytes", size)
		}
		var content bytes.Buffer
		if _, err := io.CopyN(&content, in, size); err != nil {
			return err
		}
		o := &plumbing.MemoryObject{}
		o.SetType(objectType)
		if _, err := o.Write(content.Bytes()); err != nil {
			return err
		}
		if _, err := store.SetEncodedObject(o); err != nil {
			return err
		}
	}
}

// recorder remembers which objects were read through it.
type recorder struct {
	storer.EncodedObjectStorer
	objects map[plumbing.Hash]plumbing.EncodedObject
}

func record(store storer.EncodedObjectStorer) *recorder {
	return &recorder{EncodedObjectStorer: store, objects: map[plumbing.Hash]plumbing.EncodedObject{}}
}

func (r *recorder) EncodedObject(t plumbing.ObjectType, hash plumbing.Hash) (plumbing.EncodedObject, error) {
	o, err := r.EncodedObjectStorer.EncodedObject(t, hash)
	if err == nil {
		r.objects[hash] = o
	}
	return o, err
}
