package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/linnet-bot/linnet/pkg/forge"
)

// row is a merge request as the database has it: Head, State and what follows from them may be older than Git; see look.
type row struct {
	forge.MergeRequest
	base string // head of the target when it was opened
}

func loadRow(ctx context.Context, q querier, number int) (row, error) {
	rows, err := loadRows(ctx, q, `WHERE number = ?`, number)
	if err == nil && len(rows) == 0 {
		return row{}, fmt.Errorf("read merge request !%d: %w", number, forge.ErrNotFound)
	}
	if err != nil {
		return row{}, err
	}
	return rows[0], nil
}

func loadRows(ctx context.Context, q querier, where string, args ...any) (list []row, err error) {
	rows, err := q.QueryContext(ctx, `SELECT number, source, target, title, description, state, draft, author, head, base,
		merge_sha, merged_by, opened, updated, done,
		(SELECT json_group_array(name ORDER BY name) FROM labels WHERE number = m.number),
		(SELECT json_group_array(name ORDER BY name) FROM reviewers WHERE number = m.number)
		FROM merge_requests m `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read the merge requests: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var r row
		var author, mergedBy string
		var labels, reviewers []byte
		var opened, updated, done int64
		if err := rows.Scan(&r.Number, &r.Source, &r.Target, &r.Title, &r.Description, &r.State, &r.Draft, &author, &r.Head, &r.base,
			&r.MergeSHA, &mergedBy, &opened, &updated, &done, &labels, &reviewers); err != nil {
			return nil, fmt.Errorf("read the merge requests: %w", err)
		}
		if err := errors.Join(json.Unmarshal(labels, &r.Labels), json.Unmarshal(reviewers, &r.Reviewers)); err != nil {
			return nil, fmt.Errorf("read the labels and reviewers of merge request !%d: %w", r.Number, err)
		}
		r.Author, r.MergedBy = user(author), user(mergedBy)
		r.Opened, r.Updated, r.Done = fromNanos(opened), fromNanos(updated), fromNanos(done)
		list = append(list, r)
	}
	return list, rows.Err()
}

func saveRow(ctx context.Context, q querier, r row) error {
	_, err := q.ExecContext(ctx, `UPDATE merge_requests SET title = ?, description = ?, state = ?, draft = ?, head = ?, merge_sha = ?,
		merged_by = ?, updated = ?, done = ? WHERE number = ?`, r.Title, r.Description, r.State, r.Draft, r.Head, r.MergeSHA,
		r.MergedBy.Name, nanos(r.Updated), nanos(r.Done), r.Number)
	if err != nil {
		return fmt.Errorf("write merge request !%d: %w", r.Number, err)
	}
	return nil
}
