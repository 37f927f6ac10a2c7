-- +goose Up

-- Which life of a node reads a file of contacts, or talks with an outside number:
-- when it has ended, what it left is closed. 0 = an older program.
ALTER TABLE side_legs
    ADD COLUMN node  BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN epoch BIGINT NOT NULL DEFAULT 0;

-- Why a load did not come to its end ('' = it did, or runs), and the last line of
-- its file of which a person is stored.
ALTER TABLE loads
    ADD COLUMN node  BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN epoch BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN cut   TEXT COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN line  BIGINT NOT NULL DEFAULT 0;
