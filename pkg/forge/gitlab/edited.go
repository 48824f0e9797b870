package gitlab

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	gl "github.com/xanzy/go-gitlab"

	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/forge/transport"
)

// editQuery asks who edited the notes of a merge request last, which is nobody for those that never were. The time of the last edit is that of the last change
// where there was no edit, so that alone it says little.
const editQuery = "query($project: ID!, $iid: String!, $after: String) { project(fullPath: $project) { mergeRequest(iid: $iid) { " +
	"notes(first: 100, after: $after) { pageInfo { hasNextPage endCursor } nodes { id body updatedAt lastEditedAt lastEditedBy { id } } } } } }"

// edit is what GraphQL knows of a note. Its times are whole seconds.
type edit struct {
	body    string
	changed time.Time
	edited  time.Time // zero where it never was
}

// of tells whether this is about the note as it was listed: GitLab may answer from a copy of its database that lags.
func (e edit) of(n *gl.Note) bool {
	return e.body == n.Body && !e.changed.Before(at(n.UpdatedAt).Truncate(time.Second))
}

// edits tells of the notes of a merge request by their ids. known is false where this GitLab does not tell.
func (f *Forge) edits(ctx context.Context, number int) (edits map[int]edit, known bool, err error) {
	edits = map[int]edit{}
	tried := fmt.Sprintf("ask which comments of merge request !%d were edited", number)
	for after := (*string)(nil); ; {
		var answer struct {
			Data struct {
				Project *struct {
					Request *struct {
						Notes struct {
							Page struct {
								More bool   `json:"hasNextPage"`
								End  string `json:"endCursor"`
							} `json:"pageInfo"`
							Nodes []struct {
								ID      string    `json:"id"` // gid://gitlab/Note/7
								Body    string    `json:"body"`
								Changed time.Time `json:"updatedAt"`
								At      time.Time `json:"lastEditedAt"`
								By      *struct {
									ID string `json:"id"`
								} `json:"lastEditedBy"`
							} `json:"nodes"`
						} `json:"notes"`
					} `json:"mergeRequest"`
				} `json:"project"`
			} `json:"data"`
			Errors []struct {
				Message string `json:"message"`
			} `json:"errors"`
		}
		err := f.query(ctx, tried, editQuery, map[string]any{"project": f.o.Project, "iid": strconv.Itoa(number), "after": after}, &answer)
		if errors.Is(err, forge.ErrNotFound) || errors.Is(err, forge.ErrForbidden) {
			return nil, false, nil // there is no GraphQL on the way to this GitLab
		}
		if err != nil {
			return nil, false, err
		}
		for _, e := range answer.Errors {
			if strings.Contains(e.Message, "doesn't exist") {
				return nil, false, nil
			}
			return nil, false, fmt.Errorf("GitLab project %s: %s: GitLab says %q", f.o.Project, tried, e.Message)
		}
		if answer.Data.Project == nil || answer.Data.Project.Request == nil {
			return nil, false, fmt.Errorf("GitLab project %s: %s: %w, or the token does not show it", f.o.Project, tried, forge.ErrNotFound)
		}
		notes := answer.Data.Project.Request.Notes
		for _, n := range notes.Nodes {
			id, err := strconv.Atoi(n.ID[strings.LastIndex(n.ID, "/")+1:])
			if err != nil {
				continue // what GitLab shows among the comments and makes of other things, such as changes of labels, has no number
			}
			e := edit{body: n.Body, changed: n.Changed}
			if n.By != nil || !n.At.IsZero() && n.At.Before(n.Changed) { // who it was may be somebody who is not shown
				e.edited = n.At
			}
			edits[id] = e
		}
		if !notes.Page.More {
			return edits, true, nil
		}
		after = &notes.Page.End
	}
}

// query asks GraphQL, which lies beside the REST API.
func (f *Forge) query(ctx context.Context, tried, text string, variables map[string]any, into any) error {
	body, err := json.Marshal(map[string]any{"query": text, "variables": variables})
	if err != nil {
		return err
	}
	ask, err := http.NewRequestWithContext(transport.ReadOnly(ctx), http.MethodPost, strings.TrimSuffix(f.o.URL, "/")+"/api/graphql", bytes.NewReader(body))
	if err != nil {
		return err
	}
	ask.Header.Set("Content-Type", "application/json")
	ask.Header.Set("Accept", "application/json")
	response, err := f.o.Client.Do(ask)
	if err != nil {
		return f.failed(ctx, tried, nil, err)
	}
	defer func() { _ = response.Body.Close() }()
	said, err := io.ReadAll(response.Body)
	if err != nil {
		return f.failed(ctx, tried, nil, err)
	}
	if response.StatusCode != http.StatusOK {
		return f.failed(ctx, tried, &gl.Response{Response: response}, fmt.Errorf("%s", said))
	}
	if err := json.Unmarshal(said, into); err != nil {
		return f.failed(ctx, tried, nil, err)
	}
	return nil
}
