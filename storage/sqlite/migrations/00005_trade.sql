-- +goose Up

-- How agents spend their time: one row for each stretch in one state. A row
-- whose end is 0 goes on; a start closes what a crash left open.
CREATE TABLE spells (
    agent    INTEGER NOT NULL,
    from_at  INTEGER NOT NULL,
    to_at    INTEGER NOT NULL,
    state    TEXT    NOT NULL,
    reason   TEXT    NOT NULL,
    campaign INTEGER NOT NULL,
    attempt  TEXT    NOT NULL,
    PRIMARY KEY (agent, from_at)
) STRICT, WITHOUT ROWID;

CREATE INDEX spells_from ON spells (from_at);
CREATE INDEX spells_open ON spells (to_at) WHERE to_at = 0;

-- When the writer of spells was last alive: open spells end there after a crash.
CREATE TABLE spells_seen (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    at  INTEGER NOT NULL
) STRICT;

-- What an agent did on a day is asked all day long.
CREATE INDEX outcomes_agent ON outcomes (agent, intent_at) WHERE agent IS NOT NULL;
CREATE INDEX outcomes_second ON outcomes (second_agent, intent_at) WHERE second_agent IS NOT NULL;
CREATE INDEX dispositions_agent ON dispositions (agent, at);

-- What a disposition says beside its columns, as JSON: terms and discounts of
-- the order, the read-back, a reason, a complaint, whom and how to meet. Part
-- of the disposition's link in the chain.
CREATE TABLE disposition_more (
    seq  INTEGER PRIMARY KEY REFERENCES dispositions (seq),
    body TEXT    NOT NULL
) STRICT;

-- +goose StatementBegin
CREATE TRIGGER disposition_more_update BEFORE UPDATE ON disposition_more
BEGIN SELECT RAISE(ABORT, 'dispositions are append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER disposition_more_delete BEFORE DELETE ON disposition_more
BEGIN SELECT RAISE(ABORT, 'dispositions are append-only'); END;
-- +goose StatementEnd

-- Whom people may meet, and when; campaign 0 = every campaign.
CREATE TABLE salespeople (
    id         INTEGER PRIMARY KEY,
    campaign   INTEGER NOT NULL,
    name       TEXT    NOT NULL,
    active     INTEGER NOT NULL,
    settings   TEXT    NOT NULL, -- campaigns.Salesperson as JSON
    created_at INTEGER NOT NULL
) STRICT;

-- Meetings as they stand: held while an agent talks, booked, cancelled. What
-- was agreed in the call stays in appointments.
CREATE TABLE bookings (
    id          INTEGER PRIMARY KEY,
    salesperson INTEGER NOT NULL, -- 0 = somebody without a calendar
    person      TEXT    NOT NULL,
    from_at     INTEGER NOT NULL,
    to_at       INTEGER NOT NULL,
    state       TEXT    NOT NULL,
    held_until  INTEGER NOT NULL,
    attempt     TEXT    NOT NULL, -- in which it was agreed
    campaign    INTEGER NOT NULL,
    contact     INTEGER NOT NULL,
    agent       INTEGER NOT NULL,
    zone        TEXT    NOT NULL, -- of the contact
    how         TEXT    NOT NULL, -- place, phone
    place       TEXT    NOT NULL,
    note        TEXT    NOT NULL,
    reason      TEXT    NOT NULL, -- of a cancellation
    sequence    INTEGER NOT NULL, -- how often it was changed (RFC 5545 section 3.8.7.4)
    created_at  INTEGER NOT NULL,
    changed_at  INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX bookings_slot ON bookings (salesperson, from_at) WHERE state = 'booked' AND salesperson <> 0;
CREATE INDEX bookings_time ON bookings (from_at);
CREATE INDEX bookings_person ON bookings (salesperson, from_at);
CREATE INDEX bookings_attempt ON bookings (attempt);
CREATE INDEX bookings_contact ON bookings (contact);

-- Complaints, and what became of them.
CREATE TABLE complaints (
    id         INTEGER PRIMARY KEY,
    attempt    INTEGER NOT NULL,
    campaign   INTEGER NOT NULL,
    contact    INTEGER NOT NULL,
    agent      INTEGER NOT NULL,
    department TEXT    NOT NULL,
    body       TEXT    NOT NULL,
    at         INTEGER NOT NULL,
    state      TEXT    NOT NULL, -- open, closed
    answer     TEXT    NOT NULL,
    changed_by TEXT    NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;

CREATE INDEX complaints_state ON complaints (state, id);
CREATE INDEX complaints_contact ON complaints (contact);

-- What an agent has filled in while the call goes on.
CREATE TABLE drafts (
    attempt  TEXT    PRIMARY KEY,
    agent    INTEGER NOT NULL,
    body     TEXT    NOT NULL, -- JSON object
    saved_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The further columns of a list in the order of its file.
CREATE TABLE load_columns (
    load    INTEGER PRIMARY KEY,
    columns TEXT NOT NULL -- JSON array
) STRICT;
