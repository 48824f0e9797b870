package github

import (
	"context"
	"time"

	gh "github.com/google/go-github/v60/github"

	"github.com/linnet-bot/linnet/pkg/forge"
)

// firstSecond finds edits that the times of a comment hide: REST tells them in whole seconds, so that an edit in the second of its creation
// leaves both the same, and somebody with write access could put a command into another's mouth unseen. GraphQL tells whether a comment was
// ever edited. Once that second is over its answer holds for ever, since any later edit moves the time; only then is it kept.
func (f *Forge) firstSecond(ctx context.Context, raw []*gh.IssueComment, list []forge.Comment) error {
	var unsure []string
	f.mu.Lock()
	for i, c := range raw {
		if !list[i].Edited.IsZero() {
			continue
		}
		at, known := f.edited[c.GetID()]
		_, mine := f.mine[c.GetID()]
		switch {
		case known:
			list[i].Edited = at
		case mine && !f.now().After(list[i].Created.Add(2*time.Second)): // nobody takes what the bot says for a command: it is asked for later, if it is not edited before
		default:
			unsure = append(unsure, c.GetNodeID())
		}
	}
	f.mu.Unlock()
	for len(unsure) > 0 {
		part := unsure[:min(len(unsure), perPage)]
		unsure = unsure[len(part):]
		var answer struct {
			Nodes []struct {
				ID     int64      `json:"databaseId"`
				Edited *time.Time `json:"lastEditedAt"`
			} `json:"nodes"`
		}
		at, err := f.query(ctx, "query($ids: [ID!]!) { nodes(ids: $ids) { ... on IssueComment { databaseId lastEditedAt } } }", map[string]any{"ids": part}, &answer)
		if err != nil && !saidByGraphQL(err, "NOT_FOUND") { // one was deleted meanwhile; the others are answered
			return err
		}
		f.mu.Lock()
		for _, n := range answer.Nodes {
			for i := range list {
				if list[i].ID != n.ID {
					continue
				}
				if n.Edited != nil {
					list[i].Edited = *n.Edited
				}
				if at.After(list[i].Created.Truncate(time.Second).Add(time.Second)) {
					f.edited[n.ID] = list[i].Edited
				}
			}
		}
		f.mu.Unlock()
	}
	return nil
}
