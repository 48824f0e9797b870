package main

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestWatchLooksAtOnceAndThenAtEachInterval(t *testing.T) {
	for _, row := range []struct {
		name string
		take []time.Duration // how long each look takes; the last one interrupts
		want []time.Duration // when each begins
	}{
		{"quick looks", []time.Duration{0, 0, 0}, []time.Duration{0, 30 * time.Second, time.Minute}},
		{"a look that takes a while does not shift the next", []time.Duration{20 * time.Second, 0}, []time.Duration{0, 30 * time.Second}},
		{"a look over several intervals is followed by one, not by all", []time.Duration{100 * time.Second, 0, 0},
			[]time.Duration{0, 100 * time.Second, 120 * time.Second}},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				ctx, interrupt := context.WithCancel(t.Context())
				var at []time.Duration
				err := watch(ctx, 30*time.Second, nil, func(bool) {
					at = append(at, time.Since(began))
					time.Sleep(row.take[len(at)-1])
					if len(at) == len(row.take) {
						interrupt()
					}
				})
				if !errors.Is(err, context.Canceled) || !slices.Equal(at, row.want) {
					t.Errorf("looked at %v and ended with %v, want %v and an interruption", at, err, row.want)
				}
			})
		})
	}
}

func TestAnInterruptionDoesNotWaitForTheNextLook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		ctx, interrupt := context.WithTimeout(t.Context(), 7*time.Second)
		defer interrupt()
		looks := 0
		err := watch(ctx, time.Hour, nil, func(bool) { looks++ })
		if !errors.Is(err, context.DeadlineExceeded) || looks != 1 || time.Since(began) != 7*time.Second {
			t.Errorf("%d looks, ended after %s with %v, want one look and the end after 7s", looks, time.Since(began), err)
		}
	})
}

func TestBeingWokenIsOneLookMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		ctx, interrupt := context.WithTimeout(t.Context(), 65*time.Second)
		defer interrupt()
		wake := make(chan struct{}, 1)
		// The second comes while the first is being looked after: something may have changed since, so it counts. The third one comes with it and is the same.
		for _, after := range []time.Duration{5 * time.Second, 5500 * time.Millisecond, 5600 * time.Millisecond, 40 * time.Second} {
			time.AfterFunc(after, func() { nudge(wake) })
		}
		var at, asked []time.Duration
		_ = watch(ctx, 30*time.Second, wake, func(woken bool) {
			at = append(at, time.Since(began))
			if woken {
				asked = append(asked, time.Since(began))
			}
			time.Sleep(time.Second)
		})
		want := []time.Duration{0, 5 * time.Second, 6 * time.Second, 30 * time.Second, 40 * time.Second, time.Minute}
		if !slices.Equal(at, want) {
			t.Errorf("looked at %v, want %v", at, want)
		}
		if want := []time.Duration{5 * time.Second, 6 * time.Second, 40 * time.Second}; !slices.Equal(asked, want) {
			t.Errorf("woken at %v, want %v", asked, want)
		}
	})
}
