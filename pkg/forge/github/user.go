package github

import (
	"context"
	"strconv"
	"strings"

	gh "github.com/google/go-github/v60/github"

	"github.com/linnet-bot/linnet/pkg/forge"
)

// Me implements forge.Forge. The REST interface does not tell an App's installation who it is; GraphQL tells both kinds.
func (f *Forge) Me(ctx context.Context) (forge.User, error) {
	f.mu.Lock()
	me := f.me
	f.mu.Unlock()
	if me.ID != "" {
		return me, nil
	}
	var answer struct {
		Viewer struct {
			DatabaseID int64  `json:"databaseId"`
			Login      string `json:"login"`
		} `json:"viewer"`
	}
	if _, err := f.query(ctx, "query { viewer { databaseId login } }", nil, &answer); err != nil {
		return forge.User{}, f.explain("ask who these credentials are", err)
	}
	me = forge.User{ID: strconv.FormatInt(answer.Viewer.DatabaseID, 10), Name: answer.Viewer.Login, Bot: f.app != 0 || strings.HasSuffix(answer.Viewer.Login, "[bot]")}
	f.mu.Lock()
	f.me = me
	f.mu.Unlock()
	return me, nil
}

// userOf is the user of an answer; one who was deleted is nobody.
func userOf(u *gh.User) forge.User {
	if u == nil {
		return forge.User{}
	}
	return forge.User{ID: strconv.FormatInt(u.GetID(), 10), Name: u.GetLogin(), Bot: u.GetType() == "Bot"}
}
