package transport

import (
	"bytes"
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Budget is what a forge has last said about a credential's limit.
type Budget struct {
	// Resource is "core", "graphql", "search" or "git": forges count these apart.
	Resource  string
	Limit     int // 0 when it was not told
	Remaining int
	Reset     time.Time
}

// budgets is by credential and resource.
type budgets struct {
	mu    sync.Mutex
	known map[[2]string]Budget
	shut  map[string]*LimitedError // a credential that has been told to wait, whatever it asks for
}

// restAfter is how long to rest when a forge refuses because of a limit and does not say how long.
const restAfter = time.Minute

func resourceOf(r *http.Request) string {
	switch {
	case strings.HasSuffix(r.URL.Path, "/graphql"):
		return "graphql"
	case strings.Contains(r.URL.Path, "/search/") || strings.HasSuffix(r.URL.Path, "/search"):
		return "search"
	default:
		return "core"
	}
}

// check refuses what the forge would refuse: asking all the same is what gets a credential banned.
func (b *budgets) check(who, resource, endpoint string, o Options) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := o.Now()
	if shut := b.shut[who]; shut != nil && now.Before(shut.Until) {
		return &LimitedError{Name: o.Name, Endpoint: endpoint, Until: shut.Until, Secondary: shut.Secondary}
	}
	if known, ok := b.known[[2]string{who, resource}]; ok && known.Remaining <= 0 && now.Before(known.Reset) {
		return &LimitedError{Name: o.Name, Endpoint: endpoint, Until: known.Reset}
	}
	return nil
}

// learn reads what an answer says about limits; it is an error when the answer is a refusal because of one.
func (b *budgets) learn(who, resource, endpoint string, a *answer, o Options) error {
	now := o.Now()
	budget, told := readBudget(a.header, now)
	b.mu.Lock()
	defer b.mu.Unlock()
	if told {
		if b.known == nil {
			b.known = map[[2]string]Budget{}
		}
		budget.Resource = resource
		b.known[[2]string{who, resource}] = budget
	}
	spent := told && budget.Remaining <= 0
	wait, asked := retryAfter(a.header, now)
	secondary := bytes.Contains(a.body, []byte("secondary rate limit")) || bytes.Contains(a.body, []byte("abuse detection"))
	switch {
	case a.status == http.StatusTooManyRequests:
	case a.status == http.StatusForbidden && (spent || asked || secondary):
	default:
		return nil // a plain 403 is about rights
	}
	limited := &LimitedError{Name: o.Name, Endpoint: endpoint, Until: now.Add(restAfter), Secondary: !spent || secondary}
	switch {
	case asked:
		limited.Until = now.Add(wait)
	case spent && budget.Reset.After(now):
		limited.Until = budget.Reset
	}
	if limited.Secondary {
		if b.shut == nil {
			b.shut = map[string]*LimitedError{}
		}
		b.shut[who] = limited
	} else if b.known[[2]string{who, resource}].Reset.Before(limited.Until) {
		budget.Reset = limited.Until
		b.known[[2]string{who, resource}] = budget
	}
	return limited
}

// readBudget knows the spellings of GitHub and GitLab. A reset is a time in seconds since 1970, or, when it is too small for that, from now.
func readBudget(h http.Header, now time.Time) (Budget, bool) {
	for _, prefix := range []string{"X-Ratelimit-", "Ratelimit-"} {
		remaining, err := strconv.Atoi(h.Get(prefix + "Remaining"))
		reset, err2 := strconv.ParseInt(h.Get(prefix+"Reset"), 10, 64)
		if err != nil || err2 != nil || reset < 0 {
			continue
		}
		limit, _ := strconv.Atoi(h.Get(prefix + "Limit"))
		b := Budget{Limit: limit, Remaining: remaining, Reset: time.Unix(reset, 0)}
		if reset < 1e8 {
			b.Reset = now.Add(time.Duration(reset) * time.Second)
		}
		return b, true
	}
	return Budget{}, false
}

// retryAfter reads both of its forms, seconds and a date.
func retryAfter(h http.Header, now time.Time) (time.Duration, bool) {
	text := h.Get("Retry-After")
	if seconds, err := strconv.ParseInt(text, 10, 32); err == nil && seconds >= 0 {
		return time.Duration(seconds) * time.Second, true
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, at.Sub(now)), true
	}
	return 0, false
}

// Budgets lists what is known, sorted by resource, the least left first.
func (t *Transport) Budgets() []Budget {
	t.budgets.mu.Lock()
	defer t.budgets.mu.Unlock()
	var all []Budget
	for _, b := range t.budgets.known {
		all = append(all, b)
	}
	slices.SortFunc(all, func(a, b Budget) int {
		return cmp.Or(strings.Compare(a.Resource, b.Resource), cmp.Compare(a.Remaining, b.Remaining))
	})
	return all
}
