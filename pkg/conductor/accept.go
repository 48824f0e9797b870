package conductor

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/linnet-bot/linnet/internal/nearest"
	"github.com/linnet-bot/linnet/pkg/chatops"
	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/forge"
)

// acceptPrefix begins the names of the notes that record what somebody signed off. That such a note is there is what holds, whatever becomes of the comment.
const acceptPrefix = "accepted-"

func acceptNote(comment int64) string { return fmt.Sprintf("%s%d", acceptPrefix, comment) }

// acceptMark is an acceptance in the bot's own note, as JSON in base64: a reason may hold anything, and a forge must not act on it.
const acceptMark = "<!-- linnet:accepted %s -->"

// Acceptances are what the bot recorded below a merge request as signed off, in the order of the records.
func Acceptances(comments []forge.Comment, bot forge.User) []checks.Acceptance {
	var all []checks.Acceptance
	for i := range comments {
		c := &comments[i]
		if c.By.ID != bot.ID {
			continue
		}
		if name, ok := forge.NoteName(c.Body); !ok || !strings.HasPrefix(name, acceptPrefix) {
			continue
		}
		_, rest, _ := strings.Cut(c.Body, "<!-- linnet:accepted ")
		inside, _, closed := strings.Cut(rest, " -->")
		payload, err := base64.StdEncoding.DecodeString(inside)
		var a checks.Acceptance
		if !closed || err != nil || json.Unmarshal(payload, &a) != nil || a.Name == "" {
			continue // what cannot be read holds nothing
		}
		if !slices.ContainsFunc(all, func(other checks.Acceptance) bool { return other.Comment == a.Comment }) {
			all = append(all, a)
		}
	}
	return all
}

// accepted is everything that was signed off in this upgrade, below whichever of its merge requests, the oldest first.
func (s State) accepted() []checks.Acceptance {
	if s.Plan == nil {
		return nil
	}
	requests := []*Request{s.Newest, s.Current, s.Left}
	for _, list := range [][]Request{s.Merged, s.Closed, s.Others} {
		for i := range list {
			requests = append(requests, &list[i])
		}
	}
	var all []checks.Acceptance
	for _, r := range requests {
		if r == nil {
			continue
		}
		if p, ok := parseBranch(s.Environment, r.Source); !ok || p.Release != s.Plan.To.Release {
			continue
		}
		for _, a := range r.reading(s.Me).accepted {
			if !slices.ContainsFunc(all, func(other checks.Acceptance) bool { return other.Comment == a.Comment }) {
				all = append(all, a)
			}
		}
	}
	slices.SortFunc(all, func(a, b checks.Acceptance) int { return int(a.Comment - b.Comment) })
	return all
}

// inEffect are the acceptances that have not ended.
func (s State) inEffect() []string {
	var all []string
	for _, a := range s.accepted() {
		if a.Holds(s.Gate.Now) {
			all = append(all, s.signedOff(a))
		}
	}
	return all
}

func (s State) signedOff(a checks.Acceptance) string {
	return fmt.Sprintf("%s (comment %d of %s)", strings.TrimSuffix(a.String(), "."), a.Comment, s.Words.Number(a.Request))
}

// record finds the record of a comment below a merge request.
func (s State) record(r Request, c forge.Comment) (checks.Acceptance, bool) {
	for _, a := range r.reading(s.Me).accepted {
		if a.Comment == c.ID {
			return a, true
		}
	}
	return checks.Acceptance{}, false
}

// signOff takes a command that signs a straggler off: claimed, recorded, done.
func (s State) signOff(r Request, o order) order {
	c, cmd := o.comment, o.command
	if a, recorded := s.record(r, c); recorded {
		o.want, o.line = s.owed(c, forge.Rocket), fmt.Sprintf("%s, accept: %s.", from(c), quiet(strings.TrimSuffix(a.String(), ".")))
		return o
	}
	if s.gave(c, forge.Rocket) {
		o.line = fmt.Sprintf("%s, accept: the record of it is gone, so it holds no more; write it again if you mean it.", from(c))
		return o
	}
	p, _ := parseBranch(s.Environment, r.Source)
	switch {
	case s.Plan == nil || p.Release != s.Plan.To.Release || s.Over:
		return s.refuse(o, "no upgrade is under way here")
	case !cmd.Until.IsZero() && !cmd.Until.After(s.Gate.Now):
		return s.refuse(o, fmt.Sprintf("%s is over", cmd.Until.AddDate(0, 0, -1).Format(time.DateOnly)))
	case len(s.Gate.Result.Children) == 0:
		o.line = fmt.Sprintf("%s, accept: waits until the cluster has been seen.", from(c))
		return o
	}
	who, why := straggling(s.Gate.Result, cmd.Workload)
	if why != "" {
		return s.refuse(o, why)
	}
	o.signs = &checks.Acceptance{
		Kind: who.Kind, Namespace: who.Namespace, Name: who.Name, By: c.By.Name, At: c.Created.UTC(), Reason: cmd.Reason, Until: cmd.Until, Request: r.Number, Comment: c.ID,
	}
	o.want, o.line = s.owed(c, forge.Eyes), fmt.Sprintf("%s, accept: it is being recorded.", from(c))
	return o
}

// mostNear is how many stragglers are named to somebody who named none.
const mostNear = 5

// straggling finds the straggler that somebody names, or says why there is none to be signed off.
func straggling(gate checks.Result, named chatops.Workload) (who checks.Straggler, why string) {
	var found, others, near []string
	for _, s := range checks.Acceptable(gate) {
		full := s.Kind + "/" + s.Namespace + "/" + s.Name
		if named.Is(s.Kind, s.Namespace, s.Name) {
			who, found = s, append(found, "`"+full+"`")
			continue
		}
		others = append(others, full)
		if near = append(near, full); named.Kind == "" {
			near[len(near)-1] = s.Namespace + "/" + s.Name
		}
	}
	switch {
	case len(found) == 1:
		return who, ""
	case len(found) > 1:
		return who, fmt.Sprintf("several workloads have that name; write one of %s", strings.Join(found, ", "))
	}
	for _, a := range checks.AcceptedIn(gate) {
		if named.Is(a.Kind, a.Namespace, a.Name) {
			return who, fmt.Sprintf("it is signed off already, by %s", name(forge.User{Name: a.By}))
		}
	}
	for _, s := range checks.Stragglers(gate) {
		if named.Is(s.Kind, s.Namespace, s.Name) {
			return who, fmt.Sprintf("what keeps `%s` from being counted cannot be signed off in the gate %s: %s", named, gate.Name, quiet(s.Reason))
		}
	}
	why = fmt.Sprintf("the gate %s waits for no workload `%s`", gate.Name, named)
	if meant := nearest.Word(named.String(), near); meant != "" {
		return who, why + fmt.Sprintf("; did you mean `%s`?", meant)
	}
	if len(others) == 0 {
		return who, why + ", nor for any other that could be signed off"
	}
	var all []string
	for _, other := range others {
		all = append(all, "`"+other+"`")
	}
	return who, why + "; those that can be signed off are " + strings.Join(atMost(all, mostNear), ", ")
}

// acceptedNote records an acceptance.
func acceptedNote(a checks.Acceptance) string {
	payload, err := json.Marshal(a)
	if err != nil {
		return "" // an acceptance of words, numbers and times always encodes
	}
	until := "to the end of the upgrade"
	if !a.Until.IsZero() {
		until = "until " + clock(a.Until)
	}
	return fmt.Sprintf("**Signed off** %s, by %s (comment %d), %s: %s\n\nGates of waves and gateways go on without it. Before a control plane is taken away it counts all the same.\n\n"+acceptMark+"\n",
		quiet(fmt.Sprintf("%s %s/%s", a.Kind, a.Namespace, a.Name)), name(forge.User{Name: a.By}), a.Comment, until, quiet(sentence(a.Reason)), base64.StdEncoding.EncodeToString(payload))
}

// signedOffBelow is what was signed off below a merge request, for its last note.
func (s State) signedOffBelow(r Request) string {
	var out strings.Builder
	for _, a := range r.reading(s.Me).accepted {
		fmt.Fprintf(&out, "**Signed off** %s\n\n", quiet(oneLine(s.signedOff(a))))
	}
	return out.String()
}
