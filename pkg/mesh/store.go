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
	version int      // grows with every change
	diary   diary[T] // nil = nobody wants to know what happens
}

// diary is told what happens to a store, while nobody else can read it.
type diary[T any] interface {
	// changed is told of one object, and whether that follows from a whole list. before or after is nil where it is not there; what it writes into after is kept.
	changed(k key, before, after *T, listed bool)
	// listed is told that there is a whole list, before it is told of what that changes.
	listed()
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
	if s.diary != nil {
		var before *T
		if there {
			before = &s.all[at].value
		}
		s.diary.changed(k, before, &value, false)
	}
	if there {
		s.all[at].value = value
		return
	}
	if len(s.all) == cap(s.all) {
		// Lists grow by little once they are complete. What append would set aside for more is a quarter of them.
		grown := make([]kept[T], len(s.all), len(s.all)+len(s.all)/32+8)
		copy(grown, s.all)
		s.all = grown
	}
	s.all = slices.Insert(s.all, at, kept[T]{k, value})
}

func (s *store[T]) remove(k key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at, there := s.find(k); there {
		s.version++
		if s.diary != nil {
			s.diary.changed(k, &s.all[at].value, nil, false)
		}
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
	if s.diary != nil {
		s.compare(all)
	}
	s.all = slices.Clip(slices.Clone(all)) // without what was set aside while it grew
}

// compare tells the diary what a new list changes. Both are in order.
func (s *store[T]) compare(all []kept[T]) {
	s.diary.listed()
	old := s.all
	for len(old) > 0 || len(all) > 0 {
		switch {
		case len(all) == 0 || len(old) > 0 && old[0].compare(all[0].key) < 0:
			s.diary.changed(old[0].key, &old[0].value, nil, true)
			old = old[1:]
		case len(old) == 0 || old[0].compare(all[0].key) > 0:
			s.diary.changed(all[0].key, nil, &all[0].value, true)
			all = all[1:]
		default:
			s.diary.changed(all[0].key, &old[0].value, &all[0].value, true)
			old, all = old[1:], all[1:]
		}
	}
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
