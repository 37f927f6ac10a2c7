-- +goose Up

-- Which life of a node reads a file of contacts, or talks with an outside number:
-- when it has ended, what it left is closed. 0 = an older program.
ALTER TABLE side_legs ADD COLUMN node INTEGER NOT NULL DEFAULT 0;
ALTER TABLE side_legs ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;
ALTER TABLE loads ADD COLUMN node INTEGER NOT NULL DEFAULT 0;
ALTER TABLE loads ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;

-- Why a load did not come to its end ('' = it did, or runs), and the last line of
-- its file of which a person is stored.
ALTER TABLE loads ADD COLUMN cut TEXT NOT NULL DEFAULT '';
ALTER TABLE loads ADD COLUMN line INTEGER NOT NULL DEFAULT 0;
