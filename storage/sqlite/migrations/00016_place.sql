-- +goose Up

-- Where the person lives, as far as the list says: the law of the address binds
-- beside that of the number.
ALTER TABLE contacts ADD COLUMN country TEXT NOT NULL DEFAULT ''; -- ISO 3166-1 alpha-2
ALTER TABLE contacts ADD COLUMN region TEXT NOT NULL DEFAULT '';  -- ISO 3166-2
ALTER TABLE contacts ADD COLUMN postcode TEXT NOT NULL DEFAULT '';
