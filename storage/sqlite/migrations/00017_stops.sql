-- +goose Up

-- Kill switches. A stop is thrown once and lifted once; both stand in the
-- audit, and so in the chain, as well.
CREATE TABLE stops (
    id         INTEGER PRIMARY KEY,
    scope      TEXT    NOT NULL, -- house, campaign, caller_id, jurisdiction
    value      TEXT    NOT NULL,
    reason     TEXT    NOT NULL,
    by         TEXT    NOT NULL,
    at         INTEGER NOT NULL, -- microseconds since 1970 in UTC
    lifted_at  INTEGER NOT NULL DEFAULT 0, -- 0 = it holds
    lifted_by  TEXT    NOT NULL DEFAULT '',
    lifted_why TEXT    NOT NULL DEFAULT ''
) STRICT;

CREATE INDEX stops_holding ON stops (id) WHERE lifted_at = 0;

-- +goose StatementBegin
CREATE TRIGGER stops_update BEFORE UPDATE ON stops WHEN OLD.lifted_at <> 0
    OR NEW.id <> OLD.id OR NEW.scope <> OLD.scope OR NEW.value <> OLD.value OR NEW.reason <> OLD.reason OR NEW.by <> OLD.by OR NEW.at <> OLD.at
BEGIN SELECT RAISE(ABORT, 'a stop is thrown once and lifted once'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER stops_delete BEFORE DELETE ON stops
BEGIN SELECT RAISE(ABORT, 'stops are append-only'); END;
-- +goose StatementEnd
