package release

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/storer"
)

// loading is one kind of reading, done for many tags at once.
type loading struct {
	// what names the kind in the cache.
	what string
	// choose picks the files that each needs.
	choose pick
	// each reads the i-th tag. A *rejection is an answer about the tag; any other error means that objects are missing or damaged.
	each func(i int, store storer.EncodedObjectStorer) error
}

// read is a release, or why a tag is none.
type read struct {
	release Release
	reason  string
}

// readTags reads what tags with the name of a version are, in the order given.
func (s *Source) readTags(ctx context.Context, tags []tag) ([]read, error) {
	found := make([]read, len(tags))
	var unread []tag
	var place []int
	s.mutex.Lock()
	for i, t := range tags {
		r, ok := s.read[t.object]
		// Two tags can name one commit, and at most one of them is a release.
		if !ok || r.Version != t.name {
			unread, place = append(unread, t), append(place, i)
			continue
		}
		found[i] = read{release: r}
	}
	s.mutex.Unlock()
	err := s.load(ctx, unread, loading{
		what:   "release",
		choose: pickFiles(chartFile, valuesFile, baseFile),
		each: func(i int, store storer.EncodedObjectStorer) error {
			r, err := readRelease(store, unread[i])
			if rejected := asRejection(err); rejected != nil {
				found[place[i]] = read{reason: rejected.reason}
				return nil
			}
			if err != nil {
				return err
			}
			found[place[i]] = read{release: r}
			s.mutex.Lock()
			s.read[unread[i].object] = r
			s.mutex.Unlock()
			return nil
		},
	})
	return found, err
}

// load reads each tag from the cache, and fetches together those that are not in it.
func (s *Source) load(ctx context.Context, tags []tag, l loading) error {
	var absent []int
	for i, t := range tags {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("reading releases from %s was interrupted: %w", s.origin, err)
		}
		store, ok := s.cache.get(t, l.what)
		if !ok {
			absent = append(absent, i)
			continue
		}
		err := l.each(i, store)
		if err != nil && asRejection(err) == nil {
			absent = append(absent, i)
			continue
		}
		if err != nil {
			return err
		}
	}
	if len(absent) == 0 {
		return nil
	}
	fetch := make([]tag, len(absent))
	for i, at := range absent {
		fetch[i] = tags[at]
	}
	store, done, err := s.origin.fetch(ctx, fetch, l.choose)
	if err != nil {
		return err
	}
	defer done()
	for _, i := range absent {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("reading releases from %s was interrupted: %w", s.origin, err)
		}
		reading := record(store)
		err := l.each(i, reading)
		if err != nil && asRejection(err) == nil {
			return s.broken(tags[i], err)
		}
		if err := errors.Join(err, s.cache.put(tags[i], l.what, reading.objects)); err != nil {
			return err
		}
	}
	return nil
}

func (s *Source) broken(t tag, err error) error {
	if errors.Is(err, plumbing.ErrObjectNotFound) {
		return fmt.Errorf("cannot read tag %s from %s: an object that it needs is missing; the repository is damaged or a shallow or partial copy, make a full one with git clone --mirror", t.name, s.origin)
	}
	return fmt.Errorf("cannot read tag %s from %s: %w", t.name, s.origin, err)
}
