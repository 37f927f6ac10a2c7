-- +goose Up

-- Documents of rules, whole, by the hash of their source. What was ever adopted
-- stays: decisions are judged again by it.
CREATE TABLE rule_sets (
    sha256   BLOB    PRIMARY KEY, -- of the source
    id       TEXT    NOT NULL,
    version  INTEGER NOT NULL,
    source   BLOB    NOT NULL,
    added_at INTEGER NOT NULL
) STRICT;

-- What the house put in force and took out of it, in order. In force is, of each
-- id, the last one that was not dropped.
CREATE TABLE adoptions (
    seq         INTEGER PRIMARY KEY,
    id          TEXT    NOT NULL,
    version     INTEGER NOT NULL,
    sha256      BLOB    NOT NULL REFERENCES rule_sets (sha256),
    dropped     INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    by          TEXT    NOT NULL,
    approved_by TEXT    NOT NULL,
    reason      TEXT    NOT NULL
) STRICT;

-- Files of holidays as they were, by the hash of their source.
CREATE TABLE holiday_files (
    sha256   BLOB    PRIMARY KEY,
    source   BLOB    NOT NULL,
    added_at INTEGER NOT NULL
) STRICT;

-- Everything that was in force together at one time.
CREATE TABLE books (
    id       INTEGER PRIMARY KEY,
    hash     BLOB    NOT NULL UNIQUE,
    sets     TEXT    NOT NULL, -- JSON array of the sets' hashes, hexadecimal
    holidays TEXT    NOT NULL, -- JSON array of the hashes of the files
    at       INTEGER NOT NULL
) STRICT;

-- Which of them judges calls now.
CREATE TABLE book_in_force (
    one  INTEGER PRIMARY KEY CHECK (one = 1),
    book INTEGER NOT NULL REFERENCES books (id)
) STRICT;

-- What decisions know of campaigns: the terms under which they call.
CREATE TABLE terms (
    id   INTEGER PRIMARY KEY,
    hash BLOB    NOT NULL UNIQUE,
    body TEXT    NOT NULL -- JSON
) STRICT;

-- The decision of every attempt that we placed: what was known, and every verdict.
CREATE TABLE decisions (
    attempt INTEGER PRIMARY KEY REFERENCES attempts (seq),
    book    INTEGER NOT NULL REFERENCES books (id),
    terms   INTEGER NOT NULL REFERENCES terms (id),
    at      INTEGER NOT NULL,
    record  BLOB    NOT NULL
) STRICT;

-- Refusals, once for a number, a campaign, a first reason and the time until
-- which it holds. The number goes to 0 when the person is forgotten.
CREATE TABLE denials (
    seq      INTEGER PRIMARY KEY,
    id       TEXT    NOT NULL UNIQUE,
    e164     INTEGER NOT NULL,
    contact  INTEGER NOT NULL,
    campaign INTEGER NOT NULL,
    rule     TEXT    NOT NULL,
    next_at  INTEGER NOT NULL, -- 0 = by no time
    settings INTEGER NOT NULL, -- version in force
    book     INTEGER NOT NULL REFERENCES books (id),
    terms    INTEGER NOT NULL REFERENCES terms (id),
    at       INTEGER NOT NULL,
    record   BLOB    NOT NULL
) STRICT;

CREATE UNIQUE INDEX denials_once ON denials (e164, campaign, rule, next_at) WHERE e164 <> 0;
CREATE INDEX denials_campaign ON denials (campaign, at);

-- All refusals, counted by the minute, of calls that were about to be placed.
CREATE TABLE refusals (
    minute   INTEGER NOT NULL, -- minutes since 1970
    campaign INTEGER NOT NULL,
    rule     TEXT    NOT NULL,
    n        INTEGER NOT NULL,
    PRIMARY KEY (minute, campaign, rule)
) STRICT, WITHOUT ROWID;

-- +goose StatementBegin
CREATE TRIGGER rule_sets_update BEFORE UPDATE ON rule_sets
BEGIN SELECT RAISE(ABORT, 'documents of rules do not change'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER rule_sets_delete BEFORE DELETE ON rule_sets
BEGIN SELECT RAISE(ABORT, 'documents of rules do not change'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER adoptions_update BEFORE UPDATE ON adoptions
BEGIN SELECT RAISE(ABORT, 'adoptions are append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER adoptions_delete BEFORE DELETE ON adoptions
BEGIN SELECT RAISE(ABORT, 'adoptions are append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER decisions_update BEFORE UPDATE ON decisions
BEGIN SELECT RAISE(ABORT, 'decisions are append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER denials_update BEFORE UPDATE ON denials WHEN NEW.e164 <> 0 OR NEW.contact <> 0 OR NEW.record <> OLD.record OR NEW.at <> OLD.at
    OR NEW.rule <> OLD.rule OR NEW.book <> OLD.book OR NEW.terms <> OLD.terms OR NEW.campaign <> OLD.campaign OR NEW.id <> OLD.id
BEGIN SELECT RAISE(ABORT, 'denials are append-only: only the person may be forgotten'); END;
-- +goose StatementEnd
