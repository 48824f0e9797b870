package mirror

import (
	"fmt"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/storage/memory"

	"github.com/linnet-bot/linnet/pkg/forge/objects"
)

// store is memory that refuses to grow without end.
type store struct {
	*memory.Storage
	under        *store // where else to read, nil for nowhere
	bytes, limit int64
}

func newStore(limit int64) *store { return &store{Storage: memory.NewStorage(), limit: limit} }

// beside reads what s holds and keeps apart what is written, for work whose result nobody reads again.
func (s *store) beside() *store {
	return &store{Storage: memory.NewStorage(), under: s, limit: s.limit}
}

// objects are what s holds, to work on.
func (s *store) objects() objects.Store { return objects.Store{EncodedObjectStorer: s} }

// EncodedObject implements storer.EncodedObjectStorer.
func (s *store) EncodedObject(kind plumbing.ObjectType, hash plumbing.Hash) (plumbing.EncodedObject, error) {
	o, err := s.Storage.EncodedObject(kind, hash)
	if err != nil && s.under != nil {
		return s.under.EncodedObject(kind, hash)
	}
	return o, err
}

// SetEncodedObject implements storer.EncodedObjectStorer.
func (s *store) SetEncodedObject(o plumbing.EncodedObject) (plumbing.Hash, error) {
	if s.HasEncodedObject(o.Hash()) == nil {
		return o.Hash(), nil
	}
	if s.bytes += o.Size(); s.bytes > s.limit {
		return plumbing.ZeroHash, fmt.Errorf("%w: the limit is %d MiB", errTooBig, s.limit>>20)
	}
	return s.Storage.SetEncodedObject(o)
}

// add takes over what other holds. Objects that refer to others come after them, so that one refused half-way leaves no commit without its
// files.
func (s *store) add(other *store) error {
	for _, kind := range []map[plumbing.Hash]plumbing.EncodedObject{other.Blobs, other.Trees, other.Commits, other.Tags} {
		for _, o := range kind {
			if _, err := s.SetEncodedObject(o); err != nil {
				return err
			}
		}
	}
	return nil
}
