package conductor

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/linnet-bot/linnet/pkg/chatops"
	"github.com/linnet-bot/linnet/pkg/forge"
)

// Press is somebody's press of a button on the bot's check, as a webhook tells. Nothing on the forge tells of it, so what is lost is pressed again.
type Press struct {
	By       forge.User
	Verb     string // chatops.Promote, or chatops.Retry for a check that is to be stated again
	SHA      string // of the commit that the check is on
	Delivery string // the webhook's id: one that comes twice is one press
}

// Press takes a press in, before the next Look. It goes through the one door that comments go through, and is bound to the commit that was looked at.
//
// A promotion becomes a comment of the bot's own, which says for people who pressed what, and for the bot the same under its seal. From then on it is a command
// like any other, below which the bot reacts, and which survives the process; its author is who pressed, and what they may is asked anew at each look. Who is
// refused leaves no trace but in the log: whoever can press can press for ever.
func (c *Conductor) Press(ctx context.Context, p Press) error {
	s, err := c.state(ctx)
	if err != nil {
		return fmt.Errorf("take in that %s pressed %s: %w", p.By.Name, p.Verb, err)
	}
	ignored := func(why string) error {
		c.Log.WarnContext(ctx, "a press is ignored: "+why, "environment", s.Environment, "user", p.By.Name, "verb", p.Verb, "commit", p.SHA)
		return nil
	}
	r := s.subject()
	switch ours := r != nil && r.State == forge.Open && r.Head == p.SHA; {
	case p.Verb != chatops.Promote && p.Verb != chatops.Retry:
		return ignored("there is no such button")
	case !ours && (p.Verb == chatops.Promote || !slices.ContainsFunc(s.Trials, func(t Trial) bool { return t.Head == p.SHA })):
		return nil // of another environment, or of a commit that is no longer the head
	case r == nil:
		r = &Request{}
	}
	if s.Roles == nil && c.Role != nil {
		s.Roles = map[string]chatops.Role{}
	}
	if s.InGroups == nil {
		s.InGroups = map[string][]int64{}
	}
	if c.readActor(ctx, &s, p.By); ctx.Err() != nil {
		return ctx.Err()
	}
	if may := s.may(*r, forge.Comment{By: p.By}, chatops.Command{Verb: p.Verb}); !may.Allowed {
		return ignored(may.Reason)
	}
	if p.Verb == chatops.Retry {
		c.anew = p.SHA
		return nil
	}
	if s.Marker == nil {
		return ignored("without a state key (stateKeyFile) it cannot be written down so that nobody else can")
	}
	wanted := chatops.Command{Verb: p.Verb, Commit: p.SHA}
	if slices.ContainsFunc(r.reading(s.Me).remarks, func(m remark) bool {
		return m.By.ID == p.By.ID && m.command == wanted && m.Edited.IsZero() && !s.gave(m.Comment, forge.ThumbsDown)
	}) {
		return nil // pressed already
	}
	sealed, err := json.Marshal(pressed{By: p.By, Verb: p.Verb, SHA: p.SHA})
	if err != nil {
		return err
	}
	text := fmt.Sprintf("%s pressed **Promote** on %.8s.\n", name(p.By), p.SHA)
	c.Wake()
	_, err = forge.SetNote(ctx, c.Forge, r.Number, pressPrefix+p.Delivery, s.Marker.Put(text, pressScope(r.Source), sealed))
	return err
}

// pressPrefix begins the names of the notes that record presses.
const pressPrefix = "press-"

// pressed is what such a note says under the seal.
type pressed struct {
	By   forge.User `json:"by"`
	Verb string     `json:"verb"`
	SHA  string     `json:"sha"`
}

func pressScope(source string) string { return source + " press" }

// addPresses makes commands of the bot's records of presses below the merge request of a branch. One that was edited, which the bot never does, is void as with
// people's: somebody might bring an old one back in another's place.
func (r *reading) addPresses(comments []forge.Comment, me forge.User, m *forge.Marker, source string) {
	if m == nil {
		return
	}
	for i := range comments {
		c := comments[i]
		if called, _ := forge.NoteName(c.Body); c.By.ID != me.ID || !strings.HasPrefix(called, pressPrefix) {
			continue
		}
		payload, err := m.Get(c.Body, pressScope(source))
		var p pressed
		if err != nil || json.Unmarshal(payload, &p) != nil || p.Verb != chatops.Promote || p.By.ID == "" || p.SHA == "" {
			continue
		}
		c.By = p.By
		r.remarks = append(r.remarks, remark{Comment: c, addressed: true, command: chatops.Command{Verb: p.Verb, Commit: p.SHA}})
	}
	slices.SortStableFunc(r.remarks, func(a, b remark) int { return int(a.ID - b.ID) })
}

// offers tells whether a button to promote would do something: where it is somebody's word that is missing.
func (s State) offers(r Request) bool {
	return s.Marker != nil && s.Current != nil && s.Current.Number == r.Number && s.whenNext() == OnPromote && s.Turn.Paused == 0 && s.stopped() == stop{} && !promotes(s.orders(r))
}

// restated forgets that somebody asked for a check to be stated again, once it has been.
func (c *Conductor) restated(set SetCheck) {
	if set.Check.Anew && set.SHA == c.anew {
		c.anew = ""
	}
}
