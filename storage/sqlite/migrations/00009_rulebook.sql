-- +goose Up

-- What somebody wants of the rules that loosens them: it waits for a second
-- person, and stays when it was decided. Every step stands in the audit as well.
CREATE TABLE rule_requests (
    id         INTEGER PRIMARY KEY,
    set_id     TEXT    NOT NULL,
    version    INTEGER NOT NULL, -- of the document that is wanted; 0 = the set is to be dropped
    sha256     BLOB    NOT NULL, -- of its source; empty = the set is to be dropped
    base       BLOB    NOT NULL, -- of the document that was in force then; empty = none
    source     BLOB    NOT NULL,
    changes    TEXT    NOT NULL, -- JSON: what is loosened, tightened, reworded
    reason     TEXT    NOT NULL,
    by         TEXT    NOT NULL,
    at         INTEGER NOT NULL,
    state      TEXT    NOT NULL DEFAULT 'waiting', -- waiting, approved, refused, withdrawn, expired
    decided_by TEXT    NOT NULL DEFAULT '',
    decided_at INTEGER NOT NULL DEFAULT 0,
    word       TEXT    NOT NULL DEFAULT ''
) STRICT;

CREATE INDEX rule_requests_waiting ON rule_requests (id) WHERE state = 'waiting';

-- +goose StatementBegin
CREATE TRIGGER rule_requests_update BEFORE UPDATE ON rule_requests WHEN OLD.state <> 'waiting'
    OR NEW.id <> OLD.id OR NEW.sha256 <> OLD.sha256 OR NEW.source <> OLD.source OR NEW.base <> OLD.base OR NEW.by <> OLD.by OR NEW.at <> OLD.at OR NEW.reason <> OLD.reason
BEGIN SELECT RAISE(ABORT, 'a request about rules is decided once and never changed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER rule_requests_delete BEFORE DELETE ON rule_requests
BEGIN SELECT RAISE(ABORT, 'requests about rules are kept'); END;
-- +goose StatementEnd
