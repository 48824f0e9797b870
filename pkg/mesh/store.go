package mesh

import (
	"cmp"
	"slices"
	"strings"
	"sync"
)

// key names an object of a known kind; namespace "" for those of the whole cluster.
type key struct{ namespace, name string }

func (k key) compare(other key) int {
	return cmp.Or(strings.Compare(k.namespace, other.namespace), strings.Compare(k.name, other.name))
}

// store is what is known of one kind, in the order of namespace and name. What is put into it is never changed again, only replaced.
type store[T any] struct {
	mu      sync.RWMutex
	all     []kept[T]
	version int // grows with every change
}

type kept[T any] struct {
	key
	value T
}

func (s *store[T]) find(k key) (int, bool) {
	return slices.BinarySearchFunc(s.all, k, func(a kept[T], k key) int { return a.compare(k) })
}

func (s *store[T]) put(k key, value T) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.version++
	at, there := s.find(k)
	if there {
		s.all[at].value = value
		return
	}
	s.all = slices.Insert(s.all, at, kept[T]{k, value})
}

func (s *store[T]) remove(k key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at, there := s.find(k); there {
		s.version++
		s.all = slices.Delete(s.all, at, at+1)
	}
}

// replace takes over a whole list.
func (s *store[T]) replace(all []kept[T]) {
	slices.SortFunc(all, func(a, b kept[T]) int { return a.compare(b.key) })
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(all) > 0 || len(s.all) > 0 {
		s.version++
	}
	s.all = all
}

func (s *store[T]) get(k key) (value T, there bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	at, there := s.find(k)
	if there {
		value = s.all[at].value
	}
	return value, there
}

func (s *store[T]) at() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.version
}

// read runs do while nothing changes. do keeps nothing of the list itself.
func (s *store[T]) read(do func(all []kept[T])) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	do(s.all)
}

// collect makes a list of what f makes of each, leaving out where it says false; nil where nothing is left.
func collect[T, R any](s *store[T], f func(*T) (R, bool)) []R {
	var out []R
	s.read(func(all []kept[T]) {
		for i := range all {
			r, ok := f(&all[i].value)
			if !ok {
				continue
			}
			if out == nil {
				out = make([]R, 0, len(all))
			}
			out = append(out, r)
		}
	})
	return out
}
