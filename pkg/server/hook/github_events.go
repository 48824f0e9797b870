package hook

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
)

// githubEvents are the decoders by X-GitHub-Event.
var githubEvents = map[string]decoder{
	"issue_comment":             decode[githubComment],
	"pull_request":              decode[githubPullRequest],
	"pull_request_review":       decode[githubReview],
	"check_run":                 decode[githubCheckRun],
	"check_suite":               decode[githubCheckSuite],
	"merge_group":               decode[githubMergeGroup],
	"push":                      decode[githubPush],
	"status":                    decode[githubStatus],
	"ping":                      decode[githubPing],
	"installation":              decode[githubInstallation],
	"installation_repositories": decode[githubInstallation],
}

// errOther is for a body that lacks what its event's name promises: the name is not signed.
var errOther = errors.New("it is not what its event's name says")

type githubRepository struct {
	Repository struct {
		FullName string `json:"full_name"`
	} `json:"repository"`
}

type githubComment struct {
	githubRepository
	Action string `json:"action"`
	Issue  *struct {
		Number      int       `json:"number"`
		PullRequest *struct{} `json:"pull_request"`
	} `json:"issue"`
	Comment *struct {
		ID int64 `json:"id"`
	} `json:"comment"`
}

// Only new comments are commands; the bot edits its own note all the time. Comments on issues come as the same event.
func (p githubComment) hint() (Hint, error) {
	if p.Issue == nil || p.Comment == nil {
		return Hint{}, errOther
	}
	if p.Action != "created" || p.Issue.PullRequest == nil {
		return Hint{}, errIgnored
	}
	return Hint{Project: p.Repository.FullName, Kind: Comment, Number: p.Issue.Number, CommentID: p.Comment.ID}, nil
}

type githubHead struct {
	Number int `json:"number"`
	Head   struct {
		SHA string `json:"sha"`
	} `json:"head"`
}

type githubPullRequest struct {
	githubRepository
	PullRequest *githubHead `json:"pull_request"`
}

func (p githubPullRequest) hint() (Hint, error) {
	if p.PullRequest == nil {
		return Hint{}, errOther
	}
	return Hint{Project: p.Repository.FullName, Kind: MergeRequest, Number: p.PullRequest.Number, SHA: p.PullRequest.Head.SHA}, nil
}

type githubReview struct {
	githubRepository
	PullRequest *githubHead `json:"pull_request"`
	Review      *struct{}   `json:"review"`
}

func (p githubReview) hint() (Hint, error) {
	if p.PullRequest == nil || p.Review == nil {
		return Hint{}, errOther
	}
	return Hint{Project: p.Repository.FullName, Kind: Review, Number: p.PullRequest.Number, SHA: p.PullRequest.Head.SHA}, nil
}

type githubChecked struct {
	HeadSHA      string       `json:"head_sha"`
	PullRequests []githubHead `json:"pull_requests"`
}

// hint names the pull request when there is exactly one: a commit may be in several, and of forks none is told.
func (c *githubChecked) hint(project string) (Hint, error) {
	if c == nil {
		return Hint{}, errOther
	}
	h := Hint{Project: project, Kind: Check, SHA: c.HeadSHA}
	if len(c.PullRequests) == 1 {
		h.Number = c.PullRequests[0].Number
	}
	return h, nil
}

type githubCheckRun struct {
	githubRepository
	CheckRun *githubChecked `json:"check_run"`
}

func (p githubCheckRun) hint() (Hint, error) { return p.CheckRun.hint(p.Repository.FullName) }

type githubCheckSuite struct {
	githubRepository
	CheckSuite *githubChecked `json:"check_suite"`
}

func (p githubCheckSuite) hint() (Hint, error) { return p.CheckSuite.hint(p.Repository.FullName) }

type githubMergeGroup struct {
	githubRepository
	MergeGroup *struct {
		HeadSHA string `json:"head_sha"`
		HeadRef string `json:"head_ref"`
	} `json:"merge_group"`
}

// queueRef ends the branch of a merge group; what stands before it is the target, which may hold slashes.
var queueRef = regexp.MustCompile(`^refs/heads/gh-readonly-queue/.+/pr-([0-9]{1,9})-[0-9a-f]+$`)

func (p githubMergeGroup) hint() (Hint, error) {
	if p.MergeGroup == nil {
		return Hint{}, errOther
	}
	h := Hint{Project: p.Repository.FullName, Kind: MergeGroup, SHA: p.MergeGroup.HeadSHA}
	if m := queueRef.FindStringSubmatch(p.MergeGroup.HeadRef); m != nil {
		h.Number, _ = strconv.Atoi(m[1])
	}
	return h, nil
}

// A tag moves nothing that the bot looks at.
func pushed(project, ref, after string) (Hint, error) {
	switch {
	case ref == "":
		return Hint{}, errOther
	case !strings.HasPrefix(ref, "refs/heads/"):
		return Hint{}, errIgnored
	default:
		return Hint{Project: project, Kind: Push, SHA: after}, nil
	}
}

type githubPush struct {
	githubRepository
	Ref   string `json:"ref"`
	After string `json:"after"`
}

func (p githubPush) hint() (Hint, error) { return pushed(p.Repository.FullName, p.Ref, p.After) }

type githubStatus struct {
	githubRepository
	SHA string `json:"sha"`
}

func (p githubStatus) hint() (Hint, error) {
	return Hint{Project: p.Repository.FullName, Kind: Check, SHA: p.SHA}, nil
}

type githubPing struct {
	githubRepository
	Hook *struct{} `json:"hook"`
}

// The hook of an organisation or an App belongs to no repository.
func (p githubPing) hint() (Hint, error) {
	if p.Hook == nil {
		return Hint{}, errOther
	}
	return Hint{Project: p.Repository.FullName, Kind: Ping}, nil
}

type githubInstallation struct {
	Installation *struct{} `json:"installation"`
}

// Which repositories it reaches now is a question to the forge.
func (p githubInstallation) hint() (Hint, error) {
	if p.Installation == nil {
		return Hint{}, errOther
	}
	return Hint{Kind: Installation}, nil
}
