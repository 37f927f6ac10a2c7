-- +goose Up

-- Abandonment is counted by whom a call was for at its time, and where it went:
-- a campaign that is renamed, cloned or given to another seller takes no calls along.
CREATE TABLE abandon_groups (
    id        INTEGER PRIMARY KEY,
    seller    TEXT NOT NULL,
    purpose   TEXT NOT NULL,
    countries TEXT NOT NULL, -- ISO 3166-1 of number and address, sorted, joined by spaces; '' = not known
    UNIQUE (seller, purpose, countries)
) STRICT;

-- Finished calls by class, campaign, group and quarter of an hour since 1970 in which they were placed, once for each
-- start of the clock (0 connected, 1 greeting start, 2 greeting end). All of it can be counted again from the calls.
CREATE TABLE abandon_counts (
    campaign      INTEGER NOT NULL,
    quarter       INTEGER NOT NULL,
    grp           INTEGER NOT NULL REFERENCES abandon_groups (id),
    start         INTEGER NOT NULL,
    met           INTEGER NOT NULL,
    late          INTEGER NOT NULL,
    told          INTEGER NOT NULL,
    told_late     INTEGER NOT NULL,
    silent        INTEGER NOT NULL,
    hung_up       INTEGER NOT NULL,
    machine       INTEGER NOT NULL,
    agent_machine INTEGER NOT NULL,
    reserved      INTEGER NOT NULL,
    PRIMARY KEY (campaign, quarter, grp, start)
) STRICT, WITHOUT ROWID;

CREATE INDEX abandon_counts_group ON abandon_counts (grp, campaign);

-- Calls that were taken for machines and drawn to be listened to. Labels are audited.
CREATE TABLE amd_cases (
    seq      INTEGER PRIMARY KEY REFERENCES attempts (seq),
    campaign INTEGER NOT NULL,
    intent_at INTEGER NOT NULL,
    drawn_at INTEGER NOT NULL,
    drawn_by TEXT    NOT NULL,
    label    TEXT    NOT NULL DEFAULT '', -- human, machine
    at       INTEGER NOT NULL DEFAULT 0,
    by       TEXT    NOT NULL DEFAULT ''
) STRICT;

CREATE INDEX amd_cases_campaign ON amd_cases (campaign, intent_at);

-- One row once the calls of a store that is older than this table are counted.
CREATE TABLE abandon_state (
    one     INTEGER PRIMARY KEY CHECK (one = 1),
    counted INTEGER NOT NULL -- version of the counting
) STRICT;
