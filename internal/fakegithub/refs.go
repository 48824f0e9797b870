package fakegithub

import (
	"encoding/base64"
	"net/http"
	"strings"
)

func (c *call) ref(name, sha string) any {
	return obj{"ref": name, "node_id": "REF_" + name, "url": c.at("git/%s", name), "object": obj{"type": "commit", "sha": sha, "url": c.at("git/commits/%s", sha)}}
}

func (c *call) getRef() (int, any) {
	name, ok := strings.CutPrefix(c.r.PathValue("ref"), "heads/")
	sha := c.head(name)
	if !ok || sha == "" {
		return missing()
	}
	return http.StatusOK, c.ref("refs/heads/"+name, sha)
}

func (c *call) createRef() (int, any) {
	var in struct{ Ref, SHA string }
	if !c.read(&in) || !strings.HasPrefix(in.Ref, "refs/heads/") {
		return fail(http.StatusUnprocessableEntity, "Reference name must start with 'refs/heads'")
	}
	if c.denied() {
		return forbidden()
	}
	name := strings.TrimPrefix(in.Ref, "refs/heads/")
	if c.head(name) != "" {
		return fail(http.StatusUnprocessableEntity, "Reference already exists")
	}
	if !c.isCommit(in.SHA) {
		return fail(http.StatusUnprocessableEntity, "Object does not exist")
	}
	if _, err := c.git("update-ref", in.Ref, in.SHA, strings.Repeat("0", 40)); err != nil {
		return fail(http.StatusUnprocessableEntity, "Reference update failed")
	}
	return http.StatusCreated, c.ref(in.Ref, in.SHA)
}

func (c *call) updateRef() (int, any) {
	var in struct {
		SHA   string
		Force bool
	}
	name, ok := strings.CutPrefix(c.r.PathValue("ref"), "heads/")
	if !ok || !c.read(&in) {
		return missing()
	}
	if c.denied() {
		return forbidden()
	}
	was := c.head(name)
	switch {
	case was == "":
		return fail(http.StatusUnprocessableEntity, "Reference does not exist")
	case !c.isCommit(in.SHA):
		return fail(http.StatusUnprocessableEntity, "Object does not exist")
	case !in.Force && !c.isAncestor(was, in.SHA):
		return fail(http.StatusUnprocessableEntity, "Update is not a fast forward")
	}
	if _, err := c.git("update-ref", "refs/heads/"+name, in.SHA, was); err != nil {
		return fail(http.StatusUnprocessableEntity, "Reference update failed")
	}
	c.settle(c.who.user)
	return http.StatusOK, c.ref("refs/heads/"+name, in.SHA)
}

// deleteRef deletes wherever it points, and GitHub closes the pull requests from and onto it.
func (c *call) deleteRef() (int, any) {
	name, ok := strings.CutPrefix(c.r.PathValue("ref"), "heads/")
	if c.denied() {
		return forbidden()
	}
	switch {
	case !ok || c.head(name) == "":
		return fail(http.StatusUnprocessableEntity, "Reference does not exist")
	case name == "main":
		return fail(http.StatusUnprocessableEntity, "Cannot delete the default branch")
	}
	if _, err := c.git("update-ref", "-d", "refs/heads/"+name); err != nil {
		return fail(http.StatusUnprocessableEntity, "Reference update failed")
	}
	c.settle(c.who.user)
	return http.StatusNoContent, nil
}

func (c *call) createBlob() (int, any) {
	var in struct{ Content, Encoding string }
	if !c.read(&in) {
		return fail(http.StatusBadRequest, "Problems parsing JSON")
	}
	if c.denied() {
		return forbidden()
	}
	content := []byte(in.Content)
	if in.Encoding == "base64" {
		var err error
		if content, err = base64.StdEncoding.DecodeString(in.Content); err != nil {
			return fail(http.StatusUnprocessableEntity, "content is not valid Base64")
		}
	}
	sha, err := c.writeBlob(content)
	if err != nil {
		return fail(http.StatusInternalServerError, err.Error())
	}
	return http.StatusCreated, obj{"sha": sha, "url": c.at("git/blobs/%s", sha)}
}

func (c *call) createTree() (int, any) {
	var in struct {
		Base string `json:"base_tree"`
		Tree []struct {
			Path, Mode, Type string
			SHA, Content     *string
		}
	}
	if !c.read(&in) {
		return fail(http.StatusBadRequest, "Problems parsing JSON")
	}
	if c.denied() {
		return forbidden()
	}
	var entries []entry
	for _, e := range in.Tree {
		made := entry{mode: e.Mode, path: e.Path}
		switch {
		case e.SHA != nil:
			made.sha = *e.SHA
		case e.Content != nil:
			made.sha, _ = c.writeBlob([]byte(*e.Content))
		default: // to be deleted
			if _, err := c.git("rev-parse", "-q", "--verify", in.Base+":"+e.Path); err != nil {
				return fail(http.StatusUnprocessableEntity, "GitRPC::BadObjectState")
			}
		}
		entries = append(entries, made)
	}
	sha, err := c.writeTree(in.Base, entries)
	if err != nil {
		return fail(http.StatusUnprocessableEntity, "tree.path is invalid")
	}
	return http.StatusCreated, obj{"sha": sha, "url": c.at("git/trees/%s", sha), "tree": []any{}, "truncated": false}
}

func (c *call) createCommit() (int, any) {
	var in struct {
		Message, Tree string
		Parents       []string
		Author        *obj
	}
	if !c.read(&in) {
		return fail(http.StatusBadRequest, "Problems parsing JSON")
	}
	if c.denied() {
		return forbidden()
	}
	if kind, err := c.git("cat-file", "-t", in.Tree); err != nil || kind != "tree" {
		return fail(http.StatusUnprocessableEntity, "Tree SHA does not exist")
	}
	for _, p := range in.Parents {
		if !c.isCommit(p) {
			return fail(http.StatusUnprocessableEntity, "Parent SHA does not exist or is not a commit object")
		}
	}
	sha, err := c.commitTree(in.Tree, in.Parents, signature(c.who.user, c.clock()), in.Message, c.clock())
	if err != nil {
		return fail(http.StatusInternalServerError, err.Error())
	}
	return http.StatusCreated, c.gitCommit(sha, in.Message, in.Tree, in.Parents, in.Author == nil && c.who.app != nil)
}

// gitCommit is a commit as Git's part of the interface tells it. GitHub signs for an App where the request names no author.
func (c *call) gitCommit(sha, message, root string, parents []string, verified bool) any {
	who := obj{"name": c.who.user.login, "email": "noreply@github.com", "date": stamp(c.clock())}
	list := []any{}
	for _, p := range parents {
		list = append(list, obj{"sha": p, "url": c.at("git/commits/%s", p), "html_url": c.web("commit/%s", p)})
	}
	reason := "unsigned"
	if verified {
		reason = "valid"
	}
	return obj{"sha": sha, "node_id": "C_" + sha, "url": c.at("git/commits/%s", sha), "html_url": c.web("commit/%s", sha), "author": who, "committer": who,
		"message": message, "tree": obj{"sha": root, "url": c.at("git/trees/%s", root)}, "parents": list,
		"verification": obj{"verified": verified, "reason": reason, "signature": nil, "payload": nil, "verified_at": nil}}
}

func (c *call) getCommit() (int, any) {
	sha := c.r.PathValue("sha")
	if !c.isCommit(sha) {
		return missing()
	}
	root, _ := c.git("rev-parse", sha+"^{tree}")
	parents, _ := c.git("show", "-s", "--format=%P", sha)
	message, _ := c.git("show", "-s", "--format=%B", sha)
	return http.StatusOK, c.gitCommit(sha, message, root, strings.Fields(parents), false)
}
