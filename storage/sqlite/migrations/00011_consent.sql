-- +goose Up

-- What people were shown or read when they agreed: each text once.
CREATE TABLE wordings (
    sha256  BLOB    PRIMARY KEY,
    body    TEXT    NOT NULL,
    seen_at INTEGER NOT NULL -- first
) STRICT, WITHOUT ROWID;

-- The consent ledger: what happened to each entry, one link of the chain for
-- each batch. The personal part stands in the link as a commitment, so that
-- erasing it leaves the chain whole.
CREATE TABLE consent_events (
    seq         INTEGER PRIMARY KEY,
    batch       INTEGER NOT NULL, -- seq of the first of its link
    consent     INTEGER NOT NULL, -- seq of the event that granted it
    id          TEXT    NOT NULL, -- of the consent, UUIDv7
    event       TEXT    NOT NULL, -- granted, renewed, revoked, undone; withdrawn is of no entry
    at          INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    kind        TEXT    NOT NULL,
    level       TEXT    NOT NULL,
    seller      TEXT    NOT NULL, -- '' = the whole house
    purpose     TEXT    NOT NULL, -- '' = any
    goods       TEXT    NOT NULL,
    channels    INTEGER NOT NULL, -- bits: 1 live, 2 automated, 4 recording
    until       INTEGER NOT NULL,
    source      TEXT    NOT NULL,
    wording     BLOB,
    campaign    INTEGER NOT NULL,
    attempt     TEXT    NOT NULL,
    load        INTEGER NOT NULL,
    by          TEXT    NOT NULL,
    commitment  BLOB,
    erased      INTEGER NOT NULL DEFAULT 0,
    -- personal, emptied by an erasure:
    e164        INTEGER NOT NULL,
    name        TEXT    NOT NULL,
    reference   TEXT    NOT NULL,
    ip          TEXT    NOT NULL,
    note        TEXT    NOT NULL
) STRICT;

CREATE INDEX consent_events_consent ON consent_events (consent, seq);
CREATE INDEX consent_events_number ON consent_events (e164, seq) WHERE e164 <> 0;
CREATE INDEX consent_events_load ON consent_events (load, seq) WHERE load > 0;
CREATE INDEX consent_events_wording ON consent_events (wording) WHERE wording IS NOT NULL;

-- +goose StatementBegin
CREATE TRIGGER consent_events_delete BEFORE DELETE ON consent_events
BEGIN SELECT RAISE(ABORT, 'the consent ledger is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER consent_events_update BEFORE UPDATE OF seq, batch, consent, id, event, at, recorded_at, kind, level, seller, purpose, goods,
    channels, until, source, wording, campaign, attempt, load, by, commitment ON consent_events
BEGIN SELECT RAISE(ABORT, 'the consent ledger is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER consent_events_erase BEFORE UPDATE OF e164, name, reference, ip, note, erased ON consent_events
WHEN OLD.erased <> 0 OR NEW.erased <> 1 OR NEW.e164 <> 0 OR NEW.name <> '' OR NEW.reference <> '' OR NEW.ip <> '' OR NEW.note <> ''
BEGIN SELECT RAISE(ABORT, 'the consent ledger is append-only'); END;
-- +goose StatementEnd

-- The entries as they stand: what their events come to. The gate reads these.
CREATE TABLE consents (
    seq        INTEGER PRIMARY KEY, -- of the event that granted it
    id         TEXT    NOT NULL UNIQUE,
    e164       INTEGER NOT NULL,
    kind       TEXT    NOT NULL,
    level      TEXT    NOT NULL,
    seller     TEXT    NOT NULL,
    purpose    TEXT    NOT NULL,
    channels   INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    renewed_at INTEGER NOT NULL DEFAULT 0,
    until      INTEGER NOT NULL,
    revoked_at INTEGER NOT NULL DEFAULT 0,
    load       INTEGER NOT NULL,
    uses       INTEGER NOT NULL DEFAULT 0,
    used_at    INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX consents_number ON consents (e164, seq);
CREATE INDEX consents_until ON consents (until) WHERE until > 0 AND revoked_at = 0;
CREATE INDEX consents_load ON consents (load) WHERE load > 0;

-- Which calls stood on which entries.
CREATE TABLE consent_uses (
    consent INTEGER NOT NULL,
    attempt INTEGER NOT NULL, -- seq
    at      INTEGER NOT NULL,
    PRIMARY KEY (consent, attempt)
) STRICT, WITHOUT ROWID;

CREATE INDEX consent_uses_attempt ON consent_uses (attempt);
