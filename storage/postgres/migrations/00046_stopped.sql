-- +goose Up

-- Whom a kill switch put off: when it is lifted they are due again as they would have
-- been without it. A row counts for as long as its contact waits until then and has
-- the same callback; what has become of the contact meanwhile is not undone.
CREATE TABLE stopped_contacts (
    stop     BIGINT NOT NULL,
    contact  BIGINT NOT NULL,
    until    BIGINT NOT NULL, -- microseconds since 1970 in UTC: next_at of the contact
    due      BIGINT NOT NULL, -- when it could be called but for the stop
    callback BIGINT NOT NULL, -- 0 = none was agreed
    PRIMARY KEY (stop, contact)
);

CREATE INDEX stopped_contacts_contact ON stopped_contacts (contact);
