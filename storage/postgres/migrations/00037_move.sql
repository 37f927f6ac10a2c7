-- +goose Up

-- A move of a data folder into this database: from which state of the folder (the
-- last link of its chain), since when, and when it was finished: 0 = rows are coming,
-- -1 = all have come and were compared. No node works with the database until then.
CREATE TABLE move (
    one   BIGINT PRIMARY KEY CHECK (one = 1),
    links BIGINT NOT NULL,
    head  TEXT COLLATE "C" NOT NULL,
    begun BIGINT NOT NULL,
    done  BIGINT NOT NULL DEFAULT 0
);

-- How many rows of each table have come, in the order of the folder.
CREATE TABLE moved (
    name TEXT COLLATE "C" PRIMARY KEY,
    rows BIGINT NOT NULL
);
