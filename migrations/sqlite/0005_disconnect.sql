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

-- A customer that comes back after a disconnect stays in a waiting room until support accepts what would change.
ALTER TABLE customers ADD COLUMN waiting_since BIGINT NOT NULL DEFAULT 0; -- since when the waiting room is open; 0: it is not
ALTER TABLE customers ADD COLUMN joining_since BIGINT NOT NULL DEFAULT 0; -- since when those who were accepted come back under SCIM; 0: all of them have

-- Nobody took this person off SCIM: the customer's IdP did not show that it knows them before support accepted. Its next write of
-- them puts them back.
ALTER TABLE unmanaged ADD COLUMN missing BOOLEAN NOT NULL DEFAULT FALSE;

-- Whom the customer's IdP has shown to know since the waiting room was opened.
CREATE TABLE arrivals (
    user_id     TEXT NOT NULL PRIMARY KEY,
    customer_id TEXT NOT NULL,
    at          BIGINT NOT NULL,
    how         TEXT NOT NULL -- what it knew them by: login, external_id, rename or former_id; new: nobody of before
);
CREATE INDEX arrivals_customer ON arrivals (customer_id);

-- What somebody has changed in Okta by hand while SCIM had no say, as read in the waiting room. It stays as it is until the IdP changes it.
CREATE TABLE hand_changes (
    user_id     TEXT NOT NULL PRIMARY KEY,
    customer_id TEXT NOT NULL,
    fields      TEXT NOT NULL -- names, joined by spaces: attributes of the profile, or "status"
);
CREATE INDEX hand_changes_customer ON hand_changes (customer_id);

-- How logins have changed while the customer was away, such as after a merger.
CREATE TABLE renames (
    customer_id TEXT NOT NULL,
    old_key     TEXT NOT NULL, -- a domain or an address, normalized
    new_key     TEXT NOT NULL,
    is_domain   BOOLEAN NOT NULL,
    PRIMARY KEY (customer_id, old_key)
);
CREATE INDEX renames_new ON renames (customer_id, new_key);

-- Logins that stay in Okta as they were, although the IdP says otherwise, until a person has them changed.
CREATE TABLE login_pins (
    user_id     TEXT NOT NULL PRIMARY KEY,
    customer_id TEXT NOT NULL,
    login       TEXT NOT NULL,
    email       TEXT NOT NULL,
    applied_at  BIGINT NOT NULL -- when a person had the login changed; 0: it stays
);
CREATE INDEX login_pins_customer ON login_pins (customer_id);

-- When the database was found to be an older copy of itself; 0: it was not, or a person has approved since.
ALTER TABLE customers ADD COLUMN review_since BIGINT NOT NULL DEFAULT 0;
CREATE INDEX customers_frozen ON customers (id) WHERE review_since <> 0;

-- What Okta keeps of each customer as well, and what was found there after a restore.
CREATE TABLE records (
    customer_id TEXT NOT NULL PRIMARY KEY REFERENCES customers (id),
    okta_id     TEXT NOT NULL,    -- of the group that keeps it; empty: not known
    put         TEXT NOT NULL,    -- what was put there last, JSON; empty: nothing was
    found       TEXT NOT NULL,    -- JSON; empty: nothing was
    lost        TEXT NOT NULL,    -- JSON list of the users' keys on accounts of the customer whose users are not here
    found_at    BIGINT NOT NULL   -- 0: it was not looked for since the restore
);

-- Who is active here, while a read after the restore showed an account without access.
CREATE TABLE stays_out (
    user_id     TEXT NOT NULL PRIMARY KEY,
    customer_id TEXT NOT NULL,
    status      TEXT NOT NULL,    -- of the account
    by_us       BOOLEAN NOT NULL  -- its flag says that it was removed; otherwise a person took the access by hand
);
CREATE INDEX stays_out_customer ON stays_out (customer_id, user_id);

ALTER TABLE customers ADD COLUMN purged_at BIGINT NOT NULL DEFAULT 0; -- when nothing of a deleted customer's people was left; 0: not yet
CREATE INDEX customers_to_purge ON customers (id) WHERE state = 'deleted' AND purged_at = 0;

-- Accounts in Okta of people whose customer was deleted: nobody is ever linked with one of them.
CREATE TABLE tombstones (
    okta_id     TEXT NOT NULL PRIMARY KEY,
    customer_id TEXT NOT NULL REFERENCES customers (id),
    user_id     TEXT NOT NULL,
    at          BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX tombstones_customer ON tombstones (customer_id);

-- The last successful sign-in through the identity provider that Okta's System Log shows.
ALTER TABLE okta_idps ADD COLUMN signed_in_at BIGINT NOT NULL DEFAULT 0;     -- 0: none
ALTER TABLE okta_idps ADD COLUMN sign_ins_read_at BIGINT NOT NULL DEFAULT 0; -- when the log was last read for it; 0: never
