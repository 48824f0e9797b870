package conductor

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/linnet-bot/linnet/pkg/chatops"
	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/forge"
)

// Recorder keeps what happened, for people who ask later. Nothing is ever read back from it: an upgrade with another recorder, with none, or with one
// that fails is the same upgrade. An error is logged and that is all.
//
// A process may die before it records what it has just done, so what matters must be read from the states, in which the forge tells it again.
type Recorder interface {
	// Looked takes each state as it was gathered, before anything is done about it. One look may gather several, of the same Seen.
	Looked(ctx context.Context, t Status, s State, seen Seen) error
	// Did takes an action, after it took effect, with the state that it was decided in.
	Did(ctx context.Context, t Status, s State, a Action) error
}

// Seen is what a look at the cluster counted. At is zero when the cluster was not seen.
type Seen struct {
	At      time.Time
	Proxies []ProxyCount // by namespace and revision, sorted
}

// ProxyCount is how many pods of a namespace one revision injected; Revision is "" for those that do not say which did.
type ProxyCount struct {
	Namespace string `json:"namespace"`
	Revision  string `json:"revision"`
	Proxies   int    `json:"proxies"`
}

// looked tells the recorder of a state.
func (c *Conductor) looked(ctx context.Context, s State, seen sight) {
	if c.Recorder == nil {
		return
	}
	if err := c.Recorder.Looked(ctx, c.status(s), s, countProxies(seen.observation)); err != nil {
		c.Log.WarnContext(ctx, "not recorded: "+err.Error(), "environment", s.Environment)
	}
}

// did tells the recorder of an action.
func (c *Conductor) did(ctx context.Context, s State, a Action) {
	if c.Recorder == nil {
		return
	}
	if err := c.Recorder.Did(ctx, c.status(s), s, a); err != nil {
		c.Log.WarnContext(ctx, "not recorded: "+err.Error(), "environment", s.Environment)
	}
}

func countProxies(o *checks.Observation) Seen {
	if o == nil {
		return Seen{}
	}
	counts := map[ProxyCount]int{}
	for i := range o.Pods {
		p := &o.Pods[i]
		if ended := p.Phase == "Succeeded" || p.Phase == "Failed"; !ended && checks.InMesh(p) {
			counts[ProxyCount{Namespace: p.Namespace, Revision: checks.RevisionOf(p).Revision}]++
		}
	}
	seen := Seen{At: o.At}
	for _, key := range slices.SortedFunc(maps.Keys(counts), func(a, b ProxyCount) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Revision, b.Revision))
	}) {
		key.Proxies = counts[key]
		seen.Proxies = append(seen.Proxies, key)
	}
	return seen
}

// Place is what the name of one of the bot's branches says.
type Place = place

// BranchPrefix is what the names of the bot's branches of an environment begin with.
func BranchPrefix(environment string) string { return branchPrefix(environment) }

// ParseBranch reads the name of one of the bot's branches; ok is false for one that is none of the environment's.
func ParseBranch(environment, branch string) (p Place, ok bool) {
	return parseBranch(environment, branch)
}

// Over tells whether the bot wrote below a merge request that it ended its upgrade.
func Over(comments []forge.Comment, bot forge.User) bool {
	note, _ := forge.Note(comments, bot, noteName)
	return ends(note, overMark)
}

// WhyClosed is why the bot closed a merge request, in its own words; "" where it did not.
func WhyClosed(comments []forge.Comment, bot forge.User) string {
	note, _ := forge.Note(comments, bot, closedNote)
	why, closed := strings.CutSuffix(strings.TrimRight(note, "\n"), closedMark)
	if !closed {
		return ""
	}
	return strings.TrimSpace(why)
}

// Awaiting names the branch of the phase whose gate is asked, and tells whether that is its exit gate. The branch is "" where no gate is asked.
func (s State) Awaiting() (branch string, exit bool) {
	_, ok := s.next()
	switch {
	case s.Plan == nil || s.Refusal != nil:
		return "", false
	case ok:
		return s.step().Branch, false
	case s.finished():
		return s.Steps[s.Done-1].Branch, true
	case s.Turn.Heading == Turned && s.Undone != nil:
		return s.Last.Source, true
	case s.Turn.Heading == Turned && s.Plan.Back != nil:
		return s.Way.Branch, false
	}
	return s.Steps[s.Done].Branch, false
}

// Promotions are the comments on whose word the bot merges, or merged, a request.
func Promotions(comments []forge.Comment, bot forge.User) []forge.Comment {
	var all []forge.Comment
	for _, c := range comments {
		cmd, ok, err := chatops.Read(chatops.Comment{Body: c.Body}, bot.Name)
		if answer := Answer(c, bot); ok && err == nil && cmd.Verb == chatops.Promote && (answer == "claimed" || answer == "done") {
			all = append(all, c)
		}
	}
	return all
}

// Answer is what the bot's reactions say of a comment: "claimed", "done", "void", "not understood", or "" where it has not answered.
func Answer(c forge.Comment, bot forge.User) string {
	given := map[forge.ReactionKind]bool{}
	for _, r := range c.Reactions {
		if r.By.ID == bot.ID {
			given[r.Kind] = true
		}
	}
	switch {
	case c.By.ID == bot.ID:
		return ""
	case given[forge.ThumbsDown]:
		return "void"
	case given[forge.Rocket]:
		return "done"
	case given[forge.Confused]:
		return "not understood"
	case given[forge.Eyes]:
		return "claimed"
	}
	return ""
}
