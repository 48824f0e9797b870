package proxies

import (
	"fmt"
	"testing"

	"github.com/linnet-bot/linnet/pkg/checks"
)

// large is a mesh of so many proxies in namespaces of a hundred.
func large(n int) *checks.Observation {
	o := mesh()
	for i := range n {
		namespace := fmt.Sprintf("team-%03d", i/100)
		if i%100 == 0 {
			o.Namespaces = append(o.Namespaces, checks.Namespace{Name: namespace, Labels: map[string]string{"istio-injection": "enabled"}})
		}
		add(o, namespace, fmt.Sprintf("web-%d-6d8f7c9d4b-x2k9p", i), "default", "1.28.3", deployment(fmt.Sprintf("web-%d", i)))
	}
	return o
}

func BenchmarkList(b *testing.B) {
	for _, n := range []int{1_000, 10_000} {
		o := large(n)
		b.Run(fmt.Sprintf("make/%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Make(o, query())
			}
		})
		l := Make(o, query())
		b.Run(fmt.Sprintf("text/%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				l.Text(Style{Width: 120})
			}
		})
	}
}
