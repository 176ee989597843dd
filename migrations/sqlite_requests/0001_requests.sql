-- +goose Up
-- The log of requests, in a file of its own: a commit makes every reader of its file read all pages anew, and this log commits all
-- day long.
CREATE TABLE requests (
    customer_id TEXT NOT NULL,
    at          BIGINT NOT NULL,
    id          TEXT NOT NULL,
    method      TEXT NOT NULL,
    path        TEXT NOT NULL,
    query       TEXT NOT NULL,
    status      BIGINT NOT NULL,
    took        BIGINT NOT NULL,              -- microseconds
    resource_id TEXT NOT NULL,              -- the user or group that it is about; empty: none, or several
    token       TEXT NOT NULL,                -- name of the token
    body        TEXT NOT NULL,                -- without secrets and, unless the customer chose so, without personal values
    answer      TEXT NOT NULL,
    PRIMARY KEY (customer_id, at, id)
);
CREATE INDEX requests_resource ON requests (customer_id, resource_id, at) WHERE resource_id <> '';
