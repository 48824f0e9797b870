package sim

import (
	"container/heap"
	"time"
)

// queue holds what will happen, by time and then by order of asking.
type queue struct {
	events heapOfEvents
	asked  int
}

type event struct {
	at    time.Time
	order int
	do    func()
}

func (q *queue) add(at time.Time, do func()) {
	q.asked++
	heap.Push(&q.events, event{at, q.asked, do})
}

// before takes out the first event that is not later than until.
func (q *queue) before(until time.Time) (event, bool) {
	if len(q.events) == 0 || q.events[0].at.After(until) {
		return event{}, false
	}
	return heap.Pop(&q.events).(event), true
}

type heapOfEvents []event

func (h heapOfEvents) Len() int { return len(h) }
func (h heapOfEvents) Less(i, j int) bool {
	if h[i].at.Equal(h[j].at) {
		return h[i].order < h[j].order
	}
	return h[i].at.Before(h[j].at)
}
func (h heapOfEvents) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *heapOfEvents) Push(e any)   { *h = append(*h, e.(event)) }
func (h *heapOfEvents) Pop() any {
	last := len(*h) - 1
	e := (*h)[last]
	*h = (*h)[:last]
	return e
}
