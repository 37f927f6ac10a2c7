-- +goose Up

-- The node that owns a campaign (0 = none), and how often it changed hands: an
-- attempt that carries another fence is refused.
ALTER TABLE campaigns ADD COLUMN owner BIGINT NOT NULL DEFAULT 0;
ALTER TABLE campaigns ADD COLUMN owner_fence BIGINT NOT NULL DEFAULT 0;

-- What one node at a time does for the house.
CREATE TABLE duties (
    name  TEXT COLLATE "C" PRIMARY KEY,
    held  BIGINT NOT NULL, -- 1 = somebody has it
    node  BIGINT NOT NULL, -- who has it, or had it last, in which of its lives
    epoch BIGINT NOT NULL,
    fence BIGINT NOT NULL, -- how often it changed hands
    until BIGINT NOT NULL  -- it is free from then on
);
