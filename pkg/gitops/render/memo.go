package render

import (
	"container/list"
	"errors"
	"sync"
)

var errUnfinished = errors.New("the same render was given up elsewhere; try again")

// memo remembers results by key. Callers with the same key at the same time share one computation; the results that were not asked for the longest
// make room for new ones. Errors are not remembered. What it returns is shared: copy before handing it on.
//
// What it holds is limited in bytes and not in number: planning an upgrade of a small environment needs hundreds of small results twice, and that of a
// large one has single results of many megabytes.
type memo[T any] struct {
	mu    sync.Mutex
	limit int         // in bytes
	weigh func(T) int // about how many bytes a result occupies
	held  int         // in bytes
	done  map[string]*list.Element
	order *list.List // of *attempt[T], the one that was asked for last in front
}

type attempt[T any] struct {
	key    string
	once   sync.Once
	value  T
	weight int // 0 until it is computed
	err    error
}

func newMemo[T any](limit int, weigh func(T) int) *memo[T] {
	return &memo[T]{limit: limit, weigh: weigh, done: map[string]*list.Element{}, order: list.New()}
}

// get returns the value of key, computing it when it is not remembered. compute tells whether its value may be kept.
func (m *memo[T]) get(key string, compute func() (value T, keep bool, err error)) (T, error) {
	a := m.attempt(key)
	a.once.Do(func() {
		a.err = errUnfinished // what later callers get when compute panics
		keep := false
		defer func() { m.finish(a, keep && a.err == nil) }()
		a.value, keep, a.err = compute()
	})
	return a.value, a.err
}

func (m *memo[T]) attempt(key string) *attempt[T] {
	m.mu.Lock()
	defer m.mu.Unlock()
	if e, ok := m.done[key]; ok {
		m.order.MoveToFront(e)
		return e.Value.(*attempt[T])
	}
	a := &attempt[T]{key: key}
	m.done[key] = m.order.PushFront(a)
	return a
}

// finish weighs what was computed and makes room for it, or forgets it.
func (m *memo[T]) finish(a *attempt[T], keep bool) {
	weight := 0
	if keep {
		weight = len(a.key) + m.weigh(a.value)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if !keep {
		m.forget(m.done[a.key])
		return
	}
	a.weight = weight
	m.held += weight
	for e := m.order.Back(); e != nil && m.held > m.limit; {
		older := e.Prev()
		if e.Value.(*attempt[T]).weight > 0 { // others are still being computed
			m.forget(e)
		}
		e = older
	}
}

func (m *memo[T]) forget(e *list.Element) {
	a := m.order.Remove(e).(*attempt[T])
	delete(m.done, a.key)
	m.held -= a.weight
}
