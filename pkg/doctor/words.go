package doctor

import (
	"slices"
	"strconv"
	"strings"
)

func number[N int | int64](n N) string { return strconv.FormatInt(int64(n), 10) }

// without is what one list has and another has not.
func without(list, other []string) []string {
	var left []string
	for _, one := range list {
		if !slices.Contains(other, one) {
			left = append(left, one)
		}
	}
	return left
}

// and writes a list: "a, b and c".
func and(list []string) string {
	switch n := len(list); n {
	case 0:
		return "nothing"
	case 1:
		return list[0]
	default:
		return strings.Join(list[:n-1], ", ") + " and " + list[n-1]
	}
}

// plural writes a number of things.
func plural(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return number(n) + " " + thing
}
