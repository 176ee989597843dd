-- +goose Up
-- Times are microseconds since 1970 UTC in BIGINT columns, in both stores alike, so that no driver rounds or shifts them.
-- Tables that every SCIM write touches carry no foreign keys: the one statement that writes them reads the customer's row
-- under a lock, and a check per row would cost more than the write.
-- Identifiers compare byte by byte ("C") in both stores.

CREATE TABLE customers (
    id           TEXT COLLATE "C" PRIMARY KEY,
    slug         TEXT COLLATE "C" NOT NULL UNIQUE,
    name         TEXT NOT NULL,
    state        TEXT COLLATE "C" NOT NULL,
    epoch        BIGINT NOT NULL,            -- grows when the connection is cut: nothing planned before may start after
    okta_idp     TEXT NOT NULL,
    logins       TEXT COLLATE "C" NOT NULL,
    grace        BIGINT NOT NULL,            -- microseconds from suspension to deactivation
    suspend_only BOOLEAN NOT NULL,
    rate         BIGINT NOT NULL,            -- SCIM requests per second
    created_at   BIGINT NOT NULL,
    modified_at  BIGINT NOT NULL
);

CREATE TABLE domains (
    name        TEXT COLLATE "C" PRIMARY KEY, -- A-label, lower case; one owner over all customers
    customer_id TEXT COLLATE "C" NOT NULL REFERENCES customers (id),
    verified_at BIGINT NOT NULL,
    reason      TEXT NOT NULL
);
CREATE INDEX domains_customer ON domains (customer_id);

CREATE TABLE tokens (
    id           TEXT COLLATE "C" PRIMARY KEY,
    customer_id  TEXT COLLATE "C" NOT NULL REFERENCES customers (id),
    class        TEXT COLLATE "C" NOT NULL,
    name         TEXT NOT NULL,
    digest       BYTEA NOT NULL UNIQUE,       -- SHA-256 of the secret; the secret itself is never kept
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL,             -- 0: never
    revoked_at   BIGINT NOT NULL              -- 0: live
);
CREATE INDEX tokens_customer ON tokens (customer_id);

CREATE SEQUENCE user_ordinal;

CREATE TABLE users (
    id            TEXT COLLATE "C" PRIMARY KEY,
    customer_id   TEXT COLLATE "C" NOT NULL,
    ordinal       BIGINT NOT NULL DEFAULT nextval('user_ordinal'),
    user_name_key TEXT COLLATE "C" NOT NULL,
    external_id   TEXT COLLATE "C",
    doc           TEXT NOT NULL,              -- the SCIM attributes as JSON, without id and meta
    folded        TEXT COLLATE "C" NOT NULL,  -- the same with case-insensitive strings folded: what filters compare
    version       BIGINT NOT NULL,
    connected     BOOLEAN NOT NULL,           -- isSCIMConnected
    active        BOOLEAN NOT NULL,           -- isSCIMActive
    removed_at    BIGINT NOT NULL,            -- when the removal now in force was accepted; 0: none
    deleted_at    BIGINT NOT NULL,            -- when DELETE took the resource away; 0: it is there
    deleted       BOOLEAN GENERATED ALWAYS AS (deleted_at <> 0) STORED, -- for the conditions of indexes: a planner without statistics takes half of the rows for it
    created_at    BIGINT NOT NULL,
    modified_at   BIGINT NOT NULL
) WITH (fillfactor = 80);                      -- room beside each row, so that most updates touch no index
CREATE UNIQUE INDEX users_user_name ON users (customer_id, user_name_key) WHERE NOT deleted;
CREATE UNIQUE INDEX users_ordinal ON users (customer_id, ordinal) WHERE NOT deleted;
CREATE INDEX users_external_id ON users (customer_id, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX users_deleted_name ON users (customer_id, user_name_key) WHERE deleted;
CREATE INDEX users_connected ON users (customer_id, ordinal) WHERE connected;
CREATE INDEX users_removed ON users (customer_id, removed_at) WHERE removed_at <> 0;

-- How many users lie in each run of 1,024 ordinals: every create and remove adds a row, the tick folds them.
CREATE TABLE user_block (
    customer_id TEXT COLLATE "C" NOT NULL,
    block       BIGINT NOT NULL,
    users       BIGINT NOT NULL,              -- change in the number of resources
    active      BIGINT NOT NULL               -- change in the number of active ones among them
);
CREATE INDEX user_block_customer ON user_block (customer_id, block);

-- The most users active at any moment of an hour, sampled by the tick: what the limits on removals are measured against.
CREATE TABLE active_peaks (
    customer_id TEXT COLLATE "C" NOT NULL REFERENCES customers (id),
    hour        BIGINT NOT NULL,              -- hours since 1970 UTC
    peak        BIGINT NOT NULL,
    PRIMARY KEY (customer_id, hour)
);

-- Events commit here, without a number. arrival grows along every chain of commits that saw each other, so numbering by it
-- never turns a user's versions around.
CREATE TABLE event_inbox (
    arrival     BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id          TEXT COLLATE "C" NOT NULL,
    customer_id TEXT COLLATE "C" NOT NULL,
    at          BIGINT NOT NULL,
    epoch       BIGINT NOT NULL,
    kind        TEXT COLLATE "C" NOT NULL,
    actor       TEXT NOT NULL,
    user_id     TEXT COLLATE "C",
    version     BIGINT NOT NULL,              -- the user's version that the event led to; 0: not about a version
    data        TEXT NOT NULL                 -- JSON object without secrets and without attribute values
);

-- The sequencer moves them here and numbers each customer's without a gap.
CREATE TABLE events (
    customer_id TEXT COLLATE "C" NOT NULL,
    seq         BIGINT NOT NULL,
    id          TEXT COLLATE "C" NOT NULL,
    at          BIGINT NOT NULL,
    epoch       BIGINT NOT NULL,
    kind        TEXT COLLATE "C" NOT NULL,
    actor       TEXT NOT NULL,
    user_id     TEXT COLLATE "C",
    version     BIGINT NOT NULL,
    data        TEXT NOT NULL,
    PRIMARY KEY (customer_id, seq)
);
CREATE INDEX events_user ON events (customer_id, user_id, seq) WHERE user_id IS NOT NULL;

CREATE TABLE links (
    user_id          TEXT COLLATE "C" PRIMARY KEY REFERENCES users (id),
    customer_id      TEXT COLLATE "C" NOT NULL REFERENCES customers (id),
    login_key        TEXT COLLATE "C" NOT NULL UNIQUE, -- one login, one user, over all customers
    okta_id          TEXT COLLATE "C" UNIQUE,          -- NULL until the account exists
    status           TEXT COLLATE "C" NOT NULL,        -- as last read; empty without an account
    status_at        BIGINT NOT NULL,                  -- when Okta says it changed; 0: not known
    taken            TEXT COLLATE "C" NOT NULL,        -- the status into which Drawbridge took the account; empty: it did not
    taken_at         BIGINT NOT NULL,
    born             BOOLEAN NOT NULL,
    suspended_since  BIGINT NOT NULL,
    suspend_refused  BOOLEAN NOT NULL,
    foreign_account  BOOLEAN NOT NULL,
    protected        BOOLEAN NOT NULL,
    sessions_version BIGINT NOT NULL,                  -- the user's version whose removal has ended the sessions
    applied          TEXT NOT NULL,                    -- JSON: the profile last applied
    applied_version  BIGINT NOT NULL,                  -- never goes back
    read_at          BIGINT NOT NULL
);
CREATE INDEX links_customer ON links (customer_id);

CREATE TABLE due (
    user_id     TEXT COLLATE "C" PRIMARY KEY,
    customer_id TEXT COLLATE "C" NOT NULL,
    rank        BIGINT NOT NULL,
    due_at      BIGINT NOT NULL,
    version     BIGINT NOT NULL,              -- the user's version that made it due
    attempts    BIGINT NOT NULL,
    parked      TEXT COLLATE "C" NOT NULL     -- reason code; empty: not stuck
) WITH (fillfactor = 70);                      -- as in users: a mark that stands is often written again
CREATE INDEX due_order ON due (rank, due_at);
CREATE INDEX due_parked ON due (customer_id) WHERE parked <> '';

CREATE TABLE intents (
    id          TEXT COLLATE "C" PRIMARY KEY,
    customer_id TEXT COLLATE "C" NOT NULL,
    user_id     TEXT COLLATE "C" NOT NULL,
    kind        TEXT COLLATE "C" NOT NULL,
    state       TEXT COLLATE "C" NOT NULL,
    version     BIGINT NOT NULL,
    epoch       BIGINT NOT NULL,
    revokes     BOOLEAN NOT NULL,
    sent_at     BIGINT NOT NULL,
    deadline    BIGINT NOT NULL,
    ended_at    BIGINT NOT NULL,
    outcome     TEXT COLLATE "C" NOT NULL
);
CREATE UNIQUE INDEX intents_open ON intents (user_id) WHERE state IN ('sent', 'unknown');
CREATE INDEX intents_user ON intents (customer_id, user_id);
CREATE INDEX intents_revoked ON intents (customer_id, sent_at) WHERE revokes;

CREATE TABLE holds (
    id          TEXT COLLATE "C" PRIMARY KEY,
    customer_id TEXT COLLATE "C" NOT NULL REFERENCES customers (id),
    opened_at   BIGINT NOT NULL,
    closed_at   BIGINT NOT NULL,              -- 0: open
    code        TEXT COLLATE "C" NOT NULL,
    sentence    TEXT NOT NULL
);
CREATE UNIQUE INDEX holds_open ON holds (customer_id) WHERE closed_at = 0;

CREATE TABLE leases (
    name   TEXT COLLATE "C" PRIMARY KEY,
    holder TEXT NOT NULL,
    fence  BIGINT NOT NULL,                   -- grows with every change of holder
    until  BIGINT NOT NULL
);

CREATE TABLE sync_state (
    name  TEXT COLLATE "C" PRIMARY KEY,
    value TEXT NOT NULL,
    at    BIGINT NOT NULL
);
