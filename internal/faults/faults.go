// Package faults makes a fake forge behave as badly as real ones do, by a schedule that follows from a seed.
//
// Between a client and a forge everything can go wrong, and at any request: the forge takes no more for a while and says so in one of four ways; a proxy
// answers in its place, before the request was done or after; the connection breaks before, after or in the middle of the answer; nothing comes back
// at all; a list comes in shorter pages than were asked for, or as it was before the last write; a clock jumps. A Handler stands before a forge and
// does that. What it does at which request is drawn from the seed alone, so that a run that went wrong can be had again, and after so many faults
// it lets everything through: a bot has to get over what happened, not to win against a forge that never works.
//
// What a Handler never does is break the contract of package forge: a write that was refused has not happened, and only lists of merge requests lag.
//
// A Wire carries requests to the Handler without sockets and without waiting: a time-out takes no time but moves the clock, which the whole world
// shares. So a life with hours of waiting takes milliseconds, and in no other order the next time.
package faults

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"
)

// Kind is one way to go wrong.
type Kind string

// The kinds. Those with "after" do what was asked for and do not tell.
const (
	TooMany     Kind = "too many requests"     // 429 with Retry-After; GitLab's with RateLimit-*, too
	Spent       Kind = "budget spent"          // GitHub: 403 and X-RateLimit-Remaining 0, GraphQL 200 with an error; GitLab: 429 with RateLimit-* alone
	TooFast     Kind = "secondary limit"       // GitHub's 403 in words only
	TooFastWait Kind = "secondary limit, wait" // the same with Retry-After
	Fails       Kind = "5xx"
	FailsAfter  Kind = "5xx after"
	Cut         Kind = "cut"
	CutAfter    Kind = "cut after"
	Silent      Kind = "no answer"
	SilentAfter Kind = "no answer after"
	Half        Kind = "half an answer"
	Short       Kind = "short pages"
	Stale       Kind = "stale list"
	Jump        Kind = "clock jump"
)

// Kinds are all of them.
var Kinds = []Kind{TooMany, Spent, TooFast, TooFastWait, Fails, FailsAfter, Cut, CutAfter, Silent, SilentAfter, Half, Short, Stale, Jump}

// Vendor is whose words the refusals have.
type Vendor string

// The vendors.
const (
	GitHub Vendor = "github"
	GitLab Vendor = "gitlab"
)

// Schedule is when what goes wrong.
type Schedule struct {
	Seed uint64
	Most int     // faults, after which there are none
	Rate float64 // of requests that go wrong until then, 0 to 1
}

// dice gives the schedule's own chance.
func (s Schedule) dice() *rand.Rand { return rand.New(rand.NewPCG(s.Seed, 0)) } //nolint:gosec // to be had again, not to be secret

// call is what a kind depends on.
type call struct {
	git   bool // of Git's own protocol
	write bool
	list  bool // of merge requests, which may lag
	paged bool
}

func read(r *http.Request, body []byte) call {
	q := call{git: strings.Contains(r.URL.Path, ".git/")}
	switch {
	case q.git:
		q.write = strings.HasSuffix(r.URL.Path, "/git-receive-pack")
	case r.Method == http.MethodGet || r.Method == http.MethodHead:
		q.list = strings.HasSuffix(r.URL.Path, "/pulls") || strings.HasSuffix(r.URL.Path, "/merge_requests")
		q.paged = r.URL.Query().Has("per_page")
	case strings.HasSuffix(r.URL.Path, "/graphql"):
		q.write = strings.Contains(string(body), `"mutation`)
	default:
		q.write = true
	}
	return q
}

// weight is how much likelier than others a request is to meet with a fault: there are few writes, and few lists that something was written behind.
func (q call) weight(old bool) float64 {
	if q.write || old {
		return 6
	}
	return 1
}

// odds is how much likelier than others a kind is: not to know what became of a write is what a client is most easily wrong about.
func (k Kind) odds() int {
	switch k {
	case FailsAfter, CutAfter, SilentAfter, Stale:
		return 4
	}
	return 1
}

// may tells whether a kind can befall a request.
func (k Kind) may(v Vendor, q call) bool {
	switch k {
	case Spent:
		return !q.git
	case TooFast, TooFastWait:
		return v == GitHub && !q.git
	case FailsAfter, CutAfter, SilentAfter:
		return q.write
	case Half:
		return !q.write
	case Short:
		return q.paged
	case Stale:
		return q.list
	case TooMany, Fails, Cut, Silent, Jump:
	}
	return true
}

// jumps are how far a clock jumps: the one that all share goes on, or the client's own goes wrong.
var jumps = []time.Duration{2 * time.Minute, time.Hour, 26 * time.Hour, -10 * time.Minute, -time.Hour}

// Event is one request and what became of it.
type Event struct {
	At     time.Time
	What   string // method and path
	Fault  Kind   // "" = none
	Status int    // that the client saw; 0 = none
	Done   int    // that the forge answered with; 0 = it was not asked
	Write  bool
	Git    bool // of Git's own protocol
}

func (e Event) String() string {
	text := fmt.Sprintf("%s  %s -> %d", e.At.UTC().Format("02 15:04:05"), e.What, e.Status)
	if e.Fault != "" {
		text += "  (" + string(e.Fault) + ")"
	}
	return text
}
