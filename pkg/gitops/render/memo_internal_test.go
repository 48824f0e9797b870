package render

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
)

func TestAMemoComputesOnceAndForgetsFailures(t *testing.T) {
	m := newMemo[int](2)
	var computed atomic.Int32
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			got, err := m.get("a", func() (int, bool, error) { computed.Add(1); return 7, true, nil })
			if got != 7 || err != nil {
				t.Errorf("got %d, %v", got, err)
			}
		})
	}
	all.Wait()
	if n := computed.Load(); n != 1 {
		t.Errorf("computed %d times, want once", n)
	}
	again := func(key string, keep bool, fail error) int32 {
		before := computed.Load()
		for range 2 {
			_, _ = m.get(key, func() (int, bool, error) { computed.Add(1); return 0, keep, fail })
		}
		return computed.Load() - before
	}
	if n := again("failing", true, errors.New("no")); n != 2 {
		t.Errorf("a failure was computed %d times for two calls, want twice", n)
	}
	if n := again("not to keep", false, nil); n != 2 {
		t.Errorf("a value not to keep was computed %d times, want twice", n)
	}
	for i := range 5 {
		again(fmt.Sprint(i), true, nil)
	}
	if len(m.done) != 2 || len(m.order) != 2 {
		t.Errorf("it holds %d values in an order of %d, want its limit of 2", len(m.done), len(m.order))
	}
	if n := again("a", true, nil); n != 1 {
		t.Errorf("the oldest value was still there")
	}
}

func TestAPanicIsNotRememberedAsAValue(t *testing.T) {
	m := newMemo[int](2)
	func() {
		defer func() { _ = recover() }()
		_, _ = m.get("a", func() (int, bool, error) { panic("no") })
	}()
	if got, err := m.get("a", func() (int, bool, error) { return 3, true, nil }); got != 3 || err != nil {
		t.Errorf("got %d, %v, want a fresh computation", got, err)
	}
}
