package conductor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/forge"
)

// seen is one look at the gate, as somebody who stands beside the bot would write it down.
type seen struct {
	by, at time.Time // what the clock of the process and that of the observation showed
	kind   string    // "green", "red" or "unknown"; "blink" or "blind", which are no samples; "lost": what carries the soak was lost before the next
}

func (s seen) String() string {
	return fmt.Sprintf("%-7s by %s at %s", s.kind, s.by.Format(time.TimeOnly), s.at.Format(time.TimeOnly))
}

// soaked is for how long the gate has been green without a break when the last of these looks was taken. It works from the list alone.
func soaked(looks []seen, maxGap time.Duration) time.Duration {
	longest := time.Duration(0)
	for i := range looks {
		longest = max(longest, unbroken(looks[i:], maxGap))
	}
	return longest
}

// unbroken is how long a row of looks lasted; 0 where it does not begin and end with a green, or was broken.
func unbroken(looks []seen, maxGap time.Duration) time.Duration {
	first, last := looks[0], looks[len(looks)-1]
	if first.kind != "green" || last.kind != "green" {
		return 0
	}
	newest := first.at
	for _, l := range looks {
		switch {
		case l.kind == "blink" || l.kind == "blind":
		case l.kind != "green" || l.at.Sub(newest) > maxGap || newest.Sub(l.by) > clockSkew:
			return 0
		case l.at.After(newest):
			newest = l.at
		}
	}
	if last.by.Before(newest) {
		return 0 // some clock is wrong
	}
	return newest.Sub(first.at)
}

// told is a check that answers what it is told to.
type told struct{ checks.Result }

func (*told) Words() string { return "it is as told" }

func (c *told) Evaluate(*checks.Observation, checks.Merge) checks.Result { return c.Result }

// gatekeeper is a bot that looks at one gate again and again, with no forge but the merge request that it is given.
type gatekeeper struct {
	*Conductor
	state   State
	answer  told
	by, at  time.Time
	blind   bool
	key     byte
	sampled bool
}

func newGatekeeper(need, maxGap time.Duration, sampled bool) *gatekeeper {
	k := &gatekeeper{state: next(), key: 'a', sampled: sampled}
	k.state.MaxGap, k.state.Sampled = maxGap, sampled
	k.state.Plan.Phases[1].EntryGate = checks.Gate{Name: "entry", Soak: need, Checks: []checks.Check{&k.answer}}
	k.state.Last = &forge.MergeRequest{Source: k.state.Steps[0].Branch, MergeSHA: sha1, Done: noon.Add(-24 * time.Hour)}
	k.state.Current = &Request{MergeRequest: forge.MergeRequest{Number: 5, Source: k.state.Steps[1].Branch, State: forge.Open, Head: sha2, Author: me}}
	k.begin()
	return k
}

// begin begins a process: nothing is remembered.
func (k *gatekeeper) begin() {
	m, err := forge.NewMarker(bytes.Repeat([]byte{k.key}, forge.MinMarkerKey))
	if err != nil {
		panic(err)
	}
	k.state.Marker = &m
	k.Conductor = &Conductor{soaks: map[soakKey]checks.SoakClock{}, Settings: Settings{
		MaxGap: k.state.MaxGap, Sampled: k.sampled, Marker: &m, Now: func() time.Time { return k.by }, Observer: k,
	}}
}

func (k *gatekeeper) Observe(context.Context) (*checks.Observation, error) {
	if k.blind {
		return nil, errors.New("refused")
	}
	return &checks.Observation{At: k.at}, nil
}

// look takes one look, and writes the note where the bot would. It tells of what kind the look was, and whether the gate is open.
func (k *gatekeeper) look(t *rapid.T, answer checks.Result) (kind string, open bool) {
	k.answer.Result = answer
	looked := k.see(context.Background())
	k.state.Now = k.by
	if err := k.readGate(context.Background(), &k.state, looked); err != nil {
		t.Fatal(err)
	}
	for _, a := range k.state.say() {
		if a, ok := a.(WriteNote); ok {
			k.state.Current.Comments = []forge.Comment{{ID: 1, By: me, Body: "<!-- linnet:note " + a.Name + " -->\n" + a.Body}}
		}
	}
	switch {
	case looked.observation == nil:
		kind = "blind"
	case answer.Green():
		kind = "green"
	case answer.NoSample:
		kind = "blink"
	case answer.Verdict == checks.Unknown:
		kind = "unknown"
	default:
		kind = "red"
	}
	return kind, k.state.Gate.open()
}

// Whatever is seen, whichever way the clocks jump and whatever is lost: the gate is open only at the end of an unbroken row of green looks as long as the
// soak; and always then, where nothing but what carries the soak was lost.
func TestGateIsOpenOnlyAfterAnUnbrokenSoak(t *testing.T) {
	for name, sampled := range map[string]bool{"watched": false, "sampled": true} {
		t.Run(name, func(t *testing.T) {
			opened := 0
			rapid.Check(t, func(t *rapid.T) { opened += soakOnce(t, sampled) })
			if opened == 0 {
				t.Error("no gate was ever open, so this shows nothing")
			}
		})
	}
}

func soakOnce(t *rapid.T, sampled bool) (opened int) {
	interval := 20 * time.Second
	if sampled {
		interval = 10 * time.Minute
	}
	maxGap := max(DefaultMaxGap, interval*5/2)
	need := interval * time.Duration(rapid.IntRange(1, 8).Draw(t, "intervals of soak"))
	k := newGatekeeper(need, maxGap, sampled)
	simple := rapid.Bool().Draw(t, "each look is of now") // and a process that watches ends only when its note is lost, too
	seconds := func(from, to int, label string) time.Duration {
		return time.Duration(rapid.IntRange(from, to).Draw(t, label)) * time.Second
	}
	per := int(interval / time.Second)
	now := noon
	var looks []seen
	for range rapid.IntRange(1, 60).Draw(t, "looks") {
		switch rapid.SampledFrom([]string{"", "", "", "", "", "", "", "", "jump", "jump", "pause", "end", "lose the note", "lose the key"}).Draw(t, "what happens") {
		case "jump":
			now = now.Add(seconds(-4*per, 4*per, "jump"))
		case "pause":
			now = now.Add(seconds(per, 3*per, "pause"))
		case "end":
			if sampled || !simple {
				k.begin()
			}
		case "lose the note":
			k.state.Current.Comments = nil
			k.begin()
			looks = append(looks, seen{kind: "lost"})
		case "lose the key":
			k.key++
			k.begin()
			looks = append(looks, seen{kind: "lost"})
		}
		now = now.Add(seconds(per-per/20, per+per/20, "interval"))
		k.by, k.at, k.blind = now, now, rapid.IntRange(0, 20).Draw(t, "blind") == 20
		if !simple {
			k.at = now.Add(-seconds(-6, 3*per, "age of the observation"))
		}
		if sampled {
			k.begin()
		}
		answer := rapid.SampledFrom([]checks.Result{
			green, green, green, green, green, green, green, green, green, green, green, green,
			{Verdict: checks.Wait}, {Verdict: checks.Fail}, {Verdict: checks.Unknown}, {Verdict: checks.Wait, NoSample: true},
		}).Draw(t, "answer")
		kind, open := k.look(t, answer)
		looks = append(looks, seen{by: k.by, at: earlier(k.at, k.by), kind: kind})
		was := soaked(looks, maxGap)
		if open && (kind != "green" || was < need) {
			t.Fatalf("open after %s of %s (gaps up to %s):\n%v", was, need, maxGap, looks)
		}
		// Times that differ by no more than clocks do are no row of their own: the bot may count from the first of them.
		if simple && !open && kind == "green" && was >= need+clockSkew {
			t.Fatalf("closed after %s of %s (gaps up to %s):\n%v", was, need, maxGap, looks)
		}
		if open {
			opened++
		}
	}
	return opened
}
