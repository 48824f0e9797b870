package fakegithub

import (
	"fmt"
	"net/http"
	"strings"
)

// mergedTree merges two commits as git does; clean is false where they conflict.
func (s *Server) mergedTree(ours, theirs string) (tree string, clean bool) {
	out, err := s.git("merge-tree", "--write-tree", "--no-messages", ours, theirs)
	tree, _, _ = strings.Cut(out, "\n")
	return tree, err == nil
}

func (c *call) mergePull() (int, any) {
	var in struct {
		Title   string `json:"commit_title"`
		Message string `json:"commit_message"`
		SHA     string `json:"sha"`
		Method  string `json:"merge_method"`
	}
	p := c.pull()
	if p == nil || !c.read(&in) {
		return missing()
	}
	if c.denied() {
		return forbidden()
	}
	no := func(why string) (int, any) { return fail(http.StatusMethodNotAllowed, why) }
	switch {
	case !p.open:
		return no("Pull Request is not mergeable")
	case in.SHA != "" && in.SHA != p.head:
		return fail(http.StatusConflict, "Head branch was modified. Review and try the merge again.")
	case p.draft:
		return no("Pull Request is still a draft")
	case c.wanting(p) != "":
		return no(c.wanting(p))
	case c.rules.Queue && p.target == "main":
		return no("Changes must be made through the merge queue")
	}
	sha, why := c.merge(p, in.Method, in.Title, in.Message, c.who.user)
	if why != "" {
		return no(why)
	}
	return http.StatusOK, obj{"sha": sha, "merged": true, "message": "Pull Request successfully merged"}
}

// merge moves the target; why is GitHub's word where that cannot be.
func (s *Server) merge(p *pull, method, title, message string, by *user) (sha, why string) {
	root, clean := s.mergedTree(p.base, p.head)
	if !clean {
		return "", "Pull Request is not mergeable"
	}
	now := s.clock()
	var err error
	switch method {
	case "rebase":
		if sha, err = s.rebase(p.base, p.head); err != nil {
			return "", "This branch can't be rebased"
		}
	case "squash":
		if title == "" {
			title = fmt.Sprintf("%s (#%d)", p.title, p.number)
		}
		sha, err = s.commitTree(root, []string{p.base}, signature(p.author, now), withBody(title, message), now)
	default:
		if title == "" {
			title, message = fmt.Sprintf("Merge pull request #%d from %s/%s", p.number, s.owner, p.source), p.title
		}
		sha, err = s.commitTree(root, []string{p.base, p.head}, signature(by, now), withBody(title, message), now)
	}
	if err == nil {
		_, err = s.git("update-ref", "refs/heads/"+p.target, sha, p.base)
	}
	if err != nil { // somebody pushed
		return "", "Base branch was modified. Review and try the merge again."
	}
	s.recordMerge(p, sha, by)
	s.settle(by)
	return sha, ""
}

func withBody(title, message string) string {
	if message == "" {
		return title
	}
	return title + "\n\n" + message
}

// rebase makes each commit again on another.
func (s *Server) rebase(onto, head string) (string, error) {
	list, err := s.git("rev-list", "--reverse", "--no-merges", onto+".."+head)
	if err != nil {
		return "", err
	}
	for c := range strings.FieldsSeq(list) {
		parent, err := s.git("rev-parse", c+"^")
		if err != nil {
			return "", err
		}
		// A commit with the files of onto and the parent of c: what they have in common is that parent.
		root, err := s.git("rev-parse", onto+"^{tree}")
		if err != nil {
			return "", err
		}
		beside, err := s.commitTree(root, []string{parent}, "x <x> 0 +0000", "", s.clock())
		if err != nil {
			return "", err
		}
		root, clean := s.mergedTree(beside, c)
		if !clean {
			return "", fmt.Errorf("%s conflicts", c)
		}
		author, err := s.git("show", "-s", "--format=%an <%ae> %ad", "--date=raw", c)
		if err != nil {
			return "", err
		}
		raw, err := s.git("cat-file", "commit", c)
		if err != nil {
			return "", err
		}
		_, message, _ := strings.Cut(raw, "\n\n")
		if onto, err = s.commitTree(root, []string{onto}, author, message+"\n", s.clock()); err != nil {
			return "", err
		}
	}
	return onto, nil
}
