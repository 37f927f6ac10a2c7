-- +goose Up

-- What an open attempt holds that is no leased contact: the number of a person
-- who called us, which nobody calls meanwhile, and the state out of which an
-- inbound call or a call by hand took the contact. The row goes with the outcome.
CREATE TABLE held (
    seq     INTEGER PRIMARY KEY REFERENCES attempts (seq),
    e164    INTEGER NOT NULL, -- 0 = withheld
    contact INTEGER NOT NULL, -- 0 = none
    was     TEXT    NOT NULL, -- state of the contact before; '' = it was in a call
    inbound INTEGER NOT NULL
) STRICT;

CREATE INDEX held_number ON held (e164) WHERE inbound = 1;
