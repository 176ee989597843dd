-- +goose Up
-- The user's only e-mail address, folded, or '' where there are several: what a filter by address looks up before it reads the
-- rows. Generated, so that no writer can forget it; a column rather than an index on an expression, because of which every
-- write of the document would touch all indexes. Cut, because an entry of an index has its limits.
ALTER TABLE users ADD COLUMN mail TEXT COLLATE "C" GENERATED ALWAYS AS (
    CASE WHEN folded::jsonb #> '{emails,1}' IS NULL THEN left(folded::jsonb #>> '{emails,0,value}', 320) ELSE '' END
) STORED;
CREATE INDEX users_mail ON users (customer_id, mail) WHERE mail IS NOT NULL;
