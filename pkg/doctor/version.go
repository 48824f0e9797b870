package doctor

import (
	"strconv"
	"strings"
)

// older compares versions by their first two numbers; what is none is not older.
func older(version, than string) bool {
	a, okA := numbers(version)
	b, okB := numbers(than)
	return okA && okB && (a[0] < b[0] || a[0] == b[0] && a[1] < b[1])
}

func numbers(version string) (n [2]int, ok bool) {
	parts := strings.SplitN(version, ".", 3)
	if len(parts) < 2 {
		return n, false
	}
	for i := range n {
		var err error
		if n[i], err = strconv.Atoi(parts[i]); err != nil {
			return n, false
		}
	}
	return n, true
}
