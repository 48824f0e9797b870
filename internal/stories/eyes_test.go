package stories

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/linnet-bot/linnet/internal/sim"
	"github.com/linnet-bot/linnet/pkg/checks"
)

// eyes are the observer: what the cluster shows is handed on as the mood has it.
type eyes struct {
	cluster *sim.Cluster
	mood    mood
	past    []sight // what was seen, whole, the newest last
	handed  []sight // what was handed to the bot, the newest last
	last    sim.Truth
}

// mood is how well the observer sees.
type mood string

const (
	clear    mood = "sees everything"
	blind    mood = "fails"
	nothing  mood = "gives nothing"
	late     mood = "gives what it saw 40 seconds ago"
	veryLate mood = "gives what it saw five minutes ago"
	silent   mood = "gets no answer from the istiod that knows the fewest"
	missing  mood = "misses the last istiod"
	hushed   mood = "gets an empty answer from the first istiod"
	narrow   mood = "may not list pods"
)

var moods = []mood{clear, silent, silent, silent, blind, nothing, late, veryLate, missing, hushed, narrow}

// sight is one observation with what was so at that moment.
type sight struct {
	at     time.Time // when it was taken
	passed time.Time // when it was handed over
	shown  *checks.Observation
	truth  sim.Truth
	hidden string // what it does not show, and should; "" = it shows all
}

var errBlind = errors.New("the observer did not answer in time")

// look is one observation. What looks old or in the future by the bot's own clock shows it nothing.
func (e *eyes) look(botsClock time.Time) (sight, error) {
	whole := e.cluster.Observe()
	now := sight{at: e.cluster.Now(), shown: whole, truth: e.truth()}
	e.past = append(e.past, now)
	if len(e.past) > 64 {
		e.past = slices.Clone(e.past[32:])
	}
	switch e.mood {
	case blind:
		return e.hand(sight{at: e.cluster.Now(), hidden: "anything: it failed"}), errBlind
	case nothing:
		return e.hand(sight{at: e.cluster.Now(), hidden: "anything at all"}), nil
	case late:
		now = e.before(40 * time.Second)
	case veryLate:
		now = e.before(5 * time.Minute)
	case silent, missing, hushed, narrow:
		now.shown = partial(*whole, e.mood)
	}
	now.passed = e.cluster.Now()
	if now.hidden = hides(now, len(whole.Istiods)); now.shown.At.Sub(botsClock).Abs() > maxGap {
		now.hidden = "how it is now"
	}
	return e.hand(now), nil
}

// truth is that of this moment. It is told once for a moment in which nothing was done to the cluster.
func (e *eyes) truth() sim.Truth {
	if !e.last.At.Equal(e.cluster.Now()) {
		e.last = e.cluster.Truth()
	}
	return e.last
}

func (e *eyes) hand(s sight) sight {
	s.passed = e.cluster.Now()
	e.handed = append(e.handed, s)
	return s
}

// before is the newest sight that is at least so old, or the oldest.
func (e *eyes) before(age time.Duration) sight {
	for _, s := range slices.Backward(e.past) {
		if e.cluster.Now().Sub(s.at) >= age {
			return s
		}
	}
	return e.past[0]
}

// partial is a copy that lacks something.
func partial(o checks.Observation, m mood) *checks.Observation {
	o.Istiods = slices.Clone(o.Istiods)
	last, fewest := len(o.Istiods)-1, 0
	for i := range o.Istiods {
		if len(o.Istiods[i].Connections) < len(o.Istiods[fewest].Connections) {
			fewest = i
		}
	}
	switch {
	case m == narrow:
		o.Pods, o.MissingRights = nil, []string{"list pods: forbidden"}
	case last < 0:
	case m == silent:
		o.Istiods[fewest].Answered, o.Istiods[fewest].Error, o.Istiods[fewest].Connections = false, "context deadline exceeded", nil
	case m == missing:
		o.Istiods = o.Istiods[:last]
	case m == hushed:
		o.Istiods[0].Connections = nil
	}
	return &o
}

// settling is how long a proxy may take to be known to its istiod.
const settling = 2 * time.Minute

// hides says what an observation does not show although it is so.
func hides(s sight, istiods int) string {
	if s.passed.Sub(s.truth.At) > maxGap {
		return "how it is now"
	}
	if len(s.shown.MissingRights) > 0 {
		return "what it may not list"
	}
	if len(s.shown.Istiods) < istiods {
		return "an istiod"
	}
	known := map[string]bool{}
	for _, i := range s.shown.Istiods {
		if i.Phase == "Running" && !i.Answered {
			return fmt.Sprintf("what istiod pod %s knows", i.Pod)
		}
		for _, c := range i.Connections {
			known[c.Proxy] = true
		}
	}
	for _, p := range s.truth.Proxies {
		if p.Connected != "" && p.Ready && s.truth.At.Sub(p.Created) > settling && !known[p.Pod+"."+p.Namespace] {
			return fmt.Sprintf("that %s/%s is connected to %s", p.Namespace, p.Pod, p.Connected)
		}
	}
	return ""
}
