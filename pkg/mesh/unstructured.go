package mesh

import (
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/linnet-bot/linnet/pkg/checks"
)

// fields reads an object that no Go type is at hand for. What is missing or of another type reads as zero: the CRDs' schemas admit nothing else.
type fields map[string]any

func fieldsOf(u *unstructured.Unstructured) fields { return u.Object }

// in goes down by the names of fields; nil where there is nothing. A nil fields has no fields.
func (f fields) in(path ...string) fields {
	for _, name := range path {
		f, _ = f[name].(map[string]any)
	}
	return f
}

func (f fields) text(name string) string {
	s, _ := f[name].(string)
	return intern(s)
}

func (f fields) number(name string) int64 {
	switch n := f[name].(type) {
	case int64:
		return n
	case float64:
		return int64(n)
	}
	return 0
}

func (f fields) flag(name string) bool {
	b, _ := f[name].(bool)
	return b
}

func (f fields) list(name string) []fields {
	all, _ := f[name].([]any)
	out := make([]fields, 0, len(all))
	for _, one := range all {
		if m, ok := one.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}

func (f fields) strings() map[string]string {
	var out map[string]string
	for k, v := range f {
		if s, ok := v.(string); ok {
			if out == nil {
				out = map[string]string{}
			}
			out[intern(k)] = intern(s)
		}
	}
	return out
}

func (f fields) time(name string) time.Time {
	t, err := time.Parse(time.RFC3339, f.text(name))
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

func (f fields) duration(name string) time.Duration {
	d, err := time.ParseDuration(f.text(name))
	if err != nil {
		return 0
	}
	return d
}

// condition of a status; zero where it is not there.
func (f fields) condition(kind string) checks.Condition {
	for _, c := range f.in("status").list("conditions") {
		if c.text("type") == kind {
			return checks.Condition{Status: c.text("status"), Reason: c.text("reason"), Message: c.text("message"), Since: c.time("lastTransitionTime")}
		}
	}
	return checks.Condition{}
}
