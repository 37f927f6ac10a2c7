-- +goose Up

-- Which of its transactions a writer's connection has committed last: each leaves
-- its number here. So it is found out what became of one whose answer was lost,
-- and of those that were committed before the disk had them. An identifier of
-- Postgres' own would not do: after a crash they are given out again.
CREATE TABLE writers (
    session TEXT COLLATE "C" PRIMARY KEY,
    last    BIGINT NOT NULL,
    at      BIGINT NOT NULL
) WITH (fillfactor = 50);
