-- +goose Up
-- Webhooks that came in, so that none is acted on twice, also not by a process that was not there the first time. Times are nanoseconds since 1970 UTC.
CREATE TABLE deliveries (
	key         TEXT    PRIMARY KEY,
	at          INTEGER NOT NULL,
	quarantined INTEGER NOT NULL DEFAULT 0 -- 1 = its event made the program panic
) WITHOUT ROWID;

CREATE INDEX deliveries_by_age ON deliveries (quarantined, at);

-- +goose Down
DROP TABLE deliveries;
