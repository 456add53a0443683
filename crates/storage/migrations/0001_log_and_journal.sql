-- The keys of each tenant, wrapped by a master key that stands in no database. Number 0 makes hashes
-- of texts and stays for ever, for the journal holds such hashes: a text can be looked up by one,
-- which tells nothing to someone who has not the key. The others wrap the keys of parties, each newer
-- one in place of those before.
CREATE TABLE storage_tenant_key (
    tenant {uuid} NOT NULL,
    number {i64} NOT NULL,
    master {text} NOT NULL,
    wrapped {bytes} NOT NULL,
    made_at {time} NOT NULL,
    PRIMARY KEY (tenant, number)
) {clustered};
{{tenant_table storage_tenant_key}}

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

-- Answers to requests with an Idempotency-Key, kept with the effect they answer for: sealed, for
-- they say what the request was about.
CREATE TABLE storage_idempotency (
    tenant {uuid} NOT NULL,
    key_id {uuid} NOT NULL,
    body_hash {bytes} NOT NULL,
    first_seen {time} NOT NULL,
    status {i64},
    answer {sealed},
    PRIMARY KEY (tenant, key_id)
) {clustered};
{{tenant_table storage_idempotency}}
