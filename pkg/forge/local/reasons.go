package local

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/linnet-bot/linnet/pkg/forge"
)

// reasons lists what stands in the way of merging r at its head.
func (f *Forge) reasons(ctx context.Context, q querier, r row) ([]forge.Reason, error) {
	if r.State != forge.Open {
		return []forge.Reason{notOpen(r)}, nil
	}
	var list []forge.Reason
	if r.Draft {
		list = append(list, forge.Reason{Kind: forge.ReasonDraft, Text: "it is a draft"})
	}
	repo := f.repository()
	target, err := repo.head(r.Target)
	switch {
	case errors.Is(err, forge.ErrNotFound):
		list = append(list, forge.Reason{Kind: forge.ReasonPolicy, Text: fmt.Sprintf("its target %s is gone", r.Target)})
	case err != nil:
		return nil, err
	default:
		merged, conflicts, err := repo.Merge(target, r.Head)
		if err != nil {
			return nil, err
		}
		if len(conflicts) > 0 {
			list = append(list, conflict(r, conflicts))
			break
		}
		is, err := repo.FilesAt(target)
		if err != nil {
			return nil, err
		}
		if maps.Equal(merged, is) {
			list = append(list, forge.Reason{Kind: forge.ReasonNoChange, Text: fmt.Sprintf("%s holds its changes already", r.Target)})
		}
	}
	given, err := approvals(ctx, q, r.Number, r.Head)
	if err != nil {
		return nil, err
	}
	if n := given.Missing(); n > 0 {
		list = append(list, forge.Reason{Kind: forge.ReasonApprovals, Text: fmt.Sprintf("%d of %d approvals missing", n, given.Required)})
	}
	missing, err := missingChecks(ctx, q, r.Head)
	return append(list, missing...), err
}

func missingChecks(ctx context.Context, q querier, head string) ([]forge.Reason, error) {
	settings, err := getSettings(ctx, q)
	if err != nil {
		return nil, err
	}
	have, err := checks(ctx, q, head)
	if err != nil {
		return nil, err
	}
	var list []forge.Reason
	for _, want := range settings.RequiredChecks {
		state := forge.CheckState("missing")
		for _, c := range have {
			if c.Name != want.Name || want.By != "" && want.By != c.By.Name {
				continue
			}
			if state == "missing" || state == forge.Success {
				state = c.State
			}
		}
		if state != forge.Success {
			list = append(list, forge.Reason{Kind: forge.ReasonChecks, Text: fmt.Sprintf("check %s is %s", want.Name, state)})
		}
	}
	return list, nil
}

func notOpen(r row) forge.Reason {
	return forge.Reason{Kind: forge.ReasonNotOpen, Text: "it is " + string(r.State)}
}

func conflict(r row, paths []string) forge.Reason {
	return forge.Reason{Kind: forge.ReasonConflict, Text: fmt.Sprintf("conflict with %s in %s", r.Target, strings.Join(paths, ", "))}
}
