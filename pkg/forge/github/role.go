package github

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	gh "github.com/google/go-github/v60/github"

	"github.com/linnet-bot/linnet/pkg/forge"
)

var _ forge.Roles = (*Forge)(nil)

// Role implements forge.Roles by the user's name, and believes the answer only when it is about the user's ID: names are given anew. A role that an
// organisation has made for itself counts as the one that it is built on, as far as GitHub tells that: triage as read, and maintain as write. The client library
// does not know role_name.
func (f *Forge) Role(ctx context.Context, u forge.User) (string, error) {
	if u.ID == "" || u.Name == "" {
		return "", nil // nobody whom GitHub knows
	}
	tried := "ask for the role of " + u.Name
	ask, err := f.rest.NewRequest(http.MethodGet, "repos/"+f.owner+"/"+f.repo+"/collaborators/"+url.PathEscape(u.Name)+"/permission", nil)
	if err != nil {
		return "", f.explain(tried, err)
	}
	var answer struct {
		Permission string  `json:"permission"`
		RoleName   string  `json:"role_name"`
		User       gh.User `json:"user"`
	}
	if _, err := f.rest.Do(ctx, ask, &answer); err != nil {
		if _, nobody := answered(err, http.StatusNotFound); nobody {
			return "", nil
		}
		return "", f.explain(tried, err)
	}
	if strconv.FormatInt(answer.User.GetID(), 10) != u.ID {
		return "", nil
	}
	for _, word := range []string{answer.RoleName, answer.Permission} {
		if slices.Contains([]string{"read", "triage", "write", "maintain", "admin"}, word) {
			return word, nil
		}
	}
	return "", nil
}
