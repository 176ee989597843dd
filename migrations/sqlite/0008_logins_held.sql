-- +goose Up
-- Since when the login waits for a person's answer, because too many changed at once; 0: it stays for another reason.
ALTER TABLE login_pins ADD COLUMN held_at BIGINT NOT NULL DEFAULT 0;
-- The login, in normal form, that the IdP says instead, and that a person lets through by an answer; empty: whatever it says.
ALTER TABLE login_pins ADD COLUMN wanted TEXT NOT NULL DEFAULT '';
CREATE INDEX login_pins_held ON login_pins (customer_id, held_at) WHERE held_at <> 0 AND applied_at = 0;
CREATE INDEX intents_renamed ON intents (customer_id, sent_at) WHERE kind = 'rename';
