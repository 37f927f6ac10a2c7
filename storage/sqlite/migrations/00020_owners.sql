-- +goose Up

-- The node that owns a campaign (0 = none), and how often it changed hands: an
-- attempt that carries another fence is refused.
ALTER TABLE campaigns ADD COLUMN owner INTEGER NOT NULL DEFAULT 0;
ALTER TABLE campaigns ADD COLUMN owner_fence INTEGER NOT NULL DEFAULT 0;

-- What one node at a time does for the house.
CREATE TABLE duties (
    name  TEXT    PRIMARY KEY,
    held  INTEGER NOT NULL, -- 1 = somebody has it
    node  INTEGER NOT NULL, -- who has it, or had it last, in which of its lives
    epoch INTEGER NOT NULL,
    fence INTEGER NOT NULL, -- how often it changed hands
    until INTEGER NOT NULL  -- it is free from then on
) STRICT;
