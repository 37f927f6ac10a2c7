-- +goose Up

-- Row format 2 of the ledger: the digest of a row holds its public columns
-- and a commitment to its personal ones. The commitment opens with the salt of
-- the number; without the salt it says nothing, and the chain stands.
CREATE TABLE subjects (
    e164 INTEGER PRIMARY KEY, -- minus the attempt's seq for a number that was withheld
    salt BLOB    NOT NULL
) STRICT;

ALTER TABLE attempts ADD COLUMN format INTEGER NOT NULL DEFAULT 1;
ALTER TABLE attempts ADD COLUMN commitment BLOB;
ALTER TABLE attempts ADD COLUMN erased INTEGER NOT NULL DEFAULT 0;
ALTER TABLE attempts ADD COLUMN decision BLOB;    -- SHA-256 of the decision's record
ALTER TABLE attempts ADD COLUMN ruleset BLOB;     -- hash of the rule book in force
ALTER TABLE attempts ADD COLUMN jurisdictions TEXT;
ALTER TABLE attempts ADD COLUMN zone_source TEXT;
ALTER TABLE attempts ADD COLUMN reserved INTEGER; -- 1 = one agent was kept free for it
ALTER TABLE attempts ADD COLUMN consent TEXT;     -- entries of the ledger of consents that it stood on
ALTER TABLE attempts ADD COLUMN cli_authorization TEXT;
ALTER TABLE attempts ADD COLUMN party_kind TEXT;  -- consumer, business
ALTER TABLE attempts ADD COLUMN month_no INTEGER; -- at the number within 30 days

ALTER TABLE outcomes ADD COLUMN format INTEGER NOT NULL DEFAULT 1;
ALTER TABLE outcomes ADD COLUMN greeting_start INTEGER;
ALTER TABLE outcomes ADD COLUMN greeting_end INTEGER;
ALTER TABLE outcomes ADD COLUMN greeting_source TEXT; -- vad, none
ALTER TABLE outcomes ADD COLUMN attest TEXT;          -- STIR/SHAKEN: A, B, C, or what the carrier said
ALTER TABLE outcomes ADD COLUMN verstat TEXT;
ALTER TABLE outcomes ADD COLUMN late INTEGER;         -- 1 = the agent came late
ALTER TABLE outcomes ADD COLUMN amd TEXT;
ALTER TABLE outcomes ADD COLUMN message_sha BLOB;     -- which recording was played

ALTER TABLE dispositions ADD COLUMN format INTEGER NOT NULL DEFAULT 1;
ALTER TABLE dispositions ADD COLUMN commitment BLOB;
ALTER TABLE dispositions ADD COLUMN erased INTEGER NOT NULL DEFAULT 0;

ALTER TABLE do_not_call_changes ADD COLUMN format INTEGER NOT NULL DEFAULT 1;
ALTER TABLE do_not_call_changes ADD COLUMN commitment BLOB;
ALTER TABLE do_not_call_changes ADD COLUMN erased INTEGER NOT NULL DEFAULT 0;

-- What was written stays, but personal columns may be emptied once, with the
-- mark that they were: the chained erasure says how many, why and by whom.
DROP TRIGGER attempts_update;
-- +goose StatementBegin
CREATE TRIGGER attempts_update BEFORE UPDATE OF seq, id, campaign, list, phone, caller_id, mode, agent, callback, try, zones,
    script_ver, intent_at, manual, settings, retry_of, day_no, prev, hash, format, commitment, decision, ruleset, jurisdictions,
    zone_source, reserved, consent, cli_authorization, party_kind, month_no ON attempts
BEGIN SELECT RAISE(ABORT, 'attempts are append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER attempts_erase BEFORE UPDATE OF e164, contact, erased ON attempts
WHEN OLD.erased <> 0 OR OLD.live IS NOT NULL OR NEW.erased <> 1 OR NEW.e164 <> 0 OR NEW.contact <> 0
BEGIN SELECT RAISE(ABORT, 'attempts are append-only'); END;
-- +goose StatementEnd

DROP TRIGGER dispositions_update;
-- +goose StatementBegin
CREATE TRIGGER dispositions_update BEFORE UPDATE OF seq, key, agent, code, at, effect, effect_at, currency, total, extras, format,
    commitment ON dispositions
BEGIN SELECT RAISE(ABORT, 'dispositions are append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER dispositions_erase BEFORE UPDATE OF note, erased ON dispositions
WHEN OLD.erased <> 0 OR NEW.erased <> 1 OR NEW.note <> ''
BEGIN SELECT RAISE(ABORT, 'dispositions are append-only'); END;
-- +goose StatementEnd
DROP TRIGGER disposition_more_delete;
-- +goose StatementBegin
CREATE TRIGGER disposition_more_delete BEFORE DELETE ON disposition_more
WHEN COALESCE((SELECT erased FROM dispositions WHERE seq = OLD.seq), 0) = 0
BEGIN SELECT RAISE(ABORT, 'dispositions are append-only'); END;
-- +goose StatementEnd

DROP TRIGGER do_not_call_changes_update;
-- +goose StatementBegin
CREATE TRIGGER do_not_call_changes_update BEFORE UPDATE OF seq, e164, removed, at, recorded_at, channel, by, seller, goods,
    campaign, batch, format, commitment ON do_not_call_changes
BEGIN SELECT RAISE(ABORT, 'the history of do-not-call is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER do_not_call_changes_erase BEFORE UPDATE OF name, reason, reference, attempt, erased ON do_not_call_changes
WHEN OLD.erased <> 0 OR NEW.erased <> 1 OR NEW.name <> '' OR NEW.reason <> '' OR NEW.reference <> '' OR NEW.attempt <> ''
BEGIN SELECT RAISE(ABORT, 'the history of do-not-call is append-only'); END;
-- +goose StatementEnd

-- Public keys of the house, in the order in which they came into use.
CREATE TABLE evidence_keys (
    seq       INTEGER PRIMARY KEY,
    id        TEXT    NOT NULL UNIQUE,
    public    BLOB    NOT NULL,
    at        INTEGER NOT NULL,
    signed_by TEXT    NOT NULL,
    signature BLOB    NOT NULL, -- by the key before it
    accepted  BLOB    NOT NULL  -- by the key itself: that it follows that one
) STRICT;

-- How far the chain had grown when, signed.
CREATE TABLE checkpoints (
    size      INTEGER PRIMARY KEY,
    head      TEXT    NOT NULL,
    at        INTEGER NOT NULL,
    key       TEXT    NOT NULL,
    tzdb      TEXT    NOT NULL,
    program   TEXT    NOT NULL,
    signature BLOB    NOT NULL
) STRICT;

-- +goose StatementBegin
CREATE TRIGGER checkpoints_update BEFORE UPDATE ON checkpoints
BEGIN SELECT RAISE(ABORT, 'checkpoints are append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER checkpoints_delete BEFORE DELETE ON checkpoints
BEGIN SELECT RAISE(ABORT, 'checkpoints are append-only'); END;
-- +goose StatementEnd

-- Sound and events of calls enter the chain too: recordings one by one, events
-- in the batches in which they were written.
ALTER TABLE recordings ADD COLUMN deleted_at INTEGER NOT NULL DEFAULT 0; -- the sound is gone, the row tells that there was some
ALTER TABLE call_events ADD COLUMN batch INTEGER NOT NULL DEFAULT 0;     -- first event of its link; 0 = before format 2
ALTER TABLE call_events ADD COLUMN commitment BLOB;
ALTER TABLE call_events ADD COLUMN erased INTEGER NOT NULL DEFAULT 0;

-- Persons who are to be forgotten, until all of it is done: a kill in the middle
-- is taken up again at the next start. The row goes when it is over.
CREATE TABLE erasure_work (
    id    INTEGER PRIMARY KEY,
    e164  INTEGER NOT NULL UNIQUE,
    at    INTEGER NOT NULL,
    by    TEXT    NOT NULL,
    basis TEXT    NOT NULL
) STRICT;

-- What was forgotten, when, by whom and on what ground; not of whom. Counts is
-- JSON: rows by kind whose personal columns were emptied.
CREATE TABLE erasures (
    seq    INTEGER PRIMARY KEY,
    at     INTEGER NOT NULL,
    by     TEXT    NOT NULL,
    basis  TEXT    NOT NULL,
    kind   TEXT    NOT NULL, -- person, retention
    counts TEXT    NOT NULL
) STRICT;

-- Rows of format 1 have no commitment. When the person of one is erased, what
-- remains of it enters the chain anew: a link of the kind rebase for all of them.
-- A batch of which something is erased again stands in two: the earlier keeps
-- what it was then, and the later is what it is.
CREATE TABLE rebased (
    erasure INTEGER NOT NULL,
    n       INTEGER NOT NULL,
    kind    TEXT    NOT NULL,
    ref     INTEGER NOT NULL,
    digest  BLOB, -- of an earlier one; null = what remains now
    PRIMARY KEY (erasure, n)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX rebased_row ON rebased (kind, ref) WHERE digest IS NULL;

-- What must not be deleted, whatever asks for it.
CREATE TABLE holds (
    id          INTEGER PRIMARY KEY,
    scope       TEXT    NOT NULL, -- number, campaign, seller, period
    e164        INTEGER NOT NULL DEFAULT 0,
    campaign    INTEGER NOT NULL DEFAULT 0,
    seller      TEXT    NOT NULL DEFAULT '',
    from_at     INTEGER NOT NULL DEFAULT 0, -- calls begun at or after
    to_at       INTEGER NOT NULL DEFAULT 0, -- before; 0 = no end
    reason      TEXT    NOT NULL,
    by          TEXT    NOT NULL,
    at          INTEGER NOT NULL,
    until       INTEGER NOT NULL DEFAULT 0, -- 0 = until it is released
    released_at INTEGER NOT NULL DEFAULT 0,
    released_by TEXT    NOT NULL DEFAULT '',
    released_why TEXT   NOT NULL DEFAULT ''
) STRICT;

CREATE INDEX holds_open ON holds (released_at, scope);

-- How long what is kept.
CREATE TABLE retention (
    kind TEXT    PRIMARY KEY,
    keep INTEGER NOT NULL, -- microseconds
    by   TEXT    NOT NULL,
    at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- +goose StatementBegin
CREATE TRIGGER erasures_update BEFORE UPDATE ON erasures
BEGIN SELECT RAISE(ABORT, 'erasures are append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER erasures_delete BEFORE DELETE ON erasures
BEGIN SELECT RAISE(ABORT, 'erasures are append-only'); END;
-- +goose StatementEnd

-- Files that nothing refers to any more and that are to be deleted; the row goes
-- when the file is gone.
CREATE TABLE doomed_files (
    path TEXT PRIMARY KEY -- below the folder of recordings
) STRICT, WITHOUT ROWID;

-- What else knows a person, found without walking through all of it.
CREATE INDEX complaints_attempt ON complaints (attempt);
CREATE INDEX side_legs_number ON side_legs (e164) WHERE e164 <> 0;
CREATE INDEX message_reads_message ON message_reads (message);

-- A file that is new has no pages in which something deleted still stands.
INSERT INTO house (name, value) SELECT 'scrubbed', '1' WHERE NOT EXISTS (SELECT 1 FROM contacts) AND NOT EXISTS (SELECT 1 FROM audit);
