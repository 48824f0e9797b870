package doctor

import (
	"fmt"
	"time"
)

// How long before its end a token is spoken of.
const (
	endToWarn = 30 * 24 * time.Hour
	endToFail = 3 * 24 * time.Hour
)

// expiry judges the end of the token; a zero end is none.
func (f *findings) expiry(end Known[time.Time], now time.Time, looked, advice string) {
	const check = "token/expiry"
	if !end.Seen {
		f.unknown(check, looked, end.Right, "when the token ends is not known", end.Why)
		return
	}
	left := end.Value.Sub(now)
	day := end.Value.UTC().Format("2006-01-02")
	switch {
	case end.Value.IsZero():
		f.ok(check, looked, "the token has no end")
	case left <= 0:
		f.fail(check, looked, advice, "the token ended on %s", day)
	case left < endToFail:
		f.fail(check, looked, advice, "the token ends on %s, in %s", day, days(left))
	case left < endToWarn:
		f.warn(check, looked, advice, "the token ends on %s, in %s", day, days(left))
	default:
		f.ok(check, looked, "the token ends on %s, in %s", day, days(left))
	}
}

// days are whole ones.
func days(d time.Duration) string {
	switch n := int(d / (24 * time.Hour)); n {
	case 0:
		return "less than a day"
	case 1:
		return "1 day"
	default:
		return fmt.Sprintf("%d days", n)
	}
}
