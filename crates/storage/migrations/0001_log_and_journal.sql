-- The key of each tenant's keyed hashes: a reference can be looked up by its hash, and tells
-- nothing to someone who does not have the key.
CREATE TABLE storage_tenant_key (
    tenant {uuid} NOT NULL PRIMARY KEY,
    hash_key {bytes} NOT NULL
) {strict};
{{tenant_table storage_tenant_key append_only}}

-- Events of committed transactions that the sequencer has not numbered yet.
CREATE TABLE log_inbox (
    ord {serial},
    tenant {uuid} NOT NULL,
    stream {uuid} NOT NULL,
    id {uuid} NOT NULL,
    body {bytes} NOT NULL
) {strict};
{{tenant_table log_inbox}}

-- Events with their number and hash; body is the canonical envelope.
CREATE TABLE log_event (
    stream {uuid} NOT NULL,
    seq {i64} NOT NULL,
    tenant {uuid} NOT NULL,
    id {uuid} NOT NULL,
    recorded {time} NOT NULL,
    body {bytes} NOT NULL,
    hash {bytes} NOT NULL,
    PRIMARY KEY (stream, seq)
) {clustered};
{{tenant_table log_event append_only}}
CREATE UNIQUE INDEX log_event_id ON log_event (id);

-- Signed heads of log and journal streams; a copy goes out of the database.
CREATE TABLE log_head (
    kind {text} NOT NULL,
    stream {uuid} NOT NULL,
    seq {i64} NOT NULL,
    tenant {uuid} NOT NULL,
    line {text} NOT NULL,
    PRIMARY KEY (kind, stream, seq)
) {clustered};
{{tenant_table log_head append_only}}

-- What engines decided: commands with their outcomes, many to a record.
CREATE TABLE journal (
    stream {uuid} NOT NULL,
    seq {i64} NOT NULL,
    tenant {uuid} NOT NULL,
    hash {bytes} NOT NULL,
    body {bytes} NOT NULL,
    PRIMARY KEY (stream, seq)
) {clustered};
{{tenant_table journal append_only}}
-- postgres: ALTER TABLE journal ALTER COLUMN body SET STORAGE EXTERNAL;

-- Answers to requests with an Idempotency-Key, kept with the effect they answer for.
CREATE TABLE storage_idempotency (
    tenant {uuid} NOT NULL,
    key_id {uuid} NOT NULL,
    body_hash {bytes} NOT NULL,
    first_seen {time} NOT NULL,
    status {i64},
    headers {text},
    answer {bytes},
    PRIMARY KEY (tenant, key_id)
) {clustered};
{{tenant_table storage_idempotency}}
