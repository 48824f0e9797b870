package fakegithub

import (
	"fmt"
	"strings"
)

// told is a pull request as webhooks tell it. Whether it can be merged is never known yet, and this does not count as asking.
func (c *call) told(p *pull) obj {
	o := c.simple(p)
	o["merged"], o["merged_by"], o["maintainer_can_modify"], o["rebaseable"] = !p.merged.IsZero(), c.user(p.mergedBy), false, nil
	o["mergeable"], o["mergeable_state"], o["active_lock_reason"] = nil, "unknown", nil
	for _, name := range []string{"comments", "review_comments", "commits", "additions", "deletions", "changed_files"} {
		o[name] = 0
	}
	return o
}

// issue is a pull request as an issue.
func (c *call) issue(p *pull) obj {
	at, web, pull := c.at("issues/%d", p.number), c.web("pull/%d", p.number), c.at("pulls/%d", p.number)
	state := "closed"
	if p.open {
		state = "open"
	}
	rollup := obj{"url": at + "/reactions", "total_count": 0}
	for _, content := range contents {
		rollup[content] = 0
	}
	return obj{"id": p.id, "node_id": fmt.Sprintf("PR_%d", p.number), "number": p.number, "title": p.title, "body": or(p.body), "state": state, "locked": false,
		"user": c.user(p.author), "labels": each(p.labels, func(l *label) any { return c.label(l) }), "assignee": nil, "assignees": []any{}, "milestone": nil,
		"comments": len(p.comments), "created_at": stamp(p.created), "updated_at": stamp(p.updated), "closed_at": stamp(p.closed), "author_association": "COLLABORATOR",
		"active_lock_reason": nil, "draft": p.draft, "reactions": rollup, "url": at, "repository_url": strings.TrimSuffix(c.at(""), "/"), "labels_url": at + "/labels{/name}",
		"comments_url": at + "/comments", "events_url": at + "/events", "html_url": web,
		"pull_request": obj{"url": pull, "html_url": web, "diff_url": web + ".diff", "patch_url": web + ".patch", "merged_at": stamp(p.merged)}}
}

// commented is a comment, with the App that wrote it.
func (c *call) commented(p *pull, m *comment) obj {
	o := c.comment(p, m).(obj)
	o["performed_via_github_app"] = nil
	for _, a := range c.apps {
		if a.bot == m.by {
			o["performed_via_github_app"] = c.integration(a)
		}
	}
	return o
}

// reviewed tells the state in small letters, unlike REST.
func (s *Server) reviewed(p *pull, r *review) obj {
	c := s.elsewhere()
	o := c.reviewOf(p, r).(obj)
	o["state"] = strings.ToLower(r.state)
	alone := c.simple(p)
	alone["active_lock_reason"] = nil
	return obj{"review": o, "pull_request": alone}
}

// checked is a check run.
func (c *call) checked(r *run) obj {
	o := c.run(r).(obj)
	if o["details_url"] == nil {
		o["details_url"] = o["html_url"]
	}
	o["pull_requests"] = c.requestsAt(r.sha)
	suite := c.suite(r.app, r.sha, nil)
	delete(suite, "latest_check_runs_count")
	delete(suite, "check_runs_url")
	delete(suite, "head_commit")
	o["check_suite"] = suite
	return o
}

// requestsAt are the open pull requests that have a commit as their head.
func (c *call) requestsAt(sha string) []any {
	repo, list := obj{"id": 1, "url": strings.TrimSuffix(c.at(""), "/"), "name": c.name}, []any{}
	for _, p := range c.pulls {
		if p.open && p.head == sha {
			list = append(list, obj{"id": p.id, "number": p.number, "url": c.at("pulls/%d", p.number),
				"head": obj{"ref": p.source, "sha": p.head, "repo": repo}, "base": obj{"ref": p.target, "sha": p.base, "repo": repo}})
		}
	}
	return list
}

// stated is a commit status.
func (s *Server) stated(st *status) obj {
	c := s.elsewhere()
	id := s.inside(st.sha)
	commit := obj{"sha": st.sha, "node_id": "C_" + st.sha, "url": c.at("commits/%s", st.sha), "html_url": c.web("commit/%s", st.sha), "comments_url": c.at("commits/%s/comments", st.sha),
		"author": nil, "committer": nil, "parents": []any{},
		"commit": obj{"author": id.person(), "committer": id.person(), "message": id.message, "comment_count": 0, "url": c.at("git/commits/%s", st.sha),
			"tree":         obj{"sha": id.tree, "url": c.at("git/trees/%s", id.tree)},
			"verification": obj{"verified": false, "reason": "unsigned", "signature": nil, "payload": nil, "verified_at": nil}}}
	return obj{"id": st.id, "sha": st.sha, "name": s.owner + "/" + s.name, "target_url": or(st.target), "context": st.context, "description": or(st.description),
		"state": st.state, "commit": commit, "branches": []any{}, "created_at": stamp(st.made), "updated_at": stamp(st.made)}
}

// inner is what Git says of a commit.
type inner struct{ sha, tree, name, mail, when, message string }

func (s *Server) inside(sha string) inner {
	text, _ := s.git("show", "-s", "--format=%H%x00%T%x00%an%x00%ae%x00%aI%x00%B", sha)
	parts := append(strings.SplitN(text, "\x00", 6), make([]string, 6)...)
	return inner{parts[0], parts[1], parts[2], parts[3], parts[4], strings.TrimSpace(parts[5])}
}

func (i inner) person() obj {
	return obj{"name": i.name, "email": i.mail, "date": i.when}
}

// short is a commit in events that are about more than it.
func (i inner) short() obj {
	return obj{"id": i.sha, "tree_id": i.tree, "message": i.message, "timestamp": i.when, "author": obj{"name": i.name, "email": i.mail}, "committer": obj{"name": i.name, "email": i.mail}}
}

const noCommit = "0000000000000000000000000000000000000000"

// mostCommits is how many a push tells.
const mostCommits = "2048"

// pushed is a branch that moved, came or went.
func (s *Server) pushed(branch, before, after string, by *user) obj {
	c := s.elsewhere()
	created, deleted := before == "", after == ""
	o := obj{"ref": "refs/heads/" + branch, "created": created, "deleted": deleted, "forced": !created && !deleted && !s.isAncestor(before, after), "base_ref": nil,
		"compare": c.web("compare/%s", branch), "commits": []any{}, "head_commit": nil, "pusher": obj{"name": s.owner}}
	if by != nil {
		o["pusher"] = obj{"name": by.login, "email": by.login + "@users.noreply.github.com"}
	}
	if !deleted {
		commits := s.new(branch, before, after)
		list := make([]any, len(commits))
		for i, sha := range commits {
			list[i] = c.distinct(s.inside(sha))
		}
		o["commits"], o["head_commit"] = list, c.distinct(s.inside(after))
	}
	if created {
		before = noCommit
	}
	if deleted {
		after = noCommit
	}
	o["before"], o["after"] = before, after
	return o
}

func (c *call) distinct(i inner) obj {
	o := i.short()
	o["distinct"], o["url"] = true, c.web("commit/%s", i.sha)
	o["added"], o["removed"], o["modified"] = []any{}, []any{}, []any{}
	return o
}

// new are the commits that a push brought, the oldest first. Those of a new branch are the ones that no other branch has.
func (s *Server) new(branch, before, after string) []string {
	args := []string{"rev-list", "--reverse", "--max-count=" + mostCommits, after}
	if before != "" {
		args = append(args, "^"+before)
	} else {
		args = append(args, "--not", "--exclude="+branch, "--branches")
	}
	list, _ := s.gitWith("", nil, args...)
	return strings.Fields(list)
}

// group is a merge group. A commit that is gone from every branch is still there for Git.
func (s *Server) group(sha string, t trial) obj {
	return obj{"head_sha": sha, "head_ref": "refs/heads/" + t.branch, "base_sha": t.base, "base_ref": "refs/heads/main", "head_commit": s.inside(sha).short()}
}
