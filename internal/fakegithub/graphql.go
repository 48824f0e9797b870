package fakegithub

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

// operation finds what a document asks for: these documents ask for one thing each.
var operation = regexp.MustCompile(`\{\s*([A-Za-z]+)`)

// trouble is an error in an answer whose status is nevertheless 200.
type trouble struct{ kind, message string }

// graphql knows the documents that the bot sends: the first field decides, and everything else is in the variables.
func (c *call) graphql() (int, any) {
	var in struct {
		Query     string
		Variables struct {
			IDs    []string
			Branch string
			Input  json.RawMessage
		}
	}
	if !c.read(&in) {
		return fail(http.StatusBadRequest, "Problems parsing JSON")
	}
	found := operation.FindStringSubmatch(in.Query)
	if found == nil {
		return http.StatusOK, obj{"errors": []any{obj{"message": "A query attribute must be specified and must be a string."}}}
	}
	var data any
	var t *trouble
	switch name := found[1]; name {
	case "viewer":
		data = obj{"viewer": obj{"databaseId": c.who.user.id, "login": c.who.user.login}}
	case "repository":
		data, t = c.mergeQueue(in.Variables.Branch)
	case "nodes":
		data = c.nodes(in.Variables.IDs)
	case "createCommitOnBranch":
		data, t = c.commitOnBranch(in.Variables.Input)
	case "convertPullRequestToDraft", "markPullRequestReadyForReview", "enablePullRequestAutoMerge":
		data, t = c.changePull(name, in.Variables.Input)
	default:
		t = &trouble{"undefinedField", fmt.Sprintf("Field '%s' doesn't exist", name)}
	}
	if t != nil {
		return http.StatusOK, obj{"data": obj{found[1]: nil}, "errors": []any{obj{"type": t.kind, "path": []string{found[1]}, "message": t.message}}}
	}
	return http.StatusOK, obj{"data": data}
}

func (c *call) nodes(ids []string) any {
	list := make([]any, len(ids))
	for i, id := range ids {
		n, _ := strconv.ParseInt(strings.TrimPrefix(id, "IC_"), 10, 64)
		if _, m := c.commentBy(n); m != nil {
			list[i] = obj{"databaseId": m.id, "lastEditedAt": stamp(m.edited)}
		}
	}
	return obj{"nodes": list}
}

// mergeQueue tells what is in the queue of a branch. A bot's name comes without its ending here.
func (c *call) mergeQueue(branch string) (any, *trouble) {
	if c.who.blind {
		return nil, &trouble{"FORBIDDEN", "Resource not accessible by integration"}
	}
	if branch != "main" || !c.rules.Queue {
		return obj{"repository": obj{"mergeQueue": nil}}, nil
	}
	nodes := each(c.queue, func(w *waiting) any {
		kind := "User"
		if w.by.bot {
			kind = "Bot"
		}
		return obj{"headCommit": obj{"oid": w.sha}, "pullRequest": obj{"number": w.pull.number},
			"enqueuer": obj{"__typename": kind, "login": strings.TrimSuffix(w.by.login, "[bot]"), "databaseId": w.by.id}}
	})
	return obj{"repository": obj{"mergeQueue": obj{"entries": obj{"nodes": nodes}}}}, nil
}

// commitOnBranch compares and swaps the head, signs, and writes every file as a regular one.
func (c *call) commitOnBranch(input json.RawMessage) (any, *trouble) {
	var in struct {
		Branch struct {
			Repository string `json:"repositoryNameWithOwner"`
			Name       string `json:"branchName"`
		}
		Expected string `json:"expectedHeadOid"`
		Message  struct{ Headline, Body string }
		Changes  struct {
			Additions []struct{ Path, Contents string }
			Deletions []struct{ Path string }
		} `json:"fileChanges"`
	}
	if err := json.Unmarshal(input, &in); err != nil || in.Expected == "" || in.Message.Headline == "" {
		return nil, &trouble{"INVALID", "Variable $input was provided invalid value"}
	}
	if c.denied() {
		return nil, &trouble{"FORBIDDEN", "Resource not accessible by integration"}
	}
	was := c.head(in.Branch.Name)
	switch {
	case in.Branch.Repository != c.owner+"/"+c.name || was == "":
		return nil, &trouble{"NOT_FOUND", "Could not resolve to a branch with the name '" + in.Branch.Name + "'."}
	case was != in.Expected:
		return nil, &trouble{"STALE_DATA", fmt.Sprintf("Expected branch to point to %q but it did not. Pull and try again.", in.Expected)}
	}
	var entries []entry
	for _, a := range in.Changes.Additions {
		content, err := base64.StdEncoding.DecodeString(a.Contents)
		if err != nil {
			return nil, &trouble{"UNPROCESSABLE", "contents is not valid Base64"}
		}
		blob, err := c.writeBlob(content)
		if err != nil {
			return nil, &trouble{"INTERNAL", err.Error()}
		}
		entries = append(entries, entry{"100644", blob, a.Path})
	}
	for _, d := range in.Changes.Deletions {
		entries = append(entries, entry{path: d.Path})
	}
	root, err := c.writeTree(was, entries)
	if err != nil {
		return nil, &trouble{"UNPROCESSABLE", "A path was invalid."}
	}
	sha, err := c.commitTree(root, []string{was}, signature(c.who.user, c.clock()), withBody(in.Message.Headline, in.Message.Body), c.clock())
	if err == nil {
		_, err = c.git("update-ref", "refs/heads/"+in.Branch.Name, sha, was)
	}
	if err != nil {
		return nil, &trouble{"STALE_DATA", "The branch moved."}
	}
	c.settle(c.who.user)
	return obj{"createCommitOnBranch": obj{"commit": obj{"oid": sha}}}, nil
}

// changePull is what REST cannot do to one.
func (c *call) changePull(name string, input json.RawMessage) (any, *trouble) {
	var in struct {
		ID       string `json:"pullRequestId"`
		Expected string `json:"expectedHeadOid"`
	}
	_ = json.Unmarshal(input, &in)
	n, _ := strconv.Atoi(strings.TrimPrefix(in.ID, "PR_"))
	switch {
	case n < 1 || n > len(c.pulls):
		return nil, &trouble{"NOT_FOUND", "Could not resolve to a node with the global id of '" + in.ID + "'"}
	case c.denied():
		return nil, &trouble{"FORBIDDEN", "Resource not accessible by integration"}
	}
	p := c.pulls[n-1]
	switch {
	case !p.open:
		return nil, &trouble{"UNPROCESSABLE", "Pull request is closed."}
	case name == "enablePullRequestAutoMerge":
		switch {
		case in.Expected != "" && in.Expected != p.head:
			return nil, &trouble{"UNPROCESSABLE", "Head sha does not match the expected head."}
		case p.place != nil:
			return nil, &trouble{"UNPROCESSABLE", "Pull request is already in the queue"}
		case p.draft:
			return nil, &trouble{"UNPROCESSABLE", "Pull request is a draft"}
		case c.wanting(p) != "":
			p.auto = c.who.user
		case !c.rules.Queue || p.target != "main":
			return nil, &trouble{"UNPROCESSABLE", "Pull request Pull request is in clean status"}
		default:
			c.enqueue(p, c.who.user)
		}
		return obj{name: obj{"clientMutationId": nil}}, nil
	}
	p.draft, p.updated = name == "convertPullRequestToDraft", c.clock()
	return obj{name: obj{"pullRequest": obj{"isDraft": p.draft}}}, nil
}
