-- +goose Up

-- Times are microseconds since 1970 in UTC, 0 = none. Numbers are E.164
-- without the plus, as integers. Append-only tables refuse change by trigger.

CREATE TABLE campaigns (
    id         INTEGER PRIMARY KEY,
    name       TEXT    NOT NULL UNIQUE,
    status     TEXT    NOT NULL,
    settings   TEXT    NOT NULL, -- campaigns.Campaign as JSON
    version    INTEGER NOT NULL, -- of the settings: the entry of the audit that holds them
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE lists (
    id         INTEGER PRIMARY KEY,
    campaign   INTEGER NOT NULL REFERENCES campaigns (id),
    name       TEXT    NOT NULL,
    priority   INTEGER NOT NULL,
    active     INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (campaign, name)
) STRICT;

CREATE TABLE loads (
    id         INTEGER PRIMARY KEY,
    campaign   INTEGER NOT NULL REFERENCES campaigns (id),
    list       INTEGER NOT NULL REFERENCES lists (id),
    source     TEXT    NOT NULL,
    policy     TEXT    NOT NULL,
    by         TEXT    NOT NULL,
    began_at   INTEGER NOT NULL,
    ended_at   INTEGER NOT NULL DEFAULT 0,
    undone_at  INTEGER NOT NULL DEFAULT 0,
    rows       INTEGER NOT NULL DEFAULT 0,
    added      INTEGER NOT NULL DEFAULT 0,
    updated    INTEGER NOT NULL DEFAULT 0,
    duplicates INTEGER NOT NULL DEFAULT 0,
    refused    INTEGER NOT NULL DEFAULT 0,
    first      INTEGER NOT NULL DEFAULT 0, -- contacts of the load lie from first
    last       INTEGER NOT NULL DEFAULT 0  -- to last, those of other loads between
) STRICT;

CREATE TABLE contacts (
    id       INTEGER PRIMARY KEY,
    campaign INTEGER NOT NULL,
    list     INTEGER NOT NULL,
    load     INTEGER NOT NULL,
    row      INTEGER NOT NULL,
    external TEXT    NOT NULL,
    name     TEXT    NOT NULL,
    company  TEXT    NOT NULL,
    language TEXT    NOT NULL,
    fields   TEXT    NOT NULL, -- JSON object, '' = none
    phones   TEXT    NOT NULL, -- JSON array
    zones    TEXT    NOT NULL, -- joined by spaces
    state    TEXT    NOT NULL DEFAULT 'ready',
    phone    INTEGER NOT NULL DEFAULT 0,
    tries    INTEGER NOT NULL DEFAULT 0,
    last     TEXT    NOT NULL DEFAULT '',
    next_at  INTEGER NOT NULL DEFAULT 0,
    callback INTEGER NOT NULL DEFAULT 0,
    agent    INTEGER NOT NULL DEFAULT 0
) STRICT;

-- One index per question, none with a time test over callable rows: a mixed
-- index makes a lease walk every row that is not yet due (150/s, not 19,000).
CREATE INDEX contacts_ready ON contacts (list, id) WHERE state = 'ready';
CREATE INDEX contacts_waiting ON contacts (campaign, next_at) WHERE state = 'waiting' AND callback = 0;
CREATE INDEX contacts_busy ON contacts (state) WHERE state IN ('leased', 'live');

-- Which contact of a campaign has a number: duplicates are found here.
CREATE TABLE numbers (
    campaign INTEGER NOT NULL,
    e164     INTEGER NOT NULL,
    contact  INTEGER NOT NULL,
    PRIMARY KEY (campaign, e164, contact)
) STRICT, WITHOUT ROWID;

-- How many contacts of a list stand in which state, kept with every move.
CREATE TABLE depths (
    list  INTEGER NOT NULL,
    state TEXT    NOT NULL,
    n     INTEGER NOT NULL,
    PRIMARY KEY (list, state)
) STRICT, WITHOUT ROWID;

CREATE TABLE attempts (
    seq        INTEGER PRIMARY KEY,
    id         TEXT    NOT NULL UNIQUE,
    campaign   INTEGER NOT NULL,
    list       INTEGER NOT NULL,
    contact    INTEGER NOT NULL,
    phone      INTEGER NOT NULL,
    e164       INTEGER NOT NULL,
    caller_id  TEXT    NOT NULL,
    mode       TEXT    NOT NULL,
    agent      INTEGER NOT NULL,
    callback   INTEGER NOT NULL,
    try        INTEGER NOT NULL,
    zones      TEXT    NOT NULL,
    script_ver TEXT    NOT NULL,
    intent_at  INTEGER NOT NULL,
    manual     INTEGER NOT NULL,
    settings   INTEGER NOT NULL, -- version in force
    retry_of   TEXT    NOT NULL, -- attempt before at the contact
    day_no     INTEGER NOT NULL, -- at the number within 24 h
    prev       BLOB    NOT NULL, -- link before
    hash       BLOB    NOT NULL,
    live       INTEGER CHECK (live = 1)
) STRICT;

CREATE UNIQUE INDEX attempts_live ON attempts (e164) WHERE live = 1;
CREATE INDEX attempts_number ON attempts (e164);
CREATE INDEX attempts_contact ON attempts (contact);

-- What a call did not have is null, which costs least to store and to read.
CREATE TABLE outcomes (
    seq            INTEGER PRIMARY KEY REFERENCES attempts (seq),
    campaign       INTEGER NOT NULL,
    intent_at      INTEGER NOT NULL,
    outcome        TEXT    NOT NULL,
    agent          INTEGER,
    trunk          TEXT,
    code           INTEGER,
    q850           INTEGER,
    reason         TEXT,
    ended_by       TEXT,
    error          TEXT,
    sent_at        INTEGER,
    ringing_at     INTEGER,
    answered_at    INTEGER,
    bridged_at     INTEGER,
    message_at     INTEGER,
    message_end_at INTEGER,
    ended_at       INTEGER,
    connect_delay  INTEGER, -- microseconds
    opt_out        INTEGER,
    packets_in     INTEGER,
    packets_out    INTEGER,
    loss           REAL,
    jitter_ms      REAL,
    mos            REAL,
    second_agent   INTEGER, -- who took the call over
    second_at      INTEGER,
    agent_loss     REAL,
    agent_jitter   REAL, -- milliseconds
    agent_mos      REAL,
    next_state     TEXT    NOT NULL,
    next_at        INTEGER,
    next_phone     INTEGER,
    recorded_at    INTEGER NOT NULL,
    prev           BLOB    NOT NULL,
    hash           BLOB    NOT NULL
) STRICT;

CREATE INDEX outcomes_tally ON outcomes (campaign, intent_at, outcome);

CREATE TABLE dispositions (
    seq       INTEGER PRIMARY KEY REFERENCES attempts (seq),
    key       TEXT    NOT NULL,
    agent     INTEGER NOT NULL,
    code      TEXT    NOT NULL,
    note      TEXT    NOT NULL,
    at        INTEGER NOT NULL,
    effect    TEXT    NOT NULL, -- what the code did to the contact, as it was then
    effect_at INTEGER NOT NULL,
    currency  TEXT    NOT NULL, -- of the order; '' = no order
    total     INTEGER NOT NULL, -- smallest unit of the currency
    extras    INTEGER NOT NULL  -- 1 order lines, 2 appointment, 4 answers, 8 callback
) STRICT;

CREATE TABLE order_lines (
    seq        INTEGER NOT NULL REFERENCES dispositions (seq),
    line       INTEGER NOT NULL,
    product    TEXT    NOT NULL,
    quantity   INTEGER NOT NULL,
    unit_price INTEGER NOT NULL,
    PRIMARY KEY (seq, line)
) STRICT, WITHOUT ROWID;

CREATE TABLE appointments (
    seq    INTEGER PRIMARY KEY REFERENCES dispositions (seq),
    at     INTEGER NOT NULL,
    zone   TEXT    NOT NULL,
    place  TEXT    NOT NULL,
    person TEXT    NOT NULL,
    note   TEXT    NOT NULL
) STRICT;

CREATE TABLE answers (
    seq      INTEGER NOT NULL REFERENCES dispositions (seq),
    line     INTEGER NOT NULL,
    question TEXT    NOT NULL,
    value    TEXT    NOT NULL,
    PRIMARY KEY (seq, line)
) STRICT, WITHOUT ROWID;

-- Due is when the callback is tried next: the agreed time at first, later
-- when a refusal or an unanswered try moved it.
CREATE TABLE callbacks (
    id       INTEGER PRIMARY KEY,
    campaign INTEGER NOT NULL,
    contact  INTEGER NOT NULL,
    attempt  INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    due      INTEGER NOT NULL,
    agent    INTEGER NOT NULL,
    note     TEXT    NOT NULL,
    done     INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX callbacks_due ON callbacks (campaign, due) WHERE done = 0;
CREATE INDEX callbacks_contact ON callbacks (contact);
CREATE INDEX callbacks_attempt ON callbacks (attempt);

-- The list as it stands, and its history.
CREATE TABLE do_not_call (
    e164 INTEGER PRIMARY KEY,
    seq  INTEGER NOT NULL -- the change that put it here
) STRICT;

CREATE TABLE do_not_call_changes (
    seq         INTEGER PRIMARY KEY,
    e164        INTEGER NOT NULL,
    removed     INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    channel     TEXT    NOT NULL,
    by          TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    seller      TEXT    NOT NULL,
    goods       TEXT    NOT NULL,
    reason      TEXT    NOT NULL,
    reference   TEXT    NOT NULL,
    attempt     TEXT    NOT NULL,
    campaign    INTEGER NOT NULL,
    batch       INTEGER NOT NULL -- first change of the batch it came in, its link in the chain
) STRICT;

CREATE INDEX do_not_call_changes_number ON do_not_call_changes (e164);

CREATE TABLE audit (
    seq     INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    kind    TEXT    NOT NULL,
    by      TEXT    NOT NULL,
    subject TEXT    NOT NULL,
    detail  TEXT    NOT NULL
) STRICT;

-- hash = SHA-256(hash before, seq, kind, ref, digest of the row).
CREATE TABLE chain (
    seq    INTEGER PRIMARY KEY,
    kind   TEXT    NOT NULL,
    ref    INTEGER NOT NULL,
    digest BLOB    NOT NULL,
    hash   BLOB    NOT NULL
) STRICT;

CREATE TABLE users (
    id            INTEGER PRIMARY KEY,
    login         TEXT    NOT NULL UNIQUE,
    name          TEXT    NOT NULL,
    role          TEXT    NOT NULL,
    password_hash TEXT    NOT NULL,
    extension     TEXT    NOT NULL,
    phone_md5     TEXT    NOT NULL, -- HA1 (RFC 7616) of the phone's secret
    phone_sha256  TEXT    NOT NULL,
    campaigns     TEXT    NOT NULL, -- JSON array of names
    disabled      INTEGER NOT NULL,
    created_at    INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX users_extension ON users (extension) WHERE extension <> '';

CREATE TABLE sessions (
    token   BLOB    PRIMARY KEY, -- SHA-256 of the token
    user    INTEGER NOT NULL,
    data    BLOB    NOT NULL,
    expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_user ON sessions (user);
CREATE INDEX sessions_expires ON sessions (expires);

-- One row, written again and again to see whether it can be.
CREATE TABLE pulse (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    at  INTEGER NOT NULL
) STRICT;

CREATE TABLE estimates (
    campaign INTEGER PRIMARY KEY,
    body     BLOB    NOT NULL,
    at       INTEGER NOT NULL
) STRICT;

CREATE TABLE idempotency (
    user    INTEGER NOT NULL,
    key     TEXT    NOT NULL,
    request BLOB    NOT NULL,
    answer  BLOB,
    expires INTEGER NOT NULL,
    PRIMARY KEY (user, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotency_expires ON idempotency (expires);

-- +goose StatementBegin
CREATE TRIGGER attempts_update BEFORE UPDATE OF seq, id, campaign, list, contact, phone, e164, caller_id, mode, agent,
    callback, try, zones, script_ver, intent_at, manual, settings, retry_of, day_no, prev, hash ON attempts
BEGIN SELECT RAISE(ABORT, 'attempts are append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER attempts_live_once BEFORE UPDATE OF live ON attempts WHEN OLD.live IS NOT 1 OR NEW.live IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'attempts are append-only: live goes to null once'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER attempts_delete BEFORE DELETE ON attempts
BEGIN SELECT RAISE(ABORT, 'attempts are append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER outcomes_update BEFORE UPDATE ON outcomes
BEGIN SELECT RAISE(ABORT, 'outcomes are append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER outcomes_delete BEFORE DELETE ON outcomes
BEGIN SELECT RAISE(ABORT, 'outcomes are append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER dispositions_update BEFORE UPDATE ON dispositions
BEGIN SELECT RAISE(ABORT, 'dispositions are append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER dispositions_delete BEFORE DELETE ON dispositions
BEGIN SELECT RAISE(ABORT, 'dispositions are append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER order_lines_update BEFORE UPDATE ON order_lines
BEGIN SELECT RAISE(ABORT, 'order lines are append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER order_lines_delete BEFORE DELETE ON order_lines
BEGIN SELECT RAISE(ABORT, 'order lines are append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER do_not_call_changes_update BEFORE UPDATE ON do_not_call_changes
BEGIN SELECT RAISE(ABORT, 'the history of do-not-call is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER do_not_call_changes_delete BEFORE DELETE ON do_not_call_changes
BEGIN SELECT RAISE(ABORT, 'the history of do-not-call is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_update BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_delete BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER chain_update BEFORE UPDATE ON chain
BEGIN SELECT RAISE(ABORT, 'the chain is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER chain_delete BEFORE DELETE ON chain
BEGIN SELECT RAISE(ABORT, 'the chain is append-only'); END;
-- +goose StatementEnd
