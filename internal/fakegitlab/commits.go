package fakegitlab

import (
	"encoding/base64"
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

// createCommit carries out all actions or none, on a branch that must not exist where start_sha says what to begin with.
func (s *Server) createCommit(c *call) (int, any, error) {
	branch, start := c.text("branch"), c.text("start_sha")
	if start == "" {
		if start = s.refs[branch]; start == "" {
			return 0, nil, refuse(http.StatusBadRequest, "You can only create or edit files when you are on a branch")
		}
	} else if s.refs[branch] != "" {
		return 0, nil, refuse(http.StatusBadRequest, "A branch called '%s' already exists. Switch to that branch in order to make changes", branch)
	}
	if !s.exists(start) {
		return 0, nil, refuse(http.StatusBadRequest, "Invalid start_sha '%s'", start)
	}
	index := filepath.Join(s.gitDir, "fake-index")
	defer func() { _ = os.Remove(index) }()
	env := []string{"GIT_INDEX_FILE=" + index}
	if _, err := s.gitWith(env, "", "read-tree", start); err != nil {
		return 0, nil, err
	}
	actions, _ := c.params["actions"].([]any)
	for _, a := range actions {
		if err := s.act(env, a.(map[string]any)); err != nil {
			return 0, nil, err
		}
	}
	tree, err := s.gitWith(env, "", "write-tree")
	if err != nil {
		return 0, nil, err
	}
	sha, err := s.writeCommit(c.user, tree, c.text("commit_message"), start)
	if err != nil {
		return 0, nil, err
	}
	if _, err := s.git("update-ref", "refs/heads/"+branch, sha, s.refs[branch]); err != nil {
		return 0, nil, refuse(http.StatusBadRequest, "Could not update refs/heads/%s. Please refresh and try again.", branch)
	}
	if err := s.refresh(c.user); err != nil {
		return 0, nil, err
	}
	message := c.text("commit_message")
	title, _, _ := strings.Cut(message, "\n")
	return http.StatusCreated, map[string]any{"id": sha, "short_id": sha[:8], "title": title, "message": message, "parent_ids": []string{start},
		"author_name": c.user.Username, "committer_name": c.user.Username, "created_at": s.now()}, nil
}

func (s *Server) act(env []string, a map[string]any) error {
	name, _ := a["file_path"].(string)
	entry, err := s.gitWith(env, "", "ls-files", "-s", "--", ":(literal)"+name)
	if err != nil {
		return err
	}
	mode, _, exists := strings.Cut(entry, " ")
	switch a["action"] {
	case "create":
		if exists {
			return refuse(http.StatusBadRequest, "A file with this name already exists")
		}
		mode = "100644"
	case "update", "delete":
		if !exists {
			return refuse(http.StatusBadRequest, "A file with this name doesn't exist")
		}
	default:
		return refuse(http.StatusBadRequest, "actions[0][action] does not have a valid value")
	}
	if a["action"] == "delete" {
		_, err := s.gitWith(env, "0 "+strings.Repeat("0", 40)+"\t"+name+"\x00", "update-index", "-z", "--index-info")
		return err
	}
	content, _ := a["content"].(string)
	if a["encoding"] == "base64" {
		raw, err := base64.StdEncoding.DecodeString(content)
		if err != nil {
			return refuse(http.StatusBadRequest, "Failed to decode base64 content")
		}
		content = string(raw)
	}
	blob, err := s.gitWith(nil, content, "hash-object", "-w", "--stdin")
	if err != nil {
		return err
	}
	_, err = s.gitWith(env, "", "update-index", "--add", "--cacheinfo", mode+","+blob+","+name)
	return err
}
