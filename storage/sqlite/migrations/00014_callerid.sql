-- +goose Up

-- Times are microseconds since 1970 in UTC, 0 = none. Everything here is in the
-- audit, and so in the chain, as well.

ALTER TABLE caller_ids ADD COLUMN area TEXT NOT NULL DEFAULT '';      -- E.164 beginnings of whom it is shown to
ALTER TABLE caller_ids ADD COLUMN rest INTEGER NOT NULL DEFAULT 0;    -- 1 = not shown any more that day above most
ALTER TABLE caller_ids ADD COLUMN blocked TEXT NOT NULL DEFAULT '';   -- why it is not to be shown; '' = it may be
ALTER TABLE caller_ids ADD COLUMN profile TEXT NOT NULL DEFAULT '';   -- address of the display profile (RFC 9795)

-- The right to show a number: written once, ended once.
CREATE TABLE caller_rights (
    id        TEXT    PRIMARY KEY,
    e164      INTEGER NOT NULL,
    holder    TEXT    NOT NULL,
    contract  TEXT    NOT NULL,
    document  TEXT    NOT NULL,
    name      TEXT    NOT NULL,
    from_at   INTEGER NOT NULL,
    until_at  INTEGER NOT NULL,
    by        TEXT    NOT NULL,
    at        INTEGER NOT NULL,
    ended_at  INTEGER NOT NULL DEFAULT 0,
    ended_by  TEXT    NOT NULL DEFAULT '',
    ended_why TEXT    NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;

CREATE INDEX caller_rights_number ON caller_rights (e164);

-- What came of test calls to numbers of ours.
CREATE TABLE caller_checks (
    e164     INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    answered INTEGER NOT NULL,
    after    INTEGER NOT NULL, -- microseconds until it was answered
    detail   TEXT    NOT NULL,
    trunk    TEXT    NOT NULL,
    by       TEXT    NOT NULL,
    test     TEXT    NOT NULL,
    PRIMARY KEY (e164, at)
) STRICT, WITHOUT ROWID;

-- +goose StatementBegin
CREATE TRIGGER caller_rights_update BEFORE UPDATE OF id, e164, holder, contract, document, name, from_at, until_at, by, at ON caller_rights
BEGIN SELECT RAISE(ABORT, 'rights to caller IDs are append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER caller_rights_end_once BEFORE UPDATE OF ended_at, ended_by, ended_why ON caller_rights WHEN OLD.ended_at <> 0
BEGIN SELECT RAISE(ABORT, 'rights to caller IDs end once'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER caller_rights_delete BEFORE DELETE ON caller_rights
BEGIN SELECT RAISE(ABORT, 'rights to caller IDs are append-only'); END;
-- +goose StatementEnd
