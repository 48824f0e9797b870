package fakegitlab

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"time"
)

// moment is how webhooks tell times.
func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

func (s *Server) projectHook() map[string]any {
	at, ssh := instance+"/"+s.o.Path, "git@gitlab.example:"+s.o.Path+".git"
	return map[string]any{"id": projectID, "name": path.Base(s.o.Path), "description": "", "web_url": at, "avatar_url": nil, "git_ssh_url": ssh, "git_http_url": at + ".git",
		"namespace": path.Base(path.Dir(s.o.Path)), "visibility_level": 0, "path_with_namespace": s.o.Path, "default_branch": "main", "homepage": at, "url": ssh,
		"ssh_url": ssh, "http_url": at + ".git"}
}

// without is a copy that leaves something out.
func without(all map[string]any, names ...string) map[string]any {
	rest := maps.Clone(all)
	for _, name := range names {
		delete(rest, name)
	}
	return rest
}

// userHook has no address: GitLab keeps those to itself.
func (s *Server) userHook(u *User) map[string]any {
	if u == nil {
		return nil
	}
	return map[string]any{"id": u.ID, "name": u.Username, "username": u.Username, "avatar_url": "", "email": "[REDACTED]"}
}

func (s *Server) usersHook(users []*User) []any {
	list := []any{}
	for _, u := range users {
		list = append(list, s.userHook(u))
	}
	return list
}

func (s *Server) labelsHook(m *mergeRequest) []any {
	list := []any{}
	for i, name := range m.labels {
		list = append(list, map[string]any{"id": i + 1, "title": name, "color": "#ededed", "project_id": projectID, "created_at": moment(m.created), "updated_at": moment(m.created),
			"template": false, "description": nil, "type": "ProjectLabel", "group_id": nil})
	}
	return list
}

// commitHook is a commit; a push tells its files, too.
func (s *Server) commitHook(sha string) map[string]any {
	text, _ := s.git("show", "-s", "--format=%B%x00%aI%x00%an%x00%ae", sha)
	parts := append(strings.SplitN(text, "\x00", 4), make([]string, 4)...)
	message := strings.TrimSpace(parts[0])
	title, _, _ := strings.Cut(message, "\n")
	return map[string]any{"id": sha, "message": message, "title": title, "timestamp": parts[1], "url": instance + "/" + s.o.Path + "/-/commit/" + sha,
		"author": map[string]any{"name": parts[2], "email": parts[3]}}
}

// requestHook is a merge request. Whether it can be merged is never known yet.
func (s *Server) requestHook(m *mergeRequest) map[string]any {
	status, number := "checking", map[string]int{"opened": 1, "closed": 2, "merged": 3}[m.state]
	if m.state != "opened" {
		status = "not_open"
	}
	reviewers := []int{}
	for _, u := range m.reviewers {
		reviewers = append(reviewers, u.ID)
	}
	return map[string]any{"id": 1000 + m.iid, "iid": m.iid, "target_branch": m.target, "source_branch": m.source, "source_project_id": projectID, "target_project_id": projectID,
		"author_id": m.author.ID, "assignee_ids": []int{}, "assignee_id": nil, "reviewer_ids": reviewers, "title": m.title, "description": m.description,
		"created_at": moment(m.created), "updated_at": moment(m.updated), "milestone_id": nil, "state": m.state, "state_id": number, "blocking_discussions_resolved": true,
		"work_in_progress": m.draft(), "draft": m.draft(), "first_contribution": false, "merge_status": "checking", "detailed_merge_status": status,
		"url": fmt.Sprintf("%s/%s/-/merge_requests/%d", instance, s.o.Path, m.iid), "source": without(s.projectHook(), "id"), "target": without(s.projectHook(), "id"), "last_commit": s.commitHook(m.sha),
		"labels": s.labelsHook(m), "merge_commit_sha": orNull(m.mergeCommit)}
}

func (s *Server) tellRequest(m *mergeRequest, action string, by *User, more map[string]any) {
	attributes := s.requestHook(m)
	attributes["action"] = action
	parts := map[string]any{"object_kind": "merge_request", "event_type": "merge_request", "object_attributes": attributes, "labels": s.labelsHook(m), "changes": map[string]any{},
		"assignees": []any{}, "reviewers": s.usersHook(m.reviewers)}
	for name, part := range more {
		if name == "changes" {
			parts[name] = part
		} else {
			attributes[name] = part
		}
	}
	s.tell("Merge Request Hook", action, by, parts)
}

func (s *Server) tellNote(n *note, action string, by *User) {
	i := slices.IndexFunc(s.requests, func(m *mergeRequest) bool { return m.iid == n.iid })
	if i < 0 {
		return
	}
	request := without(s.requestHook(s.requests[i]), "url", "state_id") // the note has a url
	kind := any(nil)
	if n.kind != "" {
		kind = n.kind
	}
	s.tell("Note Hook", action, by, map[string]any{"object_kind": "note", "event_type": "note", "project_id": projectID, "merge_request": request,
		"object_attributes": map[string]any{"id": n.id, "note": n.body, "noteable_type": "MergeRequest", "noteable_id": 1000 + n.iid, "author_id": n.by.ID, "type": kind, //nolint:misspell // GitLab's word
			"created_at": moment(n.created), "updated_at": moment(n.updated), "project_id": projectID, "attachment": nil, "line_code": nil, "commit_id": nil, "system": n.system,
			"internal": false, "st_diff": nil, "action": action, "url": fmt.Sprintf("%s/%s/-/merge_requests/%d#note_%d", instance, s.o.Path, n.iid, n.id)}})
}

func (s *Server) pipelineHook(p *pipeline) map[string]any {
	status, request := p.status(), any(nil)
	if p.iid > 0 {
		for _, m := range s.requests {
			if m.iid == p.iid {
				j := s.requestHook(m)
				short := map[string]any{}
				for _, name := range []string{"id", "iid", "title", "source_branch", "source_project_id", "target_branch", "target_project_id", "state", "merge_status", "detailed_merge_status", "url"} {
					short[name] = j[name]
				}
				request = short
			}
		}
	}
	ended := any(nil)
	if status == "success" || status == "failed" || status == "canceled" {
		ended = moment(s.now())
	}
	builds := []any{}
	for _, j := range p.jobs {
		builds = append(builds, map[string]any{"id": j.id, "stage": "external", "name": j.name, "status": j.state, "created_at": moment(j.created), "started_at": nil, "finished_at": nil,
			"duration": nil, "queued_duration": nil, "when": "on_success", "manual": false, "allow_failure": false, "failure_reason": nil, "user": s.userHook(j.by), "runner": nil,
			"artifacts_file": map[string]any{"filename": nil, "size": nil}, "environment": nil})
	}
	detailed := status
	if status == "success" {
		detailed = "passed"
	}
	return map[string]any{"object_kind": "pipeline", "merge_request": request, "commit": without(s.commitHook(p.sha), "title"), "builds": builds,
		"project": without(s.projectHook(), "homepage", "url", "ssh_url", "http_url"),
		"object_attributes": map[string]any{"id": p.id, "iid": p.id, "ref": p.ref, "tag": false, "sha": p.sha, "before_sha": noCommit, "source": p.source, "status": status,
			"detailed_status": detailed, "stages": []string{"external"}, "created_at": moment(p.created), "finished_at": ended, "duration": nil, "queued_duration": nil, "variables": []any{}}}
}

const noCommit = "0000000000000000000000000000000000000000"

// mostCommits is how many of a push are told, of however many there are.
const mostCommits = 20

// pushHook is a branch that moved, came or went.
func (s *Server) pushHook(branch, before, after string, by *User) map[string]any {
	checkout, commits := any(after), []any{}
	var shas []string
	if after != "" {
		args := []string{"rev-list", after}
		if before != "" {
			args = append(args, "^"+before)
		} else {
			args = append(args, "--not", "--exclude="+branch, "--branches")
		}
		list, _ := s.git(args...)
		shas = strings.Fields(list)
	}
	for _, sha := range slices.Backward(shas[:min(len(shas), mostCommits)]) {
		c := s.commitHook(sha)
		c["added"], c["modified"], c["removed"] = []any{}, []any{}, []any{}
		commits = append(commits, c)
	}
	if before == "" {
		before = noCommit
	}
	if after == "" {
		after, checkout = noCommit, nil
	}
	o := map[string]any{"object_kind": "push", "event_name": "push", "before": before, "after": after, "ref": "refs/heads/" + branch, "checkout_sha": checkout,
		"project_id": projectID, "commits": commits, "total_commits_count": len(shas)}
	if by != nil {
		o["user_id"], o["user_name"], o["user_username"], o["user_email"], o["user_avatar"] = by.ID, by.Username, by.Username, "", ""
	}
	return o
}
