-- +goose Up

-- What SQLite calls the time, of the server's clock: seconds since 1970.
-- +goose StatementBegin
CREATE FUNCTION unixepoch(text) RETURNS double precision LANGUAGE sql VOLATILE AS
    'SELECT extract(epoch FROM clock_timestamp())::double precision';
-- +goose StatementEnd

-- An epoch is one life of a node: whoever ends it raises it, and what that life
-- writes afterwards is refused. Times are the server's.
ALTER TABLE nodes
    ADD COLUMN version TEXT COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN state   TEXT COLLATE "C" NOT NULL DEFAULT 'gone',
    ADD COLUMN since   BIGINT NOT NULL DEFAULT 0, -- when the epoch began
    ADD COLUMN beat_at BIGINT NOT NULL DEFAULT 0; -- when the node was last heard of

-- Open attempts, and which life of which node holds them: node 0 is the one
-- process of a store that no node has joined. A number that we call stands here
-- once; calls to us have none.
CREATE TABLE placed (
    seq   BIGINT PRIMARY KEY, -- of the attempt
    node  BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    e164  BIGINT UNIQUE
);
CREATE INDEX placed_node ON placed (node);
INSERT INTO placed (seq, node, epoch, e164) SELECT seq, 0, 0, e164 FROM attempts WHERE live = 1;
INSERT INTO placed (seq, node, epoch) SELECT seq, 0, 0 FROM held WHERE inbound = 1;
