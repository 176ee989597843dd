-- +goose Up
-- The user's only e-mail address, folded, or '' where there are several: what a filter by address looks up before it reads the
-- rows. Kept by triggers, so that no writer can forget it, and only written when it changes: SQLite writes the entry of an
-- index anew whenever a statement names what it depends on, which a generated column's is the whole document. Cut as on PostgreSQL.
ALTER TABLE users ADD COLUMN mail TEXT;
UPDATE users SET mail = CASE WHEN json_type(folded, '$.emails[1]') IS NULL THEN substr(json_extract(folded, '$.emails[0].value'), 1, 320) ELSE '' END;
CREATE INDEX users_mail ON users (customer_id, mail) WHERE mail IS NOT NULL;

-- +goose StatementBegin
CREATE TRIGGER users_mail_inserted AFTER INSERT ON users WHEN json_type(new.folded, '$.emails') IS NOT NULL BEGIN
    UPDATE users SET mail = CASE WHEN json_type(folded, '$.emails[1]') IS NULL THEN substr(json_extract(folded, '$.emails[0].value'), 1, 320) ELSE '' END
    WHERE ordinal = new.ordinal;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER users_mail_updated AFTER UPDATE OF folded ON users
WHEN new.folded <> old.folded AND json_extract(new.folded, '$.emails') IS NOT json_extract(old.folded, '$.emails') BEGIN
    UPDATE users SET mail = CASE WHEN json_type(folded, '$.emails[1]') IS NULL THEN substr(json_extract(folded, '$.emails[0].value'), 1, 320) ELSE '' END
    WHERE ordinal = new.ordinal;
END;
-- +goose StatementEnd
