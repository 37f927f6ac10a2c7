-- +goose Up

-- The recorded messages of a house of several nodes, which any of them plays. Of one
-- that was deleted the name stays, with nothing in it: a copy that a node has in its
-- own folder does not come back.
CREATE TABLE prompt_files (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    body BYTEA  NOT NULL,
    at   BIGINT NOT NULL
);
