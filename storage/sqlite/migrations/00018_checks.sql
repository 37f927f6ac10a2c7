-- +goose Up

-- What others answered about numbers, for rules that ask for a check. An answer
-- is never changed; an erasure of the person deletes it.
CREATE TABLE number_checks (
    e164        INTEGER NOT NULL,
    name        TEXT    NOT NULL, -- of the check: rnd, in-dlt
    at          INTEGER NOT NULL, -- when it was made, microseconds since 1970 in UTC
    ok          INTEGER NOT NULL, -- 1 = nothing is in the way
    answer      TEXT    NOT NULL,
    by          TEXT    NOT NULL,
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (e164, name, at)
) STRICT, WITHOUT ROWID;

-- +goose StatementBegin
CREATE TRIGGER number_checks_update BEFORE UPDATE ON number_checks
BEGIN SELECT RAISE(ABORT, 'the answer of a check is never changed'); END;
-- +goose StatementEnd
