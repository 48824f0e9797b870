package github

import (
	"context"
	"errors"
	"fmt"

	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/forge/mirror"
)

// mergeability says what stands in the way. Ready takes GitHub's word, too: there may be rules that are not shown to us.
func (f *Forge) mergeability(ctx context.Context, s seen, r rules, v reviews) (forge.Mergeability, error) {
	reasons, err := f.reasons(ctx, s, r, v)
	if err != nil {
		return forge.Mergeability{}, err
	}
	if len(reasons) == 0 {
		switch {
		case s.state == "blocked" && !r.queue:
			reasons = append(reasons, forge.Reason{Kind: forge.ReasonPolicy, Text: "GitHub says that a rule of " + s.Target + " blocks it"})
		case s.state == "behind":
			reasons = append(reasons, forge.Reason{Kind: forge.ReasonPolicy, Text: s.Source + " must be brought up to date with " + s.Target})
		}
	}
	switch {
	case len(reasons) > 0:
		return forge.Mergeability{Readiness: forge.Blocked, Reasons: reasons}, nil
	case s.mergeable == nil || s.state == "unknown":
		return forge.Mergeability{}, nil
	}
	return forge.Mergeability{Readiness: forge.Ready}, nil
}

// reasons are those that are certain.
func (f *Forge) reasons(ctx context.Context, s seen, r rules, v reviews) ([]forge.Reason, error) {
	if s.State != forge.Open {
		return []forge.Reason{{Kind: forge.ReasonNotOpen, Text: "it is " + string(s.State)}}, nil
	}
	var list []forge.Reason
	if s.Draft {
		list = append(list, forge.Reason{Kind: forge.ReasonDraft, Text: "it is a draft"})
	}
	if s.mergeable != nil && !*s.mergeable {
		list = append(list, forge.Reason{Kind: forge.ReasonConflict, Text: f.conflict(ctx, s)})
	}
	if n := (forge.Approvals{Required: r.approvals, Given: v.given}).Missing(); n > 0 {
		list = append(list, forge.Reason{Kind: forge.ReasonApprovals, Text: fmt.Sprintf("%d of %d approvals missing", n, r.approvals)})
	}
	if r.approvals > 0 {
		for _, name := range v.against {
			list = append(list, forge.Reason{Kind: forge.ReasonApprovals, Text: name + " wants changes"})
		}
	}
	missing, err := f.missingChecks(ctx, s.Head, r.checks)
	list = append(list, missing...)
	if s.gone {
		list = append(list, forge.Reason{Kind: forge.ReasonPolicy, Text: "its branch " + s.Source + " is gone"})
	}
	return list, err
}

// conflict names the paths where that is possible; GitHub only says that there are some.
func (f *Forge) conflict(ctx context.Context, s seen) string {
	text := "conflict with " + s.Target
	target, err := f.git.Head(ctx, s.Target)
	if err != nil {
		return text
	}
	_, err = f.git.Merge(ctx, target, s.Head)
	if where := (*mirror.ConflictError)(nil); errors.As(err, &where) {
		for i, p := range where.Paths {
			text += []string{" in ", ", "}[min(i, 1)] + p
		}
	}
	return text
}

// missingChecks are the required checks that are not green on the head. A run of the App that the rule names counts for it and nothing
// else does; where the rule names none, what was said last under the name counts, whoever said it.
func (f *Forge) missingChecks(ctx context.Context, head string, required []requiredCheck) ([]forge.Reason, error) {
	if len(required) == 0 {
		return nil, nil
	}
	runs, err := f.runsOf(ctx, head)
	if err != nil {
		return nil, err
	}
	statuses, err := f.statusesOf(ctx, head)
	if err != nil {
		return nil, err
	}
	var list []forge.Reason
	for _, want := range required {
		state := "missing"
		green := func(is string, ok bool) {
			if state == "missing" || state == "green" {
				if state = is; ok {
					state = "green"
				}
			}
		}
		for _, run := range runs {
			if run.GetName() == want.name && (want.app == 0 || run.GetApp().GetID() == want.app) {
				switch is := run.GetConclusion(); {
				case run.GetStatus() != "completed":
					green(run.GetStatus(), false)
				default:
					green(is, is == "success" || is == "neutral" || is == "skipped")
				}
			}
		}
		for _, s := range statuses { // the newest first
			if s.GetContext() == want.name && want.app == 0 {
				green(s.GetState(), s.GetState() == "success")
				break
			}
		}
		if state != "green" {
			list = append(list, forge.Reason{Kind: forge.ReasonChecks, Text: fmt.Sprintf("check %s is %s", want.name, state)})
		}
	}
	return list, nil
}
