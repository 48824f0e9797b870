package render

import (
	"errors"
	"sync"
)

var errUnfinished = errors.New("the same render was given up elsewhere; try again")

// memo remembers results by key. Callers with the same key at the same time share one computation; the oldest results make room for new ones. Errors
// are not remembered. What it returns is shared: copy before handing it on.
type memo[T any] struct {
	mu    sync.Mutex
	limit int
	done  map[string]*attempt[T]
	order []string
}

type attempt[T any] struct {
	once  sync.Once
	value T
	keep  bool
	err   error
}

func newMemo[T any](limit int) *memo[T] {
	return &memo[T]{limit: limit, done: map[string]*attempt[T]{}}
}

// get returns the value of key, computing it when it is not remembered. compute tells whether its value may be kept.
func (m *memo[T]) get(key string, compute func() (value T, keep bool, err error)) (T, error) {
	m.mu.Lock()
	a, ok := m.done[key]
	if !ok {
		a = &attempt[T]{}
		m.done[key] = a
		m.order = append(m.order, key)
		for len(m.order) > m.limit {
			delete(m.done, m.order[0])
			m.order = m.order[1:]
		}
	}
	m.mu.Unlock()
	a.once.Do(func() {
		a.err = errUnfinished // what later callers get when compute panics
		defer func() {
			if a.err != nil || !a.keep {
				m.forget(key, a)
			}
		}()
		a.value, a.keep, a.err = compute()
	})
	return a.value, a.err
}

func (m *memo[T]) forget(key string, a *attempt[T]) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.done[key] != a {
		return
	}
	delete(m.done, key)
	for i, k := range m.order {
		if k == key {
			m.order = append(m.order[:i:i], m.order[i+1:]...)
			break
		}
	}
}
