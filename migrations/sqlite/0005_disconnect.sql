-- +goose Up
-- A person let exactly this removal through: one that comes later needs an approval of its own.
CREATE TABLE approvals (
    user_id     TEXT NOT NULL,
    customer_id TEXT NOT NULL REFERENCES customers (id),
    removed_at  BIGINT NOT NULL,              -- users.removed_at of the removal
    hold_id     TEXT,                      -- NULL: ahead of the rest, outside the answer to a hold
    actor       TEXT NOT NULL,
    at          BIGINT NOT NULL,
    PRIMARY KEY (user_id, removed_at)
);
CREATE INDEX approvals_customer ON approvals (customer_id, removed_at);

-- An answer that a second person has yet to confirm; it is gone when it was carried out.
CREATE TABLE hold_answers (
    hold_id     TEXT NOT NULL PRIMARY KEY,
    customer_id TEXT NOT NULL REFERENCES customers (id),
    answer      TEXT NOT NULL,
    actor       TEXT NOT NULL,
    at          BIGINT NOT NULL,
    people      TEXT NOT NULL                 -- JSON list of [user_id, removed_at]
);

-- Accounts that a person locked out, until a person lifts it.
CREATE TABLE containments (
    user_id     TEXT NOT NULL,
    customer_id TEXT NOT NULL REFERENCES customers (id),
    since       BIGINT NOT NULL,
    actor       TEXT NOT NULL,
    why         TEXT NOT NULL,
    lifted_at   BIGINT NOT NULL,              -- 0: in force
    taken_at    BIGINT NOT NULL,              -- when access was last taken, if under this lock; 0: it was not, or for another reason since
    PRIMARY KEY (user_id, since)
);
CREATE UNIQUE INDEX containments_open ON containments (user_id) WHERE lifted_at = 0;

-- A call that takes access after a person's answer leaves the counts of those that nobody was asked about.
ALTER TABLE intents ADD COLUMN answered BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX intents_unanswered ON intents (sent_at) WHERE revokes AND NOT answered;

-- How the account's owner signs in, as the last answer of Okta that showed credentials said; empty: none has.
ALTER TABLE links ADD COLUMN provider TEXT NOT NULL DEFAULT '';     -- credentials.provider.type
ALTER TABLE links ADD COLUMN has_password TEXT NOT NULL DEFAULT ''; -- set or none

-- The identity provider in Okta of each customer that has one, as last read.
CREATE TABLE okta_idps (
    customer_id TEXT NOT NULL PRIMARY KEY REFERENCES customers (id),
    okta_idp    TEXT NOT NULL,
    name        TEXT NOT NULL,
    status      TEXT NOT NULL,    -- ACTIVE, INACTIVE, or MISSING: Okta has none with the id
    unsuspends  BOOLEAN NOT NULL, -- its just-in-time rules give access back to whoever signs in
    reactivates BOOLEAN NOT NULL,
    read_at     BIGINT NOT NULL
);

-- People at the customer whom support, or the service itself, turns to.
CREATE TABLE contacts (
    id          TEXT PRIMARY KEY,
    customer_id TEXT NOT NULL REFERENCES customers (id),
    name        TEXT NOT NULL,
    email       TEXT NOT NULL,
    email_key   TEXT NOT NULL, -- the address, folded
    role        TEXT NOT NULL,
    notify      BOOLEAN NOT NULL,
    created_at  BIGINT NOT NULL
);
CREATE UNIQUE INDEX contacts_email ON contacts (customer_id, email_key);

-- What people are told of, in rounds, until somebody acknowledges it or it is over.
CREATE TABLE notices (
    id              TEXT PRIMARY KEY,
    customer_id     TEXT NOT NULL, -- '': about the whole org
    subject         TEXT NOT NULL,
    kind            TEXT NOT NULL,
    severity        TEXT NOT NULL,
    text            TEXT NOT NULL, -- JSON: lines
    created_at      BIGINT NOT NULL,
    sends           BIGINT NOT NULL,           -- rounds begun
    last_sent_at    BIGINT NOT NULL,           -- 0: none yet
    due_at          BIGINT NOT NULL,           -- 0: nothing left to tell
    owed            TEXT NOT NULL, -- JSON: who is still to be told in the last round
    acknowledged_at BIGINT NOT NULL,           -- 0: by nobody
    acknowledged_by TEXT NOT NULL,
    closed_at       BIGINT NOT NULL            -- 0: open
);
CREATE UNIQUE INDEX notices_open ON notices (subject) WHERE closed_at = 0;
CREATE INDEX notices_live ON notices (created_at, id) WHERE closed_at = 0 OR due_at <> 0;

ALTER TABLE customers ADD COLUMN disconnected_by BIGINT NOT NULL DEFAULT 0; -- number of the plan that cut the connection; 0: none, or it was undone
ALTER TABLE customers ADD COLUMN verify_from BIGINT NOT NULL DEFAULT 0;     -- only reads after this prove a disconnect; 0: there is none
ALTER TABLE customers ADD COLUMN time_zone TEXT NOT NULL DEFAULT ''; -- a name of the time zone database; empty: UTC
ALTER TABLE customers ADD COLUMN paused_at BIGINT NOT NULL DEFAULT 0;       -- 0: not paused
ALTER TABLE customers ADD COLUMN paused_until BIGINT NOT NULL DEFAULT 0;    -- when it goes on by itself
ALTER TABLE customers ADD COLUMN pause_answer TEXT NOT NULL DEFAULT '';     -- keep or later

-- Whom SCIM has no say over: nobody, but for customers that left and single people.
CREATE INDEX users_released ON users (customer_id, ordinal) WHERE NOT connected;

-- What a disconnect would do, does or did. A plan is never changed after somebody may have read it, but for its state.
CREATE TABLE plans (
    id           TEXT NOT NULL PRIMARY KEY,
    customer_id  TEXT NOT NULL REFERENCES customers (id),
    number       BIGINT NOT NULL,
    state        TEXT NOT NULL,
    hash         TEXT NOT NULL,
    choices      TEXT NOT NULL,   -- JSON
    totals       TEXT NOT NULL,   -- JSON: people by outcome
    burst_from   BIGINT NOT NULL, -- since when removals count as those of the departure; 0: none do
    sso          TEXT NOT NULL,   -- what was known of the customer's identity provider
    conversions  BIGINT NOT NULL, -- people who are to set a password
    no_sign_in   BIGINT NOT NULL,
    epoch        BIGINT NOT NULL, -- of the customer when it was made
    created_at   BIGINT NOT NULL,
    created_by   TEXT NOT NULL,
    expires_at   BIGINT NOT NULL,
    confirmed_at BIGINT NOT NULL, -- 0: it is not
    confirmed_by TEXT NOT NULL,
    second_by    TEXT NOT NULL,   -- who confirmed as the second person; empty: nobody had to
    accepted     TEXT NOT NULL,   -- who takes on the people without a sign-in; empty: nobody
    run_at       BIGINT NOT NULL, -- 0: as soon as it is confirmed
    finished_at  BIGINT NOT NULL,
    swept_at     BIGINT NOT NULL, -- when the second sweep was over
    undone_at    BIGINT NOT NULL,
    undone_by    TEXT NOT NULL,
    UNIQUE (customer_id, number)
);
CREATE INDEX plans_at_work ON plans (state, run_at) WHERE state IN ('confirmed', 'running', 'undoing');

CREATE TABLE plan_rows (
    plan_id     TEXT NOT NULL REFERENCES plans (id),
    ordinal     BIGINT NOT NULL, -- of the user
    customer_id TEXT NOT NULL,
    user_id     TEXT NOT NULL,
    user_name   TEXT NOT NULL,
    outcome     TEXT NOT NULL,
    sign_in     TEXT NOT NULL,
    status      TEXT NOT NULL, -- of the account then; empty: there was none
    active      BOOLEAN NOT NULL,
    removed_at  BIGINT NOT NULL,
    reason      TEXT NOT NULL,
    writes      TEXT NOT NULL,   -- JSON
    facts       TEXT NOT NULL, -- what the row was computed from, to tell whether it still holds
    result      TEXT NOT NULL, -- empty: not known yet
    after       TEXT NOT NULL, -- the account's status when the plan was done
    note        TEXT NOT NULL,
    PRIMARY KEY (plan_id, ordinal)
);
CREATE INDEX plan_rows_open ON plan_rows (plan_id, ordinal) WHERE result = '';

-- Who gets access back although SCIM has no say any more: by a plan, or because a revocation was under way when it ended.
CREATE TABLE restorations (
    user_id     TEXT NOT NULL PRIMARY KEY,
    customer_id TEXT NOT NULL,
    plan_id     TEXT NOT NULL,
    late_from   BIGINT NOT NULL, -- a revocation was under way from then on; 0: none was
    late_until  BIGINT NOT NULL  -- until when it may have landed
);

-- Who was released from SCIM by a person, one by one: what connects everybody again leaves them out.
CREATE TABLE unmanaged (
    user_id     TEXT NOT NULL PRIMARY KEY,
    customer_id TEXT NOT NULL,
    since       BIGINT NOT NULL,
    actor       TEXT NOT NULL,
    why         TEXT NOT NULL
);

-- People on their way from SSO to a password. The link in the mail is known to Okta and to the person alone.
CREATE TABLE conversions (
    user_id     TEXT NOT NULL PRIMARY KEY,
    customer_id TEXT NOT NULL,
    plan_id     TEXT NOT NULL REFERENCES plans (id),
    ordinal     BIGINT NOT NULL, -- of the user
    wave        BIGINT NOT NULL, -- 0: none yet
    state       TEXT NOT NULL,
    asked_at    BIGINT NOT NULL, -- when the last mail was sent; 0: none was
    mails       BIGINT NOT NULL,
    note        TEXT NOT NULL
);
CREATE INDEX conversions_plan ON conversions (plan_id, ordinal);

CREATE TABLE waves (
    plan_id     TEXT NOT NULL REFERENCES plans (id),
    customer_id TEXT NOT NULL,
    number      BIGINT NOT NULL,
    people      BIGINT NOT NULL,
    starts_at   BIGINT NOT NULL,
    started_by  TEXT NOT NULL,
    begun_at    BIGINT NOT NULL, -- 0: not yet
    stopped_at  BIGINT NOT NULL, -- 0: it was not
    PRIMARY KEY (plan_id, number)
);
CREATE INDEX waves_due ON waves (starts_at) WHERE begun_at = 0 AND stopped_at = 0;
