-- +goose Up

-- What calls are searched by, in columns of 65,536 calls: see package
-- callindex. It is made from the ledger and can be made again.
CREATE TABLE call_columns (
    name  TEXT    NOT NULL,
    block INTEGER NOT NULL, -- its first call has the seq block * 65536 + 1
    body  BLOB    NOT NULL,
    PRIMARY KEY (name, block)
) STRICT;

-- How far blocks follow the ledger: all blocks before top are to be there, and
-- hold what the chain had up to link.
CREATE TABLE call_index (
    one  INTEGER PRIMARY KEY CHECK (one = 1),
    top  INTEGER NOT NULL,
    link INTEGER NOT NULL
) STRICT;

-- Calls whose row changed without a link of their own, as at an erasure: they
-- are read again at the next search.
CREATE TABLE call_index_again (
    id  INTEGER PRIMARY KEY,
    seq INTEGER NOT NULL
) STRICT;

CREATE INDEX talks_agent ON talks (agent, attempt);

-- Files of calls that somebody asked for, and how far each has come.
CREATE TABLE exports (
    id         INTEGER PRIMARY KEY,
    user       INTEGER NOT NULL,
    by         TEXT    NOT NULL, -- login
    at         INTEGER NOT NULL,
    format     TEXT    NOT NULL,
    search     TEXT    NOT NULL, -- campaigns.CallSearch as JSON
    fields     TEXT    NOT NULL, -- names of columns, JSON array; '' = all
    reason     TEXT    NOT NULL,
    state      TEXT    NOT NULL,
    began_at   INTEGER NOT NULL DEFAULT 0,
    ended_at   INTEGER NOT NULL DEFAULT 0,
    expires_at INTEGER NOT NULL DEFAULT 0,
    rows       INTEGER NOT NULL DEFAULT 0,
    total      INTEGER NOT NULL DEFAULT 0,
    octets     INTEGER NOT NULL DEFAULT 0,
    sha256     TEXT    NOT NULL DEFAULT '',
    error      TEXT    NOT NULL DEFAULT ''
) STRICT;

CREATE INDEX exports_user ON exports (user, id);

-- Who did what to one thing, as who heard a recording; what one rule refused.
CREATE INDEX audit_subject ON audit (subject);
CREATE INDEX denials_rule ON denials (rule, at);
