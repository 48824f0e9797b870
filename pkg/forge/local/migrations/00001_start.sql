-- +goose Up
-- Times are nanoseconds since 1970 UTC. Git holds branches, commits and files; nothing of those is stored here but the SHAs that a row is about.
CREATE TABLE project (
	only_row           INTEGER PRIMARY KEY CHECK (only_row = 1),
	default_branch     TEXT    NOT NULL,
	required_approvals INTEGER NOT NULL
);

CREATE TABLE required_checks (
	name TEXT NOT NULL,
	user TEXT NOT NULL, -- '' means anybody
	PRIMARY KEY (name, user)
);

CREATE TABLE merge_requests (
	number      INTEGER PRIMARY KEY AUTOINCREMENT,
	source      TEXT    NOT NULL,
	target      TEXT    NOT NULL,
	title       TEXT    NOT NULL,
	description TEXT    NOT NULL,
	state       TEXT    NOT NULL CHECK (state IN ('open', 'merged', 'closed')),
	draft       INTEGER NOT NULL,
	author      TEXT    NOT NULL,
	head        TEXT    NOT NULL, -- of the source when last looked at; final once merged or closed
	base        TEXT    NOT NULL, -- of the target when it was opened
	merge_sha   TEXT    NOT NULL DEFAULT '',
	merged_by   TEXT    NOT NULL DEFAULT '',
	opened      INTEGER NOT NULL,
	updated     INTEGER NOT NULL,
	done        INTEGER NOT NULL DEFAULT 0
);

CREATE UNIQUE INDEX one_open_per_pair ON merge_requests (source, target) WHERE state = 'open';

CREATE TABLE labels (
	number INTEGER NOT NULL REFERENCES merge_requests,
	name   TEXT    NOT NULL,
	PRIMARY KEY (number, name)
);

CREATE TABLE reviewers (
	number INTEGER NOT NULL REFERENCES merge_requests,
	name   TEXT    NOT NULL,
	PRIMARY KEY (number, name)
);

CREATE TABLE approvals (
	number INTEGER NOT NULL REFERENCES merge_requests,
	user   TEXT    NOT NULL,
	head   TEXT    NOT NULL,
	at     INTEGER NOT NULL,
	PRIMARY KEY (number, user)
);

CREATE TABLE checks (
	sha     TEXT    NOT NULL,
	name    TEXT    NOT NULL,
	user    TEXT    NOT NULL,
	state   TEXT    NOT NULL,
	title   TEXT    NOT NULL,
	summary TEXT    NOT NULL,
	url     TEXT    NOT NULL,
	updated INTEGER NOT NULL,
	PRIMARY KEY (sha, name, user)
);

CREATE TABLE comments (
	id      INTEGER PRIMARY KEY AUTOINCREMENT,
	number  INTEGER NOT NULL REFERENCES merge_requests,
	user    TEXT    NOT NULL,
	body    TEXT    NOT NULL,
	created INTEGER NOT NULL,
	edited  INTEGER NOT NULL DEFAULT 0
);

CREATE INDEX comments_of ON comments (number, id);

CREATE TABLE reactions (
	id      INTEGER PRIMARY KEY AUTOINCREMENT,
	comment INTEGER NOT NULL REFERENCES comments ON DELETE CASCADE,
	user    TEXT    NOT NULL,
	kind    TEXT    NOT NULL,
	UNIQUE (comment, user, kind)
);

-- +goose Down
DROP TABLE reactions;
DROP TABLE comments;
DROP TABLE checks;
DROP TABLE approvals;
DROP TABLE reviewers;
DROP TABLE labels;
DROP TABLE merge_requests;
DROP TABLE required_checks;
DROP TABLE project;
