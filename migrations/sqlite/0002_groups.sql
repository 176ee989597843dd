-- +goose Up
CREATE TABLE groups (
    ordinal     INTEGER PRIMARY KEY, -- above all that is there
    id          TEXT NOT NULL UNIQUE,
    customer_id TEXT NOT NULL,
    name_key    TEXT NOT NULL,                -- displayName, folded
    external_id TEXT,
    doc         TEXT NOT NULL,                -- the SCIM attributes as JSON, without id, meta and members
    folded      TEXT NOT NULL,                -- as in users
    version     BIGINT NOT NULL,              -- grows with the members too
    members     BIGINT NOT NULL,              -- how many rows of group_members it has
    created_at  BIGINT NOT NULL,
    modified_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX groups_name ON groups (customer_id, name_key);
CREATE UNIQUE INDEX groups_ordinal ON groups (customer_id, ordinal);
CREATE INDEX groups_external_id ON groups (customer_id, external_id) WHERE external_id IS NOT NULL;

-- The key begins with the group, so that nothing about one group reads the members of another.
CREATE TABLE group_members (
    customer_id TEXT NOT NULL,
    group_id    TEXT NOT NULL,
    user_id     TEXT NOT NULL,
    PRIMARY KEY (group_id, user_id)
) WITHOUT ROWID;
CREATE INDEX group_members_user ON group_members (user_id);
