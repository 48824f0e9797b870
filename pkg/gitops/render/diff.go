package render

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Changes is what differs between two renders; every list is sorted by ID.
type Changes struct {
	Added   []ID     `json:"added,omitempty"`
	Removed []ID     `json:"removed,omitempty"`
	Changed []Change `json:"changed,omitempty"`
}

// Change is one object that both renders hold with different contents. Fields are sorted lines of path and values, like
// `metadata.labels.istio-injection: enabled -> (none)`.
type Change struct {
	ID     ID       `json:"id"`
	Fields []string `json:"fields"`
}

// Empty reports whether nothing differs.
func (c Changes) Empty() bool { return len(c.Added)+len(c.Removed)+len(c.Changed) == 0 }

// IDs lists every object that differs in any way, sorted.
func (c Changes) IDs() []ID {
	ids := slices.Concat(c.Added, c.Removed)
	for _, change := range c.Changed {
		ids = append(ids, change.ID)
	}
	slices.SortFunc(ids, ID.Compare)
	return ids
}

// Without leaves out the given objects, such as those of Chart.Unstable.
func (c Changes) Without(ids ...ID) Changes {
	drop := func(id ID) bool { return slices.Contains(ids, id) }
	return Changes{
		Added:   slices.DeleteFunc(slices.Clone(c.Added), drop),
		Removed: slices.DeleteFunc(slices.Clone(c.Removed), drop),
		Changed: slices.DeleteFunc(slices.Clone(c.Changed), func(ch Change) bool { return drop(ch.ID) }),
	}
}

// Diff compares two renders by ID. Where one holds an ID several times, the n-th is compared with the n-th.
func Diff(before, after Objects) Changes {
	was, is := byID(before), byID(after)
	var c Changes
	for id, old := range was {
		for i, o := range old {
			if i >= len(is[id]) {
				c.Removed = append(c.Removed, id)
				continue
			}
			if fields := diffFields(o, is[id][i]); len(fields) > 0 {
				c.Changed = append(c.Changed, Change{ID: id, Fields: fields})
			}
		}
	}
	for id, now := range is {
		for range max(len(now)-len(was[id]), 0) {
			c.Added = append(c.Added, id)
		}
	}
	slices.SortFunc(c.Added, ID.Compare)
	slices.SortFunc(c.Removed, ID.Compare)
	slices.SortStableFunc(c.Changed, func(a, b Change) int { return a.ID.Compare(b.ID) })
	return c
}

func byID(objs Objects) map[ID][]Object {
	m := make(map[ID][]Object, len(objs))
	for _, o := range objs {
		m[o.ID()] = append(m[o.ID()], o)
	}
	return m
}

func diffFields(before, after Object) []string {
	var out []string
	walkDiff("", map[string]any(before), map[string]any(after), &out)
	slices.Sort(out)
	return out
}

type absent struct{}

func walkDiff(at string, a, b any, out *[]string) {
	if reflect.DeepEqual(a, b) {
		return
	}
	if am, bm, ok := mappings(at, a, b); ok {
		keys := maps.Clone(am)
		maps.Copy(keys, bm)
		for k := range keys {
			walkDiff(joinField(at, k), member(am, k), member(bm, k), out)
		}
		return
	}
	if al, ok := a.([]any); ok {
		if bl, ok := b.([]any); ok {
			for i := range max(len(al), len(bl)) {
				walkDiff(at+"["+strconv.Itoa(i)+"]", element(al, i), element(bl, i), out)
			}
			return
		}
	}
	*out = append(*out, at+": "+diffValue(a, b)+" -> "+diffValue(b, a))
}

// mappings reports whether a and b are to be told key by key: both are mappings, or one is a small mapping below a key and the other is not there.
func mappings(at string, a, b any) (am, bm map[string]any, ok bool) {
	am, isA := a.(map[string]any)
	bm, isB := b.(map[string]any)
	if isA && isB {
		return am, bm, true
	}
	_, noA := a.(absent)
	_, noB := b.(absent)
	if strings.HasSuffix(at, "]") || isA == isB || noA == noB {
		return nil, nil, false
	}
	if isA {
		bm = map[string]any{}
	} else {
		am = map[string]any{}
	}
	leaves := leafCount(am) + leafCount(bm)
	return am, bm, leaves > 0 && leaves <= smallMapping
}

// smallMapping is how many values a mapping may hold to be told value by value where it appears or goes as a whole.
const smallMapping = 6

func leafCount(v any) int {
	m, ok := v.(map[string]any)
	if !ok {
		return 1
	}
	n := 0
	for _, v := range m {
		n += leafCount(v)
	}
	return n
}

func member(m map[string]any, key string) any {
	if v, ok := m[key]; ok {
		return v
	}
	return absent{}
}

func element(l []any, i int) any {
	if i < len(l) {
		return l[i]
	}
	return absent{}
}

// joinField puts keys that themselves hold dots or slashes in brackets.
func joinField(at, key string) string {
	if strings.ContainsAny(key, "./[] ") {
		return at + "[" + strconv.Quote(key) + "]"
	}
	if at == "" {
		return key
	}
	return at + "." + key
}

// diffValue writes a value in few characters. Of a long text it tells the size and the first line that the other side does not have.
func diffValue(v, other any) string {
	switch v := v.(type) {
	case absent:
		return "(none)"
	case map[string]any:
		return "{" + counted(len(v), "key") + "}"
	case []any:
		return "[" + counted(len(v), "item") + "]"
	case string:
		if !strings.Contains(v, "\n") && len(v) <= 100 {
			return v
		}
		return fmt.Sprintf("(%d lines, %d bytes%s)", strings.Count(v, "\n")+1, len(v), firstOwnLine(v, other))
	default:
		return fmt.Sprint(v)
	}
}

func firstOwnLine(v string, other any) string {
	o, ok := other.(string)
	if !ok {
		return ""
	}
	have := map[string]bool{}
	for line := range strings.Lines(o) {
		have[strings.TrimSpace(line)] = true
	}
	for line := range strings.Lines(v) {
		if line = strings.TrimSpace(line); line != "" && !have[line] {
			if len(line) > 80 {
				line = line[:80] + "…"
			}
			return ", " + strconv.Quote(line)
		}
	}
	return ""
}

func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
