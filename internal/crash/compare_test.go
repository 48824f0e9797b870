package crash

import (
	"encoding/base64"
	"encoding/json"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/store"
)

// essence is what a world says, ready to be held against what another one says. Two things are taken out, and nothing else:
//
//   - the order of audit rows, and with it their hashes: a state that was seen between two effects only because a process died there tells of the one before
//     the other, where the undisturbed process saw both at once. That the chain holds is asked apart;
//   - since when a gate has been green, in the sealed clock of a note: a soak is known to the process and to the note of the open merge request, and
//     starts anew where both are lost. It comes back apart, to be held against the other.
func essence(says []string) (rows []string, green []time.Time) {
	for _, row := range says {
		if entry, ok := strings.CutPrefix(row, "history.db audit "); ok {
			row = "history.db audit " + unchained(entry)
		}
		rows = append(rows, seal.ReplaceAllStringFunc(row, func(marker string) string {
			var clock struct {
				Merge string           `json:"merge"`
				Soak  checks.SoakClock `json:"soak"`
			}
			payload, err := base64.StdEncoding.DecodeString(seal.FindStringSubmatch(marker)[1])
			if err != nil || json.Unmarshal(payload, &clock) != nil {
				return marker
			}
			green = append(green, clock.Soak.GreenSince)
			return "<clock of " + clock.Merge + " at " + clock.Soak.LastSample.Format(time.RFC3339) + ">"
		}))
	}
	slices.Sort(rows)
	return rows, green
}

var seal = regexp.MustCompile(`<!-- linnet:state v1 (\S+) \S+ -->`)

// unchained is the entry of an audit row without its place in the chain.
func unchained(row string) string {
	var columns []any
	var entry map[string]any
	if json.Unmarshal([]byte(row), &columns) != nil || len(columns) < 2 {
		return row
	}
	text, _ := columns[1].(string)
	if json.Unmarshal([]byte(text), &entry) != nil {
		return row
	}
	delete(entry, "seq")
	delete(entry, "prev")
	again, err := json.Marshal(entry)
	if err != nil {
		return row
	}
	return string(again)
}

// wantSame holds a world against what it said undisturbed, and tells whether a soak began anew. None may have become longer, and the audit must be whole.
func wantSame(t *testing.T, how string, undisturbed []string, world string) (restarted bool) {
	t.Helper()
	want, since := essence(undisturbed)
	got, gotSince := essence(mustSay(t, world))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: the world is another in the end (-undisturbed +killed):\n%s", how, diff)
		return false
	}
	for i, was := range since {
		restarted = restarted || !gotSince[i].Equal(was)
		if gotSince[i].Before(was) {
			t.Errorf("%s: a gate that has been green since %s counts as green since %s", how, was, gotSince[i])
		}
	}
	history, err := store.Read(t.Context(), filepath.Join(world, "history.db"))
	if err != nil {
		t.Errorf("%s: %v", how, err)
		return restarted
	}
	defer func() { _ = history.Close() }()
	if chain, err := history.Verify(t.Context(), []byte(stateKey), ""); err != nil || !chain.Proved {
		t.Errorf("%s: the audit is broken: %v", how, err)
	}
	return restarted
}
