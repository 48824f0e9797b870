package conductor

import (
	"strings"
	"time"

	"github.com/linnet-bot/linnet/pkg/forge"
)

// detailEvery is how long a note, or the title of a check, stays as it is while only its details change. Forges count what is written to them, and a cluster
// that takes in a merge changes from look to look. What people have to know is written at once.
const detailEvery = 5 * time.Minute

// What is in the way outside the cluster begins so.
const (
	theForge    = "The forge: "
	theQueue    = "The merge queue: "
	theCalendar = "The calendar: "
)

// gist is what a note says without its details: the gate, what in the cluster is in its way, and why it is not green.
func gist(note string) string {
	note, _, _ = strings.Cut(note, "```")
	var kept []string
	blocks := false
	for line := range strings.Lines(note) {
		if strings.HasPrefix(line, "**") {
			blocks = strings.HasPrefix(line, "**In the way**")
		}
		if blocks && !strings.Contains(line, theForge) && !strings.Contains(line, theQueue) && !strings.Contains(line, theCalendar) {
			continue
		}
		if strings.HasPrefix(line, "**Healthy**") {
			line, _, _ = strings.Cut(line, ":") // yes, no, not yet, not known
		}
		kept = append(kept, line)
	}
	return strings.Join(kept, "")
}

// saysGreen is what the title of a check says beside its state: whether the gate is green and soaks.
func saysGreen(title string) bool { return strings.HasPrefix(title, "green") }

// stale tells whether what was written at a moment is to be brought up to date in its details. What the forge calls later than now was written just now.
func (s State) stale(written time.Time) bool { return s.Now.Sub(written) >= detailEvery }

// noteWritten is when the bot's note of this name was written last.
func (s State) noteWritten(r Request, name string) time.Time {
	for _, c := range r.Comments {
		if got, ok := forge.NoteName(c.Body); ok && got == name && c.By.ID == s.Me.ID {
			if c.Edited.After(c.Created) {
				return c.Edited
			}
			return c.Created
		}
	}
	return time.Time{}
}
