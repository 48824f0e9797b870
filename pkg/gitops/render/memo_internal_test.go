package render

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
)

func TestAMemoComputesOnceAndForgetsFailures(t *testing.T) {
	m := newMemo(20, func(int) int { return 9 }) // holds two: a key is one byte long
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
	if len(m.done) != 2 || m.order.Len() != 2 || m.held != 20 {
		t.Errorf("it holds %d values of %d bytes in an order of %d, want two of 20", len(m.done), m.held, m.order.Len())
	}
	if n := again("a", true, nil); n != 1 {
		t.Errorf("the oldest value was still there")
	}
}

func TestAMemoForgetsWhatNobodyAskedForTheLongest(t *testing.T) {
	m := newMemo(20, func(weight int) int { return weight })
	computed := ""
	get := func(key string, weight int) {
		_, _ = m.get(key, func() (int, bool, error) { computed += key; return weight, true, nil })
	}
	for _, step := range []struct {
		key    string
		weight int
		want   string // all that was computed by now
	}{
		{"a", 9, "a"}, {"b", 9, "ab"}, {"a", 9, "ab"}, {"c", 9, "abc"}, {"a", 9, "abc"}, {"b", 9, "abcb"},
		{"large", 15, "abcblarge"}, {"large", 15, "abcblarge"}, {"b", 9, "abcblargeb"},
		{"more than all", 100, "abcblargebmore than all"}, {"b", 9, "abcblargebmore than allb"},
	} {
		if get(step.key, step.weight); computed != step.want {
			t.Fatalf("after asking for %s: computed %q, want %q", step.key, computed, step.want)
		}
		if m.held > 20 {
			t.Fatalf("after %s it holds %d bytes", step.key, m.held)
		}
	}
}

func TestAPanicIsNotRememberedAsAValue(t *testing.T) {
	m := newMemo(20, func(int) int { return 1 })
	func() {
		defer func() { _ = recover() }()
		_, _ = m.get("a", func() (int, bool, error) { panic("no") })
	}()
	if got, err := m.get("a", func() (int, bool, error) { return 3, true, nil }); got != 3 || err != nil {
		t.Errorf("got %d, %v, want a fresh computation", got, err)
	}
}
