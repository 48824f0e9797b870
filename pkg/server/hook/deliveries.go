package hook

import (
	"container/list"
	"slices"
	"sync"
	"time"
)

// RememberedFor is how long the id of a delivery is kept: forges offer redelivery for about as long.
const RememberedFor = 3 * 24 * time.Hour

const (
	// mostRemembered bounds memory; at one event a second it is half a day. Who was forgotten too early wakes the loop once more.
	mostRemembered  = 50_000
	mostQuarantined = 1_000
)

// Deliveries remembers deliveries by key ("github/" or "gitlab/" and the id; at most 135 bytes of A-Z a-z 0-9 _ . - /). It is called by several goroutines
// at once. One that outlives the program lets no replay through after a restart.
type Deliveries interface {
	// First remembers the key for RememberedFor after at and reports whether it was unknown: of several calls at once for one key, one
	// gives true. A quarantined key is known.
	First(key string, at time.Time) (bool, error)
	// Quarantine keeps the key for good. It is idempotent.
	Quarantine(key string, at time.Time) error
}

// Memory is a Deliveries that ends with the program. It forgets the oldest when there are too many.
type Memory struct {
	mu          sync.Mutex
	most        int
	order       *list.List // of remembered, the oldest in front
	known       map[string]*list.Element
	quarantined []string // the oldest first
}

type remembered struct {
	key string
	at  time.Time
}

// NewMemory knows nothing yet.
func NewMemory() *Memory {
	return &Memory{most: mostRemembered, order: list.New(), known: map[string]*list.Element{}}
}

// First is that of Deliveries.
func (m *Memory) First(key string, at time.Time) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for e := m.order.Front(); e != nil && at.Sub(e.Value.(remembered).at) > RememberedFor; e = m.order.Front() {
		m.forget(e)
	}
	if m.known[key] != nil || slices.Contains(m.quarantined, key) {
		return false, nil
	}
	m.known[key] = m.order.PushBack(remembered{key, at})
	if m.order.Len() > m.most {
		m.forget(m.order.Front())
	}
	return true, nil
}

func (m *Memory) forget(e *list.Element) {
	delete(m.known, e.Value.(remembered).key)
	m.order.Remove(e)
}

// Quarantine is that of Deliveries.
func (m *Memory) Quarantine(key string, _ time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if slices.Contains(m.quarantined, key) {
		return nil
	}
	m.quarantined = append(m.quarantined, key)
	if len(m.quarantined) > mostQuarantined {
		m.quarantined = slices.Delete(m.quarantined, 0, 1)
	}
	return nil
}

// Quarantined lists the keys, the oldest first.
func (m *Memory) Quarantined() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.quarantined)
}
