-- People who sign in. They belong to no tenant; what is personal stands here and in no event.
CREATE TABLE identity_user (
    id {uuid} NOT NULL PRIMARY KEY,
    email {text} NOT NULL,
    name {text} NOT NULL,
    password {text} NOT NULL,
    created_at {time} NOT NULL
) {clustered};
{{common_table identity_user}}
CREATE UNIQUE INDEX identity_user_email ON identity_user (email);

-- Families, firms and partners, as far as signing in must know them.
CREATE TABLE identity_tenant (
    id {uuid} NOT NULL PRIMARY KEY,
    name {text} NOT NULL,
    currency {text} NOT NULL,
    country {text},
    created_at {time} NOT NULL
) {clustered};
{{common_table identity_tenant}}

-- Who belongs to which, and as what.
CREATE TABLE identity_membership (
    tenant_id {uuid} NOT NULL,
    user_id {uuid} NOT NULL,
    role {text} NOT NULL,
    added_at {time} NOT NULL,
    PRIMARY KEY (tenant_id, user_id)
) {clustered};
{{common_table identity_membership}}
CREATE INDEX identity_membership_user ON identity_membership (user_id, added_at);

-- Sessions: one sign-in, and every refresh token that descends from it.
CREATE TABLE identity_session (
    id {uuid} NOT NULL PRIMARY KEY,
    user_id {uuid} NOT NULL,
    tenant_id {uuid} NOT NULL,
    opened_at {time} NOT NULL,
    expires_at {time} NOT NULL,
    closed_at {time}
) {clustered};
{{common_table identity_session}}
CREATE INDEX identity_session_user ON identity_session (user_id);

-- Refresh tokens, by their hash only.
CREATE TABLE identity_refresh (
    hash {bytes} NOT NULL PRIMARY KEY,
    session_id {uuid} NOT NULL,
    issued_at {time} NOT NULL,
    rotated_at {time}
) {clustered};
{{common_table identity_refresh}}
CREATE INDEX identity_refresh_session ON identity_refresh (session_id, issued_at);
