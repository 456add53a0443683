-- What somebody is to be told. `recipient` is a party: a person who signs in, or the tenant itself.
-- `key` is a hash of who wrote it and why, so that it is written once. `is_listed` is false where
-- the recipient does not want the kind in the application.
CREATE TABLE notices_notice (
    tenant {uuid} NOT NULL,
    id {uuid} NOT NULL,
    recipient {uuid} NOT NULL,
    kind {text} NOT NULL,
    severity {text} NOT NULL,
    key {bytes} NOT NULL,
    params {sealed} NOT NULL,
    about_kind {text},
    about {text},
    is_listed {bool} NOT NULL,
    created_at {time} NOT NULL,
    PRIMARY KEY (tenant, id)
) {clustered};
{{tenant_table notices_notice}}
CREATE UNIQUE INDEX notices_notice_key ON notices_notice (tenant, key);
CREATE INDEX notices_notice_recipient ON notices_notice (tenant, recipient, id);

-- Who has read which.
CREATE TABLE notices_reading (
    tenant {uuid} NOT NULL,
    reader {uuid} NOT NULL,
    notice {uuid} NOT NULL,
    read_at {time} NOT NULL,
    PRIMARY KEY (tenant, reader, notice)
) {clustered};
{{tenant_table notices_reading}}

-- Where a recipient is told: an e-mail address, the URL of a webhook or of a browser, a telephone
-- number. `secret` is what messages there are signed or sealed with; `fingerprint` finds the same
-- address again. `asked_at` is when whoever reads there was last asked whether they want to be
-- told: an answer counts for that question alone; `tries` are the codes that were entered since;
-- `confirmed_at` is when they said yes, until they say no.
CREATE TABLE notices_address (
    tenant {uuid} NOT NULL,
    id {uuid} NOT NULL,
    recipient {uuid} NOT NULL,
    channel {text} NOT NULL,
    address {sealed} NOT NULL,
    secret {sealed} NOT NULL,
    fingerprint {bytes} NOT NULL,
    state {text} NOT NULL,
    reason {text},
    asked_at {time},
    tries {i64} NOT NULL,
    confirmed_at {time},
    created_at {time} NOT NULL,
    changed_at {time} NOT NULL,
    PRIMARY KEY (tenant, id)
) {clustered};
{{tenant_table notices_address}}
CREATE UNIQUE INDEX notices_address_fingerprint
    ON notices_address (tenant, recipient, channel, fingerprint);

-- How many messages that a person had sent there were on a day (of UTC, counted from 1970). The
-- subject is a recipient, or the fingerprint of an address, which is counted though it is removed.
CREATE TABLE notices_quota (
    tenant {uuid} NOT NULL,
    subject {bytes} NOT NULL,
    day {i64} NOT NULL,
    used {i64} NOT NULL,
    PRIMARY KEY (tenant, subject, day)
) {clustered};
{{tenant_table notices_quota}}

-- How a recipient is told: minutes are of the day in the recipient's zone, 0 is Sunday.
CREATE TABLE notices_setting (
    tenant {uuid} NOT NULL,
    recipient {uuid} NOT NULL,
    language {text} NOT NULL,
    zone {text} NOT NULL,
    quiet_from {i64},
    quiet_to {i64},
    digest_minute {i64} NOT NULL,
    digest_weekday {i64} NOT NULL,
    worth_change_bp {i64} NOT NULL,
    PRIMARY KEY (tenant, recipient)
) {clustered};
{{tenant_table notices_setting}}

-- What a recipient chose for a kind and a channel; `*` is every kind.
CREATE TABLE notices_choice (
    tenant {uuid} NOT NULL,
    recipient {uuid} NOT NULL,
    kind {text} NOT NULL,
    channel {text} NOT NULL,
    mode {text} NOT NULL,
    PRIMARY KEY (tenant, recipient, kind, channel)
) {clustered};
{{tenant_table notices_choice}}

-- A notice on its way to one address.
CREATE TABLE notices_delivery (
    tenant {uuid} NOT NULL,
    id {uuid} NOT NULL,
    notice {uuid} NOT NULL,
    address {uuid} NOT NULL,
    channel {text} NOT NULL,
    mode {text} NOT NULL,
    state {text} NOT NULL,
    due_at {time} NOT NULL,
    attempts {i64} NOT NULL,
    -- Why it stands as it does, where it was not simply sent.
    code {text},
    -- By which the other side knows it.
    receipt {text},
    created_at {time} NOT NULL,
    finished_at {time},
    PRIMARY KEY (tenant, id)
) {clustered};
{{tenant_table notices_delivery}}
CREATE INDEX notices_delivery_notice ON notices_delivery (tenant, notice, id);
CREATE INDEX notices_delivery_waiting ON notices_delivery (tenant, address, due_at)
    WHERE state = 'waiting';

-- Each time that somebody tried.
CREATE TABLE notices_attempt (
    tenant {uuid} NOT NULL,
    delivery {uuid} NOT NULL,
    number {i64} NOT NULL,
    outcome {text} NOT NULL,
    code {text},
    tried_at {time} NOT NULL,
    PRIMARY KEY (tenant, delivery, number)
) {clustered};
{{tenant_table notices_attempt}}
