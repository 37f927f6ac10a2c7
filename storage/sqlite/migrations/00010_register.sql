-- +goose Up

-- Who wants no calls from whom: from one seller, or from the whole house, ''.
-- The key of a seller is campaigns.SellerKey of its name. What was on the list
-- before sellers were told apart is on the house's.
CREATE TABLE do_not_call_of (
    e164   INTEGER NOT NULL,
    seller TEXT    NOT NULL,
    seq    INTEGER NOT NULL, -- the change that put it here
    PRIMARY KEY (e164, seller)
) STRICT, WITHOUT ROWID;
INSERT INTO do_not_call_of (e164, seller, seq) SELECT e164, '', seq FROM do_not_call;
DROP TABLE do_not_call;
ALTER TABLE do_not_call_of RENAME TO do_not_call;

-- The versions of registers that were ever in force; the last of a list is in
-- force. What they hold lies beside the database, under this SHA-256.
CREATE TABLE register_versions (
    list        TEXT    NOT NULL,
    version     INTEGER NOT NULL,
    kind        TEXT    NOT NULL, -- full, change
    accessed_at INTEGER NOT NULL,
    loaded_at   INTEGER NOT NULL,
    sha256      TEXT    NOT NULL,
    count       INTEGER NOT NULL,
    source_sum  TEXT    NOT NULL, -- SHA-256 of the files, to know them again
    body        TEXT    NOT NULL, -- campaigns.RegisterVersion as JSON
    audit       INTEGER NOT NULL, -- the entry of the audit that chains it
    PRIMARY KEY (list, version)
) STRICT, WITHOUT ROWID;

-- +goose StatementBegin
CREATE TRIGGER register_versions_update BEFORE UPDATE ON register_versions
BEGIN SELECT RAISE(ABORT, 'versions of registers are append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER register_versions_delete BEFORE DELETE ON register_versions
BEGIN SELECT RAISE(ABORT, 'versions of registers are append-only'); END;
-- +goose StatementEnd
