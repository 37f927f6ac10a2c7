-- +goose Up

-- When the last attempt that ended was begun: odds ask how long ago that was.
ALTER TABLE contacts ADD COLUMN tried_at INTEGER NOT NULL DEFAULT 0;

UPDATE contacts SET tried_at = COALESCE((SELECT intent_at FROM attempts WHERE contact = contacts.id AND live IS NULL
    ORDER BY seq DESC LIMIT 1), 0)
    WHERE tries > 0 OR last <> '';

-- What a campaign has learned of who answers.
CREATE TABLE odds (
    campaign INTEGER PRIMARY KEY,
    body     BLOB    NOT NULL,
    at       INTEGER NOT NULL
) STRICT;

-- What pacing saw and decided, a row for each minute of a campaign. They are
-- no part of the ledger and are dropped when they are old.
CREATE TABLE tapes (
    campaign INTEGER NOT NULL,
    from_at  INTEGER NOT NULL,
    body     BLOB    NOT NULL,
    PRIMARY KEY (campaign, from_at)
) STRICT;

CREATE INDEX tapes_from ON tapes (from_at);

-- Planned breaks of agents; one without an end is the end of the shift.
CREATE TABLE breaks (
    id         INTEGER PRIMARY KEY,
    agent      INTEGER NOT NULL,
    from_at    INTEGER NOT NULL,
    to_at      INTEGER NOT NULL,
    reason     TEXT    NOT NULL,
    by         TEXT    NOT NULL,
    planned_at INTEGER NOT NULL
) STRICT;

CREATE INDEX breaks_agent ON breaks (agent, from_at);
