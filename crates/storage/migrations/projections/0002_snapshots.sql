-- The state of an engine's machine as of a record, so that a start need not read the whole journal.
-- A snapshot whose head is not here is not complete.
CREATE TABLE journal_snapshot (
    stream {uuid} NOT NULL,
    seq {i64} NOT NULL,
    tenant {uuid} NOT NULL,
    state {i64} NOT NULL,
    record_hash {bytes} NOT NULL,
    parts {i64} NOT NULL,
    bytes {i64} NOT NULL,
    hash {bytes} NOT NULL,
    PRIMARY KEY (stream, seq)
) {clustered};
{{tenant_table journal_snapshot}}

CREATE TABLE journal_snapshot_part (
    stream {uuid} NOT NULL,
    seq {i64} NOT NULL,
    number {i64} NOT NULL,
    tenant {uuid} NOT NULL,
    body {bytes} NOT NULL,
    PRIMARY KEY (stream, seq, number)
) {clustered};
{{tenant_table journal_snapshot_part}}
-- postgres: ALTER TABLE journal_snapshot_part ALTER COLUMN body SET STORAGE EXTERNAL;
