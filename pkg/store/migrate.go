package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

func provider(db *sql.DB) (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectSQLite3, db, files, goose.WithDisableGlobalRegistry(true))
}

// migrate brings the schema up to the newest that this program knows.
func migrate(ctx context.Context, db *sql.DB) error {
	p, err := provider(db)
	if err != nil {
		return err
	}
	has, newest, err := p.GetVersions(ctx)
	if err != nil {
		return err
	}
	if has > newest {
		return newerSchema(has, newest)
	}
	if has == newest {
		return nil
	}
	_, err = p.Up(ctx)
	return err
}

// schemaIsKnown wants the schema to be the one that this program writes. It changes nothing.
func schemaIsKnown(ctx context.Context, db *sql.DB) error {
	p, err := provider(db)
	if err != nil {
		return err
	}
	newest := int64(0)
	for _, source := range p.ListSources() {
		newest = max(newest, source.Version)
	}
	var has int64
	if err := db.QueryRowContext(ctx, "SELECT coalesce(max(version_id), 0) FROM "+goose.DefaultTablename).Scan(&has); err != nil {
		return fmt.Errorf("it is no history of Linnet (%w)", err)
	}
	switch {
	case has > newest:
		return newerSchema(has, newest)
	case has < newest:
		return fmt.Errorf("an older Linnet wrote it (schema %d, this one has %d); `linnet run` brings it up to date", has, newest)
	}
	return nil
}

func newerSchema(has, newest int64) error {
	return fmt.Errorf("a newer Linnet wrote it (schema %d, this one knows %d); use that one", has, newest)
}
