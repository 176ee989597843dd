-- +goose Up
-- When a return from this disconnect was last cancelled; 0: none was. What the customer's IdP wrote meanwhile would come along with an undo.
ALTER TABLE plans ADD COLUMN return_cancelled_at BIGINT NOT NULL DEFAULT 0;
