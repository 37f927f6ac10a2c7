-- +goose Up

-- Processes that serve the house, one after the other or beside each other. An
-- epoch is one life of a node: whoever ends it raises it, and what that life
-- writes afterwards is refused. Times are the store's.
CREATE TABLE nodes (
    id      INTEGER PRIMARY KEY,
    name    TEXT    NOT NULL UNIQUE,
    address TEXT    NOT NULL,
    version TEXT    NOT NULL DEFAULT '',
    epoch   INTEGER NOT NULL,
    state   TEXT    NOT NULL DEFAULT 'gone',
    since   INTEGER NOT NULL DEFAULT 0, -- when the epoch began
    beat_at INTEGER NOT NULL DEFAULT 0  -- when the node was last heard of
) STRICT;

-- Open attempts, and which life of which node holds them: node 0 is the one
-- process of a store that no node has joined. A number that we call stands here
-- once; calls to us have none.
CREATE TABLE placed (
    seq   INTEGER PRIMARY KEY, -- of the attempt
    node  INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    e164  INTEGER UNIQUE
) STRICT;
CREATE INDEX placed_node ON placed (node);
INSERT INTO placed (seq, node, epoch, e164) SELECT seq, 0, 0, e164 FROM attempts WHERE live = 1;
INSERT INTO placed (seq, node, epoch) SELECT seq, 0, 0 FROM held WHERE inbound = 1;
