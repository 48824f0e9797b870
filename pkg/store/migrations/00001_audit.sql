-- +goose Up
-- One row for each thing that happened, in the order in which it was recorded. The entry is canonical JSON and holds everything; the other columns are
-- read from it, so that they cannot say something else.
CREATE TABLE audit (
	seq         INTEGER PRIMARY KEY,
	entry       TEXT NOT NULL,
	hash        TEXT NOT NULL,            -- SHA-256 of the entry, which names the hash of the row before
	seal        TEXT NOT NULL DEFAULT '', -- HMAC-SHA256 of the hash with the state key; '' without one
	subject     TEXT GENERATED ALWAYS AS (CASE WHEN json_valid(entry) THEN entry ->> '$.subject' END) VIRTUAL,
	environment TEXT GENERATED ALWAYS AS (CASE WHEN json_valid(entry) THEN entry ->> '$.environment' END) VIRTUAL
);

CREATE INDEX audit_by_subject ON audit (subject, seq);

-- These stop a slip of the hand. Who means it can drop them; that is what the hashes are for.
-- +goose StatementBegin
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
BEGIN
	SELECT RAISE(ABORT, 'rows of the audit log are never changed');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit
BEGIN
	SELECT RAISE(ABORT, 'rows of the audit log are never deleted');
END;
-- +goose StatementEnd

-- +goose Down
DROP TABLE audit;
