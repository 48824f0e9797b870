package emulated_test

import (
	"flag"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/internal/emulated"
	"github.com/linnet-bot/linnet/pkg/forge/forgetest"
)

// lacks are the rows of forgetest that emulate cannot hold, and why: what it does not have, or does unlike GitHub. client_test.go has what is left of some.
var lacks = map[string]string{
	// It lacks GraphQL, in which alone drafts are toggled.
	"An update changes what it names and is idempotent":           "does not know GraphQL, which alone toggles drafts",
	"A draft is not merged":                                       "does not know GraphQL, which alone toggles drafts",
	"A draft that lacks other things too is blocked with reasons": "does not know GraphQL, which alone toggles drafts",
	"Only the reviewed head is merged":                            "does not know GraphQL, which alone toggles drafts",
	"An edit is visible for ever":                                 "does not know GraphQL, which alone tells of an edit in the second of the comment",

	"A deleted comment is gone":                         "does not know reactions",
	"Reactions are idempotent and each user's own":      "does not know reactions",
	"One user's check says nothing for another":         "does not know commit statuses, by which people say theirs",
	"A forged green check does not let a merge through": "does not know commit statuses, by which people say theirs",

	"A check is replaced, not repeated, and an equal one changes nothing": "does not tell which App has made a check run",

	"Without a branch or a change none is opened":                         "makes a branch that a pull request lacks, and opens one without a change",
	"Of two bots that open one, one wins and the other learns the number": "opens any number of pull requests for the same branches",

	"The head follows a person's push":                  "leaves the head of a pull request where it was when it was opened",
	"A push voids the approvals":                        "leaves the head of a pull request where it was when it was opened",
	"A required check must be green on the head":        "leaves the head of a pull request where it was when it was opened",
	"A squash is one commit on the target":              "leaves the head of a pull request where it was when it was opened",
	"A rebase makes each commit again":                  "leaves the head of a pull request where it was when it was opened",
	"What a person merges and pushes by hand is merged": "does not notice that the commits of a pull request have come to its target",

	"The pulse changes with what people do to merge requests":           "does not know GraphQL, which alone toggles drafts",
	"What happens at the same moment as the pulse changes the next one": "leaves the time of a pull request where it was when somebody comments",

	"Everything the merge does not touch keeps its bytes and mode": "does not merge: the target gets the files of the source as it was, and loses what came since",
	"Two merge requests merged at once are both in":                "does not merge: the target gets the files of the source as it was, and loses what came since",
	"Changes far apart in one file merge as git merges them":       "does not merge: the target gets the files of the source as it was, and loses what came since",
	"A conflict is refused and changes nothing":                    "does not merge, and so knows no conflict",
}

func TestTheContract(t *testing.T) {
	var waited atomic.Int64
	host := emulated.Start(t, func() time.Time { return time.Now().Add(time.Duration(waited.Load())) })
	var mu sync.Mutex
	left := map[string]bool{}
	for row := range lacks {
		left[strings.ReplaceAll(row, " ", "_")] = true
	}
	t.Run("forgetest", func(t *testing.T) {
		forgetest.Run(t, func(t *testing.T) forgetest.Fixture {
			row := t.Name()[strings.LastIndex(t.Name(), "/")+1:]
			mu.Lock()
			delete(left, row)
			mu.Unlock()
			if why := lacks[strings.ReplaceAll(row, "_", " ")]; why != "" {
				t.Skip("emulate " + why)
			}
			p := host.Project(t)
			f := forgetest.Fixture{Bot: p.Bot(t), SecondBot: p.Bot(t), Person: p.Person(t, "ann"), SecondPerson: p.Person(t, "bob"),
				Remote: p.Remote(), GitEnv: emulated.GitEnv("pat")}
			f.Wait = func(d time.Duration) { waited.Add(int64(d)) }
			f.RequireApprovals = func(t *testing.T, n int) { p.Protect(t, n) }
			f.RequireCheck = func(t *testing.T, name string) { p.Protect(t, 0, name) }
			return f
		})
	})
	if flag.Lookup("test.run").Value.String() != "" {
		return // it may have left out more
	}
	for row := range left {
		t.Errorf("forgetest has no row %s to leave out", row)
	}
}
