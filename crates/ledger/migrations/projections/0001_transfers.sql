CREATE TABLE ledger_commodity (
    tenant {uuid} NOT NULL,
    book {uuid} NOT NULL,
    code {text} NOT NULL,
    scale {i64} NOT NULL,
    PRIMARY KEY (book, code)
) {clustered};
{{tenant_table ledger_commodity}}

CREATE TABLE ledger_account (
    tenant {uuid} NOT NULL,
    book {uuid} NOT NULL,
    number {i64} NOT NULL,
    id {uuid} NOT NULL,
    commodity {text} NOT NULL,
    scale {i64} NOT NULL,
    kind {i64} NOT NULL,
    code {i64} NOT NULL,
    record {i64} NOT NULL,
    opened_at {time} NOT NULL,
    closed_at {time},
    PRIMARY KEY (book, number)
) {clustered};
{{tenant_table ledger_account}}
CREATE UNIQUE INDEX ledger_account_id ON ledger_account (book, id);

-- Transfers that follow each other, from `first` to `last`: a row for each of them would cost more
-- than everything else that is done with it. `ids` are 16 bytes each, in their order; so are `refs`,
-- the keyed hashes of references, where one of them has any (zeros for none). `body` is a JSON array
-- with an array for each: kind, debit, credit (accounts by their number in the book), amount (a text
-- where it is 2^53 or more), code, effective day since 1970, microseconds booked after `booked_at`.
CREATE TABLE ledger_transfer_chunk (
    tenant {uuid} NOT NULL,
    book {uuid} NOT NULL,
    first {i64} NOT NULL,
    last {i64} NOT NULL,
    booked_at {time} NOT NULL,
    ids {bytes} NOT NULL,
    refs {bytes},
    body {text} NOT NULL,
    PRIMARY KEY (book, first)
);
{{tenant_table ledger_transfer_chunk append_only}}
-- postgres: ALTER TABLE ledger_transfer_chunk ALTER COLUMN ids SET STORAGE PLAIN;
-- postgres: ALTER TABLE ledger_transfer_chunk ALTER COLUMN refs SET STORAGE PLAIN;
-- postgres: ALTER TABLE ledger_transfer_chunk ALTER COLUMN body SET STORAGE PLAIN;

-- What few transfers have. `hold` is the hold that a posting or voiding is of: one may be posted in
-- several parts. `reverses` is the transfer that a posting takes back. `asked` is the maximum of a
-- balancing transfer, of which `amount` is what moved.
CREATE TABLE ledger_transfer_link (
    tenant {uuid} NOT NULL,
    book {uuid} NOT NULL,
    number {i64} NOT NULL,
    id {uuid} NOT NULL,
    hold {uuid},
    expires_at {time},
    reverses {uuid},
    asked {amount},
    PRIMARY KEY (book, number)
) {clustered};
{{tenant_table ledger_transfer_link append_only}}
CREATE UNIQUE INDEX ledger_transfer_link_reverses ON ledger_transfer_link (book, reverses)
    WHERE reverses IS NOT NULL;

-- Every transfer, holds included, as a row. Whoever wants few of them says in which `chunk` they are.
-- sqlite: CREATE VIEW ledger_transfer AS
-- sqlite: SELECT chunk.tenant, chunk.book, chunk.first AS chunk, chunk.first + one.key AS number,
-- sqlite:     substr(chunk.ids, 16 * one.key + 1, 16) AS id, one.value ->> 0 AS kind,
-- sqlite:     one.value ->> 1 AS debit, one.value ->> 2 AS credit, one.value ->> 3 AS amount,
-- sqlite:     one.value ->> 4 AS code,
-- sqlite:     nullif(substr(chunk.refs, 16 * one.key + 1, 16), zeroblob(16)) AS reference,
-- sqlite:     date('1970-01-01', (one.value ->> 5) || ' days') AS effective,
-- sqlite:     chunk.booked_at + (one.value ->> 6) AS booked_at,
-- sqlite:     link.hold, link.expires_at, link.reverses, link.asked
-- sqlite: FROM ledger_transfer_chunk AS chunk CROSS JOIN json_each(chunk.body) AS one
-- sqlite: LEFT JOIN ledger_transfer_link AS link
-- sqlite:     ON link.tenant = chunk.tenant AND link.book = chunk.book
-- sqlite:     AND link.number = chunk.first + one.key;
-- postgres: CREATE VIEW ledger_transfer WITH (security_invoker = true) AS
-- postgres: SELECT chunk.tenant, chunk.book, chunk.first AS chunk,
-- postgres:     chunk.first + one.place - 1 AS number,
-- postgres:     encode(substring(chunk.ids FROM (16 * one.place - 15)::int FOR 16), 'hex')::uuid AS id,
-- postgres:     (one.item ->> 0)::bigint AS kind, (one.item ->> 1)::bigint AS debit,
-- postgres:     (one.item ->> 2)::bigint AS credit, (one.item ->> 3)::numeric(39, 0) AS amount,
-- postgres:     (one.item ->> 4)::bigint AS code,
-- postgres:     nullif(encode(substring(chunk.refs FROM (16 * one.place - 15)::int FOR 16), 'hex'),
-- postgres:         repeat('0', 32))::uuid AS reference,
-- postgres:     date '1970-01-01' + (one.item ->> 5)::int AS effective,
-- postgres:     chunk.booked_at + (one.item ->> 6)::bigint * interval '1 microsecond' AS booked_at,
-- postgres:     link.hold, link.expires_at, link.reverses, link.asked
-- postgres: FROM ledger_transfer_chunk AS chunk
-- postgres: CROSS JOIN json_array_elements(chunk.body::json) WITH ORDINALITY AS one (item, place)
-- postgres: LEFT JOIN ledger_transfer_link AS link
-- postgres:     ON link.tenant = chunk.tenant AND link.book = chunk.book
-- postgres:     AND link.number = chunk.first + one.place - 1;
{{tenant_view ledger_transfer}}

-- The holds that are open.
CREATE TABLE ledger_hold (
    tenant {uuid} NOT NULL,
    book {uuid} NOT NULL,
    id {uuid} NOT NULL,
    debit {i64} NOT NULL,
    credit {i64} NOT NULL,
    amount {amount} NOT NULL,
    PRIMARY KEY (book, id)
) {clustered};
{{tenant_table ledger_hold}}

-- Holds that expired, which no transfer says. `number` is that of the last transfer before, `place`
-- counts those behind the same one, from 1; `amount` is what was left of the hold. The balances are
-- posted ones, debits positive.
CREATE TABLE ledger_expiry (
    tenant {uuid} NOT NULL,
    book {uuid} NOT NULL,
    number {i64} NOT NULL,
    place {i64} NOT NULL,
    hold {uuid} NOT NULL,
    debit {i64} NOT NULL,
    credit {i64} NOT NULL,
    amount {amount} NOT NULL,
    debit_balance {amount} NOT NULL,
    credit_balance {amount} NOT NULL,
    expired_at {time} NOT NULL,
    PRIMARY KEY (book, number, place)
) {clustered};
{{tenant_table ledger_expiry append_only}}

-- Transfers whose ids say no time, or another than when they were booked; the others stand in runs by
-- id, which are about as ordered as time is. A reversal is here too, under an id that is made from
-- that of the transfer which it takes back.
CREATE TABLE ledger_odd_id (
    tenant {uuid} NOT NULL,
    book {uuid} NOT NULL,
    id {uuid} NOT NULL,
    number {i64} NOT NULL,
    PRIMARY KEY (book, id)
) {clustered};
{{tenant_table ledger_odd_id append_only}}

-- Keys of commands in transactions of the projector that saw no transfer, with their records; the
-- others stand in runs.
CREATE TABLE ledger_odd_key (
    tenant {uuid} NOT NULL,
    book {uuid} NOT NULL,
    key {bytes} NOT NULL,
    record {i64} NOT NULL,
    PRIMARY KEY (book, key)
) {clustered};
{{tenant_table ledger_odd_key append_only}}

-- A segment: the transfers from `first` to `last`, with a sorted run of each kind over them.
CREATE TABLE ledger_segment (
    tenant {uuid} NOT NULL,
    book {uuid} NOT NULL,
    first {i64} NOT NULL,
    last {i64} NOT NULL,
    id_min {bytes} NOT NULL,
    id_max {bytes} NOT NULL,
    PRIMARY KEY (book, first)
) {clustered};
{{tenant_table ledger_segment}}

-- A piece of a run: its entries from a key on. Kinds: 0 what accounts saw, 1 transfers by id, 2 by
-- reference, 3 records by the keys of commands. Keys are bytes that order: an account's number, an
-- id, a hash. It is not clustered: SQLite would keep the beginning of each row in the inner pages of
-- the tree, where four of them fit, and an account's last transfers took nearly twice as long.
CREATE TABLE ledger_run (
    tenant {uuid} NOT NULL,
    book {uuid} NOT NULL,
    kind {i64} NOT NULL,
    segment {i64} NOT NULL,
    key {bytes} NOT NULL,
    number {i64} NOT NULL,
    body {bytes} NOT NULL,
    PRIMARY KEY (book, kind, segment, key, number)
);
{{tenant_table ledger_run}}
-- postgres: ALTER TABLE ledger_run ALTER COLUMN body SET STORAGE PLAIN;
