-- +goose Up
-- Times are nanoseconds since 1970 UTC.
CREATE TABLE looks (
	id          INTEGER PRIMARY KEY,
	environment TEXT    NOT NULL,
	at          INTEGER NOT NULL,
	UNIQUE (environment, at)
);

CREATE TABLE samples (
	look      INTEGER NOT NULL REFERENCES looks ON DELETE CASCADE,
	namespace TEXT    NOT NULL,
	revision  TEXT    NOT NULL, -- '' = the pods do not say
	proxies   INTEGER NOT NULL,
	PRIMARY KEY (look, namespace, revision)
) WITHOUT ROWID;

-- +goose Down
DROP TABLE samples;
DROP TABLE looks;
