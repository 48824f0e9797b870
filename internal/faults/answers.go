package faults

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"time"
)

// waits are what a limit asks for, in seconds.
var waits = []int{1, 7, 60, 90, 600}

// refusal is how the vendor says that it takes no more, and for how long a client that understands it waits.
func (h *Handler) refusal(k Kind, face string) (*httptest.ResponseRecorder, time.Duration) {
	seconds := waits[h.dice.IntN(len(waits))]
	wait := time.Duration(seconds) * time.Second
	a := httptest.NewRecorder()
	header := a.Header()
	limit := func(prefix string, remaining int) {
		header.Set(prefix+"Limit", "5000")
		header.Set(prefix+"Remaining", strconv.Itoa(remaining))
		header.Set(prefix+"Reset", strconv.FormatInt(h.now().Add(wait).Unix(), 10))
	}
	code, text := http.StatusTooManyRequests, "Retry later\n"
	if h.vendor == GitLab {
		header.Set("Content-Type", "text/plain")
		limit("RateLimit-", 0)
		header.Set("RateLimit-Observed", "5001")
		if k == TooMany {
			header.Set("Retry-After", strconv.Itoa(seconds))
			return written(a, code, text), wait
		}
		return written(a, code, text), wait - time.Second // a reset has no fractions of a second
	}
	header.Set("Content-Type", "application/json; charset=utf-8")
	say := func(message string) string {
		return fmt.Sprintf(`{"message":%q,"documentation_url":"https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api"}`, message)
	}
	const fast = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
	switch k {
	case Spent:
		if face == graphql {
			limit("X-RateLimit-", 0)
			return written(a, http.StatusOK, `{"errors":[{"type":"RATE_LIMITED","message":"API rate limit exceeded for installation ID 3."}]}`), wait - time.Second
		}
		code, text = http.StatusForbidden, say("API rate limit exceeded for installation ID 3.")
		limit("X-RateLimit-", 0)
		return written(a, code, text), wait - time.Second
	case TooFast:
		limit("X-RateLimit-", 4321)
		return written(a, http.StatusForbidden, say(fast)), time.Minute
	case TooFastWait:
		code = http.StatusForbidden
	}
	limit("X-RateLimit-", 4321)
	header.Set("Retry-After", strconv.Itoa(seconds))
	return written(a, code, say(fast)), wait
}

// failure is what a proxy or the forge itself answers in trouble.
func (h *Handler) failure() *httptest.ResponseRecorder {
	a := httptest.NewRecorder()
	code := []int{500, 502, 503, 504}[h.dice.IntN(4)]
	if code == http.StatusServiceUnavailable {
		a.Header().Set("Retry-After", "5")
	}
	a.Header().Set("Content-Type", "text/html")
	return written(a, code, fmt.Sprintf("<html><head><title>%d %s</title></head><body>nginx</body></html>\n", code, http.StatusText(code)))
}

func written(a *httptest.ResponseRecorder, code int, text string) *httptest.ResponseRecorder {
	a.WriteHeader(code)
	_, _ = a.WriteString(text)
	return a
}
