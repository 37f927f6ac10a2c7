-- +goose Up

-- Who wants a node to take no new work ('' = nobody), and which schema its
-- program knows: while a house is upgraded they differ.
ALTER TABLE nodes
    ADD COLUMN drain  TEXT COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN schema BIGINT NOT NULL DEFAULT 0;
