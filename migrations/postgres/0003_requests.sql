-- +goose Up
ALTER TABLE customers ADD COLUMN request_log TEXT NOT NULL DEFAULT 'masked';
ALTER TABLE customers ADD COLUMN group_patch BIGINT NOT NULL DEFAULT 200; -- status of the answer to a PATCH of a group

-- What identity providers asked and were answered: a log that may miss some, kept for some days.
CREATE TABLE requests (
    customer_id TEXT COLLATE "C" NOT NULL,
    at          BIGINT NOT NULL,
    id          TEXT COLLATE "C" NOT NULL,
    method      TEXT NOT NULL,
    path        TEXT NOT NULL,
    query       TEXT NOT NULL,
    status      BIGINT NOT NULL,
    took        BIGINT NOT NULL,              -- microseconds
    resource_id TEXT COLLATE "C" NOT NULL,              -- the user or group that it is about; empty: none, or several
    token       TEXT NOT NULL,                -- name of the token
    body        TEXT NOT NULL,                -- without secrets and, unless the customer chose so, without personal values
    answer      TEXT NOT NULL,
    PRIMARY KEY (customer_id, at, id)
);
CREATE INDEX requests_resource ON requests (customer_id, resource_id, at) WHERE resource_id <> '';

-- What a customer's requests tell about its identity provider.
CREATE TABLE customer_traffic (
    customer_id  TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    idp          TEXT NOT NULL,                -- empty: not recognised
    certain      BOOLEAN NOT NULL,
    idp_at       BIGINT NOT NULL,
    quirks       TEXT NOT NULL,                -- JSON: requests by kind of departure from the standard
    dropped      TEXT NOT NULL,                -- JSON: requests by name of an attribute that no schema knows
    last_request BIGINT NOT NULL,              -- 0: none yet
    limited      BIGINT NOT NULL,
    refused      BIGINT NOT NULL               -- after the connection was cut
);
