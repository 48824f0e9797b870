# A review by python-gitlab, a client that knows GitLab and has never heard of this fake: argv holds the address, a token, the path of the project and the commit to begin with.
import sys

import gitlab
from gitlab.exceptions import GitlabCreateError, GitlabGetError, GitlabMRClosedError, GitlabHttpError

url, token, path, first = sys.argv[1:]
gl = gitlab.Gitlab(url, private_token=token)
gl.auth()
print("user", gl.user.username)
project = gl.projects.get(path)
print("project", project.path_with_namespace, project.default_branch)

commit = project.commits.create({
    "branch": "topic", "start_sha": first, "commit_message": "Add a.txt",
    "actions": [{"action": "create", "file_path": "a.txt", "content": "a\n"}],
})
mr = project.mergerequests.create({"source_branch": "topic", "target_branch": "main", "title": "Add a.txt", "description": "It is new."})
print("opened", mr.iid, mr.state, mr.sha == commit.id)
try:
    project.mergerequests.create({"source_branch": "topic", "target_branch": "main", "title": "Again"})
except GitlabCreateError as e:
    print("again", e.response_code)
try:
    project.mergerequests.get(7)
except GitlabGetError as e:
    print("none", e.response_code)

for i in range(5):
    mr.notes.create({"body": f"note {i}"})
print("notes", [n.body for n in mr.notes.list(iterator=True, per_page=2, sort="asc", order_by="created_at")])
note = mr.notes.list(per_page=1, sort="asc", order_by="created_at")[0]
note.body = "changed"
note.save()
print("edited", mr.notes.get(note.id).body)
award = note.awardemojis.create({"name": "eyes"})
print("award", [a.name for a in note.awardemojis.list(get_all=True)])
award.delete()
print("no award", note.awardemojis.list(get_all=True))

status = project.commits.get(commit.id, lazy=True).statuses.create({"state": "running", "name": "linnet/gate", "description": "waits"})
print("status", status.status, status.name)
mr = project.mergerequests.get(mr.iid)
try:
    mr.merge(sha=commit.id)
except (GitlabMRClosedError, GitlabHttpError) as e:
    print("not yet", e.response_code)
project.commits.get(commit.id, lazy=True).statuses.create({"state": "success", "name": "linnet/gate"})
try:
    mr.merge(sha="0" * 40)
except (GitlabMRClosedError, GitlabHttpError) as e:
    print("another head", e.response_code)
mr.merge(sha=commit.id)
print("merged", project.mergerequests.get(mr.iid).state)
