-- +goose Up
CREATE SEQUENCE group_ordinal;

CREATE TABLE groups (
    id          TEXT COLLATE "C" PRIMARY KEY,
    customer_id TEXT COLLATE "C" NOT NULL,
    ordinal     BIGINT NOT NULL DEFAULT nextval('group_ordinal'),
    name_key    TEXT COLLATE "C" NOT NULL,    -- displayName, folded
    external_id TEXT COLLATE "C",
    doc         TEXT NOT NULL,                -- the SCIM attributes as JSON, without id, meta and members
    folded      TEXT COLLATE "C" NOT NULL,    -- as in users
    version     BIGINT NOT NULL,              -- grows with the members too
    members     BIGINT NOT NULL,              -- how many rows of group_members it has
    created_at  BIGINT NOT NULL,
    modified_at BIGINT NOT NULL
) WITH (fillfactor = 80);                      -- as in users: a member more writes this row
CREATE UNIQUE INDEX groups_name ON groups (customer_id, name_key);
CREATE UNIQUE INDEX groups_ordinal ON groups (customer_id, ordinal);
CREATE INDEX groups_external_id ON groups (customer_id, external_id) WHERE external_id IS NOT NULL;

-- The key begins with the group, so that nothing about one group reads the members of another.
CREATE TABLE group_members (
    customer_id TEXT COLLATE "C" NOT NULL,
    group_id    TEXT COLLATE "C" NOT NULL,
    user_id     TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (group_id, user_id)
);
CREATE INDEX group_members_user ON group_members (user_id);
