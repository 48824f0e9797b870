package github

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/linnet-bot/linnet/pkg/forge"
)

var _ forge.MergeQueue = (*Forge)(nil)

// queuePrefix begins the branches that GitHub's merge queue makes, one for each entry that it tries out: gh-readonly-queue/main/pr-7-<sha>.
const queuePrefix = "gh-readonly-queue/"

// groupWalk is how many commits a trial is followed down: a queue of a hundred entries, each a commit or, with the method rebase, a few.
const groupWalk = 500

// MergeGroups implements forge.MergeQueue. Git's list of branches tells for nothing whether there are any. Since whoever may push may push a branch of such
// a name, GitHub is asked which are its own: a check that the bot sets green on a commit of somebody's choice would be good for that commit elsewhere, too.
func (f *Forge) MergeGroups(ctx context.Context, target string) ([]forge.MergeGroup, error) {
	heads, err := f.git.Heads(ctx, "") // target and trials at one moment
	if err != nil {
		return nil, err
	}
	tip := ""
	trials := map[string]bool{}
	for _, b := range heads {
		if b.Name == target {
			tip = b.Head
		}
		if strings.HasPrefix(b.Name, queuePrefix+target+"/") {
			trials[b.Head] = true
		}
	}
	if len(trials) == 0 {
		return nil, nil
	}
	queue, err := f.queueOf(ctx, target)
	if err != nil {
		return nil, err
	}
	numbers := map[string]int{} // by head
	for _, e := range queue {
		if trials[e.head] && e.head != tip {
			numbers[e.head] = e.number
		}
	}
	var groups []forge.MergeGroup
	for head := range numbers {
		g, err := f.groupAt(ctx, head, tip, numbers)
		if err != nil {
			return nil, err
		}
		groups = append(groups, g)
	}
	slices.SortFunc(groups, func(a, b forge.MergeGroup) int {
		if n := len(a.Requests) - len(b.Requests); n != 0 {
			return n
		}
		return strings.Compare(a.Head, b.Head)
	})
	return groups, nil
}

// groupAt follows a trial down to the tip. The commit in the name of its branch is not promised to be anything.
func (f *Forge) groupAt(ctx context.Context, head, tip string, numbers map[string]int) (forge.MergeGroup, error) {
	g := forge.MergeGroup{Head: head, Requests: []int{numbers[head]}}
	at := head
	for range groupWalk {
		parent, err := f.git.FirstParent(ctx, at)
		if err != nil && !errors.Is(err, forge.ErrNotFound) {
			return g, err
		}
		if parent == tip {
			g.Base = tip
		}
		if parent == "" || parent == tip {
			break
		}
		if ahead, ok := numbers[parent]; ok {
			g.Requests = append(g.Requests, ahead)
		}
		at = parent
	}
	slices.Reverse(g.Requests)
	return g, nil
}

// queued is an entry of the merge queue.
type queued struct {
	number int
	head   string // "" while it has not been tried out
	by     forge.User
}

// queueOf reads the merge queue of a branch, the foremost first; it is empty where there is none.
func (f *Forge) queueOf(ctx context.Context, target string) ([]queued, error) {
	var answer struct {
		Repository struct {
			Queue *struct {
				Entries struct {
					Nodes []struct {
						Head *struct {
							OID string `json:"oid"`
						} `json:"headCommit"`
						Pull *struct {
							Number int `json:"number"`
						} `json:"pullRequest"`
						Enqueuer *struct {
							Kind       string `json:"__typename"`
							Login      string `json:"login"`
							DatabaseID int64  `json:"databaseId"`
						} `json:"enqueuer"`
					} `json:"nodes"`
				} `json:"entries"`
			} `json:"mergeQueue"`
		} `json:"repository"`
	}
	_, err := f.query(ctx, "query($owner: String!, $name: String!, $branch: String!) { repository(owner: $owner, name: $name) { mergeQueue(branch: $branch) { entries(first: 100) { "+
		"nodes { headCommit { oid } pullRequest { number } enqueuer { __typename login ... on User { databaseId } ... on Bot { databaseId } } } } } } }",
		map[string]any{"owner": f.owner, "name": f.repo, "branch": target}, &answer)
	if errors.Is(err, forge.ErrForbidden) {
		return nil, fmt.Errorf("%w: the App needs the permission \"Merge queues: read\"", f.explain("read the merge queue of "+target, err))
	}
	if err != nil {
		return nil, f.explain("read the merge queue of "+target, err)
	}
	if answer.Repository.Queue == nil {
		return nil, nil
	}
	var list []queued
	for _, n := range answer.Repository.Queue.Entries.Nodes {
		if n.Pull == nil {
			continue
		}
		e := queued{number: n.Pull.Number}
		if n.Head != nil {
			e.head = n.Head.OID
		}
		if by := n.Enqueuer; by != nil {
			e.by = forge.User{ID: strconv.FormatInt(by.DatabaseID, 10), Name: by.Login, Bot: by.Kind == "Bot"}
			if e.by.Bot && !strings.HasSuffix(e.by.Name, "[bot]") {
				e.by.Name += "[bot]" // which GraphQL leaves out
			}
		}
		list = append(list, e)
	}
	return list, nil
}

// readLater finds out whether the queue holds it; the pull request itself tells of auto-merge only. It stays unknown to an App that may not read queues.
func (f *Forge) readLater(ctx context.Context, s *seen) error {
	queue, err := f.queueOf(ctx, s.Target)
	if errors.Is(err, forge.ErrForbidden) {
		return nil
	}
	for _, e := range queue {
		if e.number == s.Number {
			s.Later = &forge.Later{By: e.by, Queue: true}
		}
	}
	return err
}
