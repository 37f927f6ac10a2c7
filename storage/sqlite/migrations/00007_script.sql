-- +goose Up

-- Every script that agents have read, for ever: the call log names the
-- version, this is its text. Append-only.
CREATE TABLE script_versions (
    campaign INTEGER NOT NULL REFERENCES campaigns (id),
    no       INTEGER NOT NULL, -- from 1, within the campaign
    hash     TEXT    NOT NULL,
    source   TEXT    NOT NULL,
    by       TEXT    NOT NULL,
    at       INTEGER NOT NULL,
    PRIMARY KEY (campaign, no)
) STRICT, WITHOUT ROWID;

-- +goose StatementBegin
CREATE TRIGGER script_versions_update BEFORE UPDATE ON script_versions
BEGIN SELECT RAISE(ABORT, 'versions of scripts are append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER script_versions_delete BEFORE DELETE ON script_versions
BEGIN SELECT RAISE(ABORT, 'versions of scripts are append-only'); END;
-- +goose StatementEnd

-- An agent's own wording of a step, beside the official one.
CREATE TABLE script_wordings (
    campaign INTEGER NOT NULL REFERENCES campaigns (id),
    agent    INTEGER NOT NULL,
    step     TEXT    NOT NULL,
    language TEXT    NOT NULL,
    text     TEXT    NOT NULL,
    official TEXT    NOT NULL, -- hash of the official text that it was written beside
    at       INTEGER NOT NULL,
    PRIMARY KEY (campaign, agent, step, language)
) STRICT, WITHOUT ROWID;

-- Where agents stand, or stood, in the script of each call.
CREATE TABLE call_walks (
    attempt TEXT    PRIMARY KEY,
    body    TEXT    NOT NULL, -- campaigns.CallWalk as JSON
    at      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
