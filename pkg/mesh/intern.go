package mesh

import (
	"maps"
	"slices"
	"sync"
	"unique"
	"weak"

	"github.com/linnet-bot/linnet/pkg/checks"
)

// intern gives one copy of a string that many objects share.
func intern(s string) string {
	if s == "" {
		return ""
	}
	return unique.Make(s).Value()
}

// interned copies a map, so that nothing of the object that it came from is kept alive. nil = there is nothing in it.
func interned(m map[string]string) map[string]string {
	if len(m) == 0 {
		return nil
	}
	out := make(map[string]string, len(m))
	for k, v := range m {
		out[intern(k)] = intern(v)
	}
	return out
}

// shape is what the pods of one controller mostly have in common.
type shape struct {
	controller  checks.Owner
	labels      map[string]string
	annotations map[string]string
	containers  []checks.Container
}

// shapes lets the pods of one controller share what is equal in them, which is nearly all of a pod.
type shapes struct {
	mu    sync.Mutex
	last  map[ownerKey]weak.Pointer[shape]
	sweep int // how many entries make the next sweep worth while
}

// share replaces parts of made by equal ones of the controller's pod before.
func (s *shapes) share(controller ownerKey, made *shape) *shape {
	s.mu.Lock()
	defer s.mu.Unlock()
	if before := s.last[controller].Value(); before != nil {
		labels, annotations := maps.Equal(before.labels, made.labels), maps.Equal(before.annotations, made.annotations)
		containers := slices.EqualFunc(before.containers, made.containers, equalContainers)
		if before.controller == made.controller && labels && annotations && containers {
			return before
		}
		if labels {
			made.labels = before.labels
		}
		if annotations {
			made.annotations = before.annotations
		}
		if containers {
			made.containers = before.containers
		}
	}
	if s.last == nil {
		s.last = map[ownerKey]weak.Pointer[shape]{}
	}
	s.last[controller] = weak.Make(made)
	if len(s.last) > max(s.sweep, 1000) {
		maps.DeleteFunc(s.last, func(_ ownerKey, p weak.Pointer[shape]) bool { return p.Value() == nil })
		s.sweep = 2 * len(s.last)
	}
	return made
}

func equalContainers(a, b checks.Container) bool {
	return a.Name == b.Name && a.Image == b.Image && a.Init == b.Init && a.Waiting == b.Waiting && a.Restarts == b.Restarts &&
		a.LastRestart.Equal(b.LastRestart) && maps.Equal(a.Env, b.Env)
}
