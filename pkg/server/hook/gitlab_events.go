package hook

// gitlabEvents are the decoders by X-Gitlab-Event. A project may have a template of its own for what its webhooks send, so object_kind is looked at.
var gitlabEvents = map[string]decoder{
	"Note Hook":                  decode[gitlabNote],
	"Merge Request Hook":         decode[gitlabMergeRequest],
	"Pipeline Hook":              decode[gitlabPipeline],
	"Push Hook":                  decode[gitlabPush],
	"Resource Access Token Hook": decode[gitlabAccessToken],
}

type gitlabEvent struct {
	ObjectKind string `json:"object_kind"`
	Project    struct {
		Path string `json:"path_with_namespace"`
	} `json:"project"`
}

type gitlabCommit struct {
	ID string `json:"id"`
}

type gitlabNote struct {
	gitlabEvent
	Note *struct {
		ID           int64  `json:"id"`
		NoteableType string `json:"noteable_type"` //nolint:misspell // GitLab's word
		Action       string `json:"action"`
		System       bool   `json:"system"`
	} `json:"object_attributes"`
	MergeRequest *struct {
		IID        int          `json:"iid"`
		LastCommit gitlabCommit `json:"last_commit"`
	} `json:"merge_request"`
}

// Only new comments are commands. Before GitLab 16.11 no action is told and only new ones are sent.
func (p gitlabNote) hint() (Hint, error) {
	if p.ObjectKind != "note" || p.Note == nil {
		return Hint{}, errOther
	}
	if p.Note.NoteableType != "MergeRequest" || p.Note.System || p.Note.Action != "create" && p.Note.Action != "" {
		return Hint{}, errIgnored
	}
	if p.MergeRequest == nil {
		return Hint{}, errOther
	}
	return Hint{
		Project: p.Project.Path, Kind: Comment, Number: p.MergeRequest.IID, SHA: p.MergeRequest.LastCommit.ID, CommentID: p.Note.ID,
	}, nil
}

type gitlabMergeRequest struct {
	gitlabEvent
	MergeRequest *struct {
		IID        int          `json:"iid"`
		LastCommit gitlabCommit `json:"last_commit"`
	} `json:"object_attributes"`
}

func (p gitlabMergeRequest) hint() (Hint, error) {
	if p.ObjectKind != "merge_request" || p.MergeRequest == nil {
		return Hint{}, errOther
	}
	return Hint{Project: p.Project.Path, Kind: MergeRequest, Number: p.MergeRequest.IID, SHA: p.MergeRequest.LastCommit.ID}, nil
}

type gitlabPipeline struct {
	gitlabEvent
	Pipeline *struct {
		SHA string `json:"sha"`
	} `json:"object_attributes"`
	MergeRequest struct {
		IID int `json:"iid"`
	} `json:"merge_request"` // null for a pipeline of a branch
}

func (p gitlabPipeline) hint() (Hint, error) {
	if p.ObjectKind != "pipeline" || p.Pipeline == nil {
		return Hint{}, errOther
	}
	return Hint{Project: p.Project.Path, Kind: Check, Number: p.MergeRequest.IID, SHA: p.Pipeline.SHA}, nil
}

type gitlabPush struct {
	gitlabEvent
	Ref   string `json:"ref"`
	After string `json:"after"`
}

func (p gitlabPush) hint() (Hint, error) {
	if p.ObjectKind != "push" {
		return Hint{}, errOther
	}
	return pushed(p.Project.Path, p.Ref, p.After)
}

type gitlabAccessToken struct{ gitlabEvent }

// The token of a group belongs to no project.
func (p gitlabAccessToken) hint() (Hint, error) {
	if p.ObjectKind != "access_token" {
		return Hint{}, errOther
	}
	return Hint{Project: p.Project.Path, Kind: AccessToken}, nil
}
