package doctor

import (
	"time"
)

// How far the clocks may be apart. An App signs with the time, and GitHub takes no signature that is made in its future or is older than ten minutes.
const (
	skewToWarn = 30 * time.Second
	skewToFail = 5 * time.Minute
)

// Skew is how far the forge's clock is ahead of this machine's, from the Date of an answer that was asked for between asked and answered by this
// machine's. A Date has whole seconds and lies somewhere between the two: as much is left out.
func Skew(date, asked, answered time.Time) time.Duration {
	switch {
	case date.Before(asked.Add(-time.Second)):
		return date.Sub(asked.Add(-time.Second))
	case date.After(answered):
		return date.Sub(answered)
	}
	return 0
}

func (f *findings) clock(skew Known[time.Duration], what string) {
	const check, looked = "clock", "the Date of an answer"
	if !skew.Seen {
		f.unknown(check, looked, skew.Right, "how far the clocks are apart is not known", skew.Why)
		return
	}
	apart, is := skew.Value.Round(time.Second), "behind"
	if apart < 0 {
		apart, is = -apart, "ahead of"
	}
	const advice = "let this machine's clock be set by NTP"
	switch {
	case apart > skewToFail:
		f.fail(check, looked, advice, "this machine's clock is %s %s the forge's: %s", apart, is, what)
	case apart > skewToWarn:
		f.warn(check, looked, advice, "this machine's clock is %s %s the forge's", apart, is)
	case apart < 2*time.Second:
		f.ok(check, looked, "this machine's clock and the forge's agree")
	default:
		f.ok(check, looked, "this machine's clock is %s %s the forge's, which does no harm", apart, is)
	}
}
