-- +goose Up

-- What happened during a call: holds, steps of the script, transfers, who
-- listened. Attempts are named by their place in the ledger.
CREATE TABLE call_events (
    id      INTEGER PRIMARY KEY,
    attempt INTEGER NOT NULL REFERENCES attempts (seq),
    at      INTEGER NOT NULL,
    kind    TEXT    NOT NULL,
    by      INTEGER NOT NULL, -- user, 0 = the house
    detail  TEXT    NOT NULL
) STRICT;

CREATE INDEX call_events_attempt ON call_events (attempt, at);

-- Which agents had the person, of calls that were passed on; the others' stand
-- in their outcome.
CREATE TABLE talks (
    attempt INTEGER NOT NULL REFERENCES attempts (seq),
    n       INTEGER NOT NULL,
    agent   INTEGER NOT NULL,
    from_at INTEGER NOT NULL,
    to_at   INTEGER NOT NULL,
    PRIMARY KEY (attempt, n)
) STRICT, WITHOUT ROWID;

-- Calls to outside numbers during a call: written before their INVITE, and again
-- when they have ended.
CREATE TABLE side_legs (
    id          TEXT    PRIMARY KEY,
    attempt     INTEGER NOT NULL REFERENCES attempts (seq),
    campaign    INTEGER NOT NULL,
    agent       INTEGER NOT NULL,
    e164        INTEGER NOT NULL,
    caller_id   TEXT    NOT NULL,
    intent_at   INTEGER NOT NULL,
    outcome     TEXT    NOT NULL DEFAULT '', -- empty while it goes on
    trunk       TEXT    NOT NULL DEFAULT '',
    code        INTEGER NOT NULL DEFAULT 0,
    answered_at INTEGER NOT NULL DEFAULT 0,
    ended_at    INTEGER NOT NULL DEFAULT 0,
    error       TEXT    NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;

CREATE INDEX side_legs_attempt ON side_legs (attempt);
CREATE INDEX side_legs_open ON side_legs (id) WHERE outcome = '';

-- The sound of calls, in files below the folder of recordings.
CREATE TABLE recordings (
    attempt  INTEGER PRIMARY KEY REFERENCES attempts (seq),
    path     TEXT    NOT NULL,
    began_at INTEGER NOT NULL,
    duration INTEGER NOT NULL, -- microseconds
    octets   INTEGER NOT NULL,
    sha256   TEXT    NOT NULL, -- hexadecimal
    gaps     TEXT    NOT NULL, -- JSON array of pauses, '' = none
    repaired INTEGER NOT NULL DEFAULT 0
) STRICT;
