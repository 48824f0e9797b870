package store

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"time"
)

// Look is what was counted in a cluster at one moment.
type Look struct {
	Environment string    `json:"environment"`
	At          time.Time `json:"at"`
	Counts      []Count   `json:"counts"` // by namespace, then revision
}

// Count is how many proxies of a namespace one revision injected; "" is a revision that the pods do not tell.
type Count struct {
	Namespace string `json:"namespace"`
	Revision  string `json:"revision"`
	Proxies   int    `json:"proxies"`
}

// tiers say which looks stay: of those older than After, the last of each Every.
var tiers = []struct{ After, Every time.Duration }{
	{After: 24 * time.Hour, Every: 10 * time.Minute},
	{After: 14 * 24 * time.Hour, Every: time.Hour},
}

// thinEvery is how often looks are thinned.
const thinEvery = time.Hour

// AddLook keeps a look; one of the same environment and moment is there already and stays. Now and then it thins old ones; their age is counted from
// the new one.
func (s *Store) AddLook(ctx context.Context, l Look) error {
	return s.write(ctx, func(tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, "INSERT OR IGNORE INTO looks (environment, at) VALUES (?, ?)", l.Environment, l.At.UnixNano())
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n == 0 {
			return err
		}
		id, err := done.LastInsertId()
		if err != nil {
			return err
		}
		for _, c := range l.Counts {
			if _, err := tx.ExecContext(ctx, "INSERT INTO samples (look, namespace, revision, proxies) VALUES (?, ?, ?, ?)", id, c.Namespace, c.Revision, c.Proxies); err != nil {
				return err
			}
		}
		if age := l.At.Sub(s.thinned); !s.thinned.IsZero() && age >= 0 && age < thinEvery {
			return nil
		}
		s.thinned = l.At
		return thin(ctx, tx, l.At, s.options.Retention)
	})
}

func thin(ctx context.Context, tx *sql.Tx, now time.Time, retention time.Duration) error {
	if _, err := tx.ExecContext(ctx, "DELETE FROM looks WHERE at < ?", now.Add(-retention).UnixNano()); err != nil {
		return err
	}
	for _, t := range tiers {
		every := int64(t.Every)
		before := now.Add(-t.After).UnixNano() / every * every // whole ones only
		_, err := tx.ExecContext(ctx, `DELETE FROM looks WHERE at < ?1 AND EXISTS (
			SELECT 1 FROM looks later WHERE later.environment = looks.environment AND later.at > looks.at AND later.at < (looks.at / ?2 + 1) * ?2)`, before, every)
		if err != nil {
			return err
		}
	}
	return nil
}

// Looks lists looks, the oldest first.
func (s *Store) Looks(ctx context.Context, f Filter) ([]Look, error) {
	all := []Look{}
	last := int64(-1)
	err := s.query(ctx, func(rows *sql.Rows) error {
		var id, at int64
		var environment string
		var namespace, revision sql.NullString
		var proxies sql.NullInt64
		if err := rows.Scan(&id, &environment, &at, &namespace, &revision, &proxies); err != nil {
			return err
		}
		if id != last {
			all, last = append(all, Look{Environment: environment, At: time.Unix(0, at).UTC(), Counts: []Count{}}), id
		}
		if l := &all[len(all)-1]; namespace.Valid {
			l.Counts = append(l.Counts, Count{namespace.String, revision.String, int(proxies.Int64)})
		}
		return nil
	}, `SELECT l.id, l.environment, l.at, s.namespace, s.revision, s.proxies FROM looks l LEFT JOIN samples s ON s.look = l.id
		WHERE (?1 = '' OR l.environment = ?1) AND l.at >= ?2 ORDER BY l.at, l.id, s.namespace, s.revision`, f.Environment, nanos(f.Since))
	return all, err
}

// nanos is before everything for the zero time.
func nanos(t time.Time) int64 {
	if t.IsZero() {
		return -1 << 63
	}
	return t.UnixNano()
}

// Revisions sums a look by revision, in the order of their names.
func (l Look) Revisions() []Count {
	var all []Count
	for _, c := range l.Counts {
		i := 0
		for i < len(all) && all[i].Revision != c.Revision {
			i++
		}
		if i == len(all) {
			all = append(all, Count{Revision: c.Revision})
		}
		all[i].Proxies += c.Proxies
	}
	slices.SortFunc(all, func(a, b Count) int { return cmp.Compare(a.Revision, b.Revision) })
	return all
}
