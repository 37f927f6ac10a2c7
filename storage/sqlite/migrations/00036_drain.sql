-- +goose Up

-- Who wants a node to take no new work ('' = nobody), and which schema its
-- program knows: while a house is upgraded they differ.
ALTER TABLE nodes ADD COLUMN drain TEXT NOT NULL DEFAULT '';
ALTER TABLE nodes ADD COLUMN schema INTEGER NOT NULL DEFAULT 0;
