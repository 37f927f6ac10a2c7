-- +goose Up

ALTER TABLE users ADD COLUMN team TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN language TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN start TEXT NOT NULL DEFAULT '';

-- Share among the lists of a campaign that have one; 0 = by priority alone.
ALTER TABLE lists ADD COLUMN weight INTEGER NOT NULL DEFAULT 0;

-- What scorers thought of calls, with the form as it was then.
CREATE TABLE scores (
    attempt   TEXT    NOT NULL,
    scorer    INTEGER NOT NULL,
    campaign  INTEGER NOT NULL,
    agent     INTEGER NOT NULL, -- whose call it was
    called_at INTEGER NOT NULL, -- when the call began
    at        INTEGER NOT NULL,
    share     REAL    NOT NULL, -- of the points, 0 to 1; -1 = the form has no points
    fatal     INTEGER NOT NULL,
    comment   TEXT    NOT NULL,
    answers   TEXT    NOT NULL, -- JSON
    form      TEXT    NOT NULL, -- JSON
    PRIMARY KEY (attempt, scorer)
) STRICT, WITHOUT ROWID;

CREATE INDEX scores_called ON scores (called_at);

-- Planned shifts; worked ones are the spells of agents.
CREATE TABLE shifts (
    id         INTEGER PRIMARY KEY,
    agent      INTEGER NOT NULL,
    from_at    INTEGER NOT NULL,
    to_at      INTEGER NOT NULL,
    kind       TEXT    NOT NULL,
    note       TEXT    NOT NULL,
    by         TEXT    NOT NULL,
    planned_at INTEGER NOT NULL
) STRICT;

CREATE INDEX shifts_agent ON shifts (agent, from_at);
CREATE INDEX shifts_from ON shifts (from_at);

-- Lines to the desk of one agent, or of all (agent 0), and who has read them.
CREATE TABLE messages (
    id    INTEGER PRIMARY KEY,
    at    INTEGER NOT NULL,
    by    TEXT    NOT NULL,
    agent INTEGER NOT NULL,
    text  TEXT    NOT NULL
) STRICT;

CREATE INDEX messages_agent ON messages (agent, at);

CREATE TABLE message_reads (
    agent   INTEGER NOT NULL,
    message INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (agent, message)
) STRICT, WITHOUT ROWID;

CREATE TABLE webhooks (
    id         INTEGER PRIMARY KEY,
    name       TEXT    NOT NULL,
    url        TEXT    NOT NULL,
    secret     TEXT    NOT NULL,
    old_secret TEXT    NOT NULL, -- the one before, signs as well until old_until
    old_until  INTEGER NOT NULL,
    events     TEXT    NOT NULL, -- JSON array; none = all
    campaign   INTEGER NOT NULL, -- 0 = all
    enabled    INTEGER NOT NULL,
    failing_at INTEGER NOT NULL, -- since when nothing arrived; 0 = the last did
    alert      TEXT    NOT NULL, -- why it was switched off by itself
    by         TEXT    NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

-- How far the chain of the ledger has been turned into deliveries.
CREATE TABLE webhook_cursor (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    seq INTEGER NOT NULL
) STRICT;

CREATE TABLE deliveries (
    id         INTEGER PRIMARY KEY,
    webhook    INTEGER NOT NULL,
    event      TEXT    NOT NULL, -- id of the event, the same for every webhook and try
    kind       TEXT    NOT NULL,
    body       TEXT    NOT NULL,
    state      TEXT    NOT NULL, -- pending, delivered, given_up
    tries      INTEGER NOT NULL,
    next_at    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    status     INTEGER NOT NULL, -- of the last try; 0 = no answer came
    took       INTEGER NOT NULL, -- microseconds
    error      TEXT    NOT NULL,
    answer     TEXT    NOT NULL, -- its first bytes
    tried_at   INTEGER NOT NULL
) STRICT;

CREATE INDEX deliveries_due ON deliveries (webhook, next_at) WHERE state = 'pending';
CREATE INDEX deliveries_webhook ON deliveries (webhook, id);
CREATE INDEX deliveries_created ON deliveries (created_at);
CREATE UNIQUE INDEX deliveries_once ON deliveries (webhook, event);

CREATE TABLE prompts (
    file     TEXT    PRIMARY KEY,
    title    TEXT    NOT NULL,
    language TEXT    NOT NULL,
    octets   INTEGER NOT NULL,
    length   INTEGER NOT NULL, -- microseconds
    by       TEXT    NOT NULL,
    at       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE caller_ids (
    e164   INTEGER PRIMARY KEY,
    label  TEXT    NOT NULL,
    region TEXT    NOT NULL,
    pool   TEXT    NOT NULL,
    most   INTEGER NOT NULL, -- calls a day above which it is warned of; 0 = never
    by     TEXT    NOT NULL,
    at     INTEGER NOT NULL
) STRICT;

-- Numbers that somebody vouched for: test calls go nowhere else.
CREATE TABLE test_numbers (
    e164  INTEGER PRIMARY KEY,
    label TEXT    NOT NULL,
    by    TEXT    NOT NULL,
    at    INTEGER NOT NULL
) STRICT;

CREATE TABLE test_calls (
    id         TEXT    PRIMARY KEY,
    trunk      TEXT    NOT NULL,
    e164       INTEGER NOT NULL,
    by         TEXT    NOT NULL,
    intent_at  INTEGER NOT NULL,
    ended_at   INTEGER NOT NULL,
    outcome    TEXT    NOT NULL,
    code       INTEGER NOT NULL,
    detail     TEXT    NOT NULL -- JSON
) STRICT, WITHOUT ROWID;

-- What holds for the whole house, a value by its name.
CREATE TABLE house (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
