//go:build linux

package mesh

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// grownTo is what one size of cluster costs.
type grownTo struct {
	pods  int
	cold  time.Duration // first verdict, on the processor
	again time.Duration // verdict after one pod has changed, on the processor
	peak  float64       // resident, in MB
}

type growth []grownTo

// print draws the growth, each figure as a bar as long as it is beside the largest.
func (g growth) print(w io.Writer) {
	for _, plot := range []struct {
		title, unit string
		figure      func(grownTo) float64
	}{
		{"verdict after one pod has changed", "ms", func(g grownTo) float64 { return g.again.Seconds() * 1000 }},
		{"first verdict, lists and all", "ms", func(g grownTo) float64 { return g.cold.Seconds() * 1000 }},
		{"resident at most", "MB", func(g grownTo) float64 { return g.peak }},
	} {
		most := 0.0
		for _, at := range g {
			most = max(most, plot.figure(at))
		}
		_, _ = fmt.Fprintln(w, plot.title)
		for _, at := range g {
			figure := plot.figure(at)
			_, _ = fmt.Fprintf(w, "%6d pods %s %.*f %s\n", at.pods, strings.Repeat("█", max(int(figure/most*50+0.5), 1)), decimals(figure), figure, plot.unit)
		}
	}
}

// decimals are as many as say something.
func decimals(figure float64) int {
	if figure < 10 {
		return 1
	}
	return 0
}
