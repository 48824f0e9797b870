package crash

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// copyWorld copies a world that nobody works on. Objects of Git are never written to again, so both worlds may hold the same.
func copyWorld(from, to string) error {
	return filepath.WalkDir(from, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		target := filepath.Join(to, strings.TrimPrefix(name, from))
		switch {
		case d.IsDir():
			return os.MkdirAll(target, 0o755)
		case strings.HasSuffix(name, "-shm"):
			return nil // SQLite makes it anew from the write-ahead log
		case strings.Contains(name, "/repo.git/objects/"):
			return os.Link(name, target)
		}
		content, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		return os.WriteFile(target, content, 0o644)
	})
}

// says is everything in a world that anybody can see, one line for each row, branch and file that is no object of Git.
func says(world string) ([]string, error) {
	var all []string
	for _, name := range []string{"forge/forge.db", "history.db"} {
		if _, err := os.Stat(filepath.Join(world, name)); errors.Is(err, fs.ErrNotExist) {
			continue // nobody has looked yet
		}
		rows, err := rowsOf(filepath.Join(world, name))
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		for _, row := range rows {
			all = append(all, name+" "+row)
		}
	}
	files, err := looseFiles(filepath.Join(world, "forge"))
	return append(all, files...), err
}

// looseFiles are the branches, what is left of locks, and the journal. Names in the journal are random.
func looseFiles(dir string) ([]string, error) {
	var all []string
	for _, below := range []string{"repo.git/refs", "repo.git/packed-refs", "repo.git/HEAD", "journal"} {
		err := filepath.WalkDir(filepath.Join(dir, below), func(name string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil || d.IsDir() {
				return err
			}
			content, err := os.ReadFile(name)
			all = append(all, fmt.Sprintf("%s: %s", random.ReplaceAllString(strings.TrimPrefix(name, dir+"/"), "journal/*."), content))
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	slices.Sort(all)
	return all, nil
}

var random = regexp.MustCompile(`^journal/\d+\.`)

// rowsOf reads every table of a database, but for the one that tells when the tables were made.
func rowsOf(path string) (all []string, err error) {
	// Reading only, so that what a dead process left in the write-ahead log stays where it is for the next one.
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: path, RawQuery: "mode=ro&_pragma=busy_timeout(10000)"}).String())
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	tables, err := column(db, "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'goose_db_version' ORDER BY name")
	if err != nil {
		return nil, err
	}
	for _, table := range tables {
		columns, err := column(db, "SELECT name FROM pragma_table_info('"+table+"') ORDER BY cid")
		if err != nil {
			return nil, err
		}
		rows, err := column(db, "SELECT json_array("+strings.Join(columns, ", ")+") FROM "+table)
		if err != nil {
			return nil, err
		}
		slices.Sort(rows)
		for _, row := range rows {
			all = append(all, table+" "+row)
		}
	}
	return all, nil
}

func column(db *sql.DB, query string) (all []string, err error) {
	rows, err := db.QueryContext(context.Background(), query)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var one string
		if err := rows.Scan(&one); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}
