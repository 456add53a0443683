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

-- Every transfer, holds included; accounts by their number in the book. `hold` is the number of the
-- hold that a posting or voiding is of: one may be posted in several parts. `reverses` is the id of
-- the transfer that a posting takes back. `asked` is the maximum of a balancing transfer, of which
-- `amount` is what moved. What looks transfers up by something else than their number stands in
-- sorted runs: an index in random order would write a page for each transfer.
CREATE TABLE ledger_transfer (
    tenant {uuid} NOT NULL,
    book {uuid} NOT NULL,
    number {i64} NOT NULL,
    id {uuid} NOT NULL,
    kind {i64} NOT NULL,
    debit {i64} NOT NULL,
    credit {i64} NOT NULL,
    amount {amount} NOT NULL,
    code {i64} NOT NULL,
    reference {uuid},
    effective {date} NOT NULL,
    booked_at {time} NOT NULL,
    hold {i64},
    expires_at {time},
    reverses {uuid},
    asked {amount},
    PRIMARY KEY (book, number)
) {clustered};
{{tenant_table ledger_transfer append_only}}
-- Reversals are few.
CREATE UNIQUE INDEX ledger_transfer_reverses ON ledger_transfer (book, reverses)
    WHERE reverses IS NOT NULL;

-- The holds that are open.
CREATE TABLE ledger_hold (
    tenant {uuid} NOT NULL,
    book {uuid} NOT NULL,
    id {uuid} NOT NULL,
    number {i64} NOT NULL,
    debit {i64} NOT NULL,
    credit {i64} NOT NULL,
    amount {amount} NOT NULL,
    PRIMARY KEY (book, id)
) {clustered};
{{tenant_table ledger_hold}}

-- Holds that expired, which no transfer says. `number` is that of the last transfer before, `place` counts
-- those behind the same one, from 1; `amount` is what was left of the hold. The balances are posted ones,
-- debits positive.
CREATE TABLE ledger_expiry (
    tenant {uuid} NOT NULL,
    book {uuid} NOT NULL,
    number {i64} NOT NULL,
    place {i64} NOT NULL,
    hold {i64} NOT NULL,
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
-- id, a hash.
CREATE TABLE ledger_run (
    tenant {uuid} NOT NULL,
    book {uuid} NOT NULL,
    kind {i64} NOT NULL,
    segment {i64} NOT NULL,
    key {bytes} NOT NULL,
    number {i64} NOT NULL,
    body {bytes} NOT NULL,
    PRIMARY KEY (book, kind, segment, key, number)
) {clustered};
{{tenant_table ledger_run}}
-- postgres: ALTER TABLE ledger_run ALTER COLUMN body SET STORAGE PLAIN;
