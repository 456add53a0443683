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
-- `amount` is what moved.
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
    record {i64} NOT NULL,
    hold {i64},
    expires_at {time},
    reverses {uuid},
    asked {amount},
    PRIMARY KEY (book, number)
) {clustered};
{{tenant_table ledger_transfer append_only}}
CREATE UNIQUE INDEX ledger_transfer_id ON ledger_transfer (book, id);
CREATE INDEX ledger_transfer_reference ON ledger_transfer (book, reference)
    WHERE reference IS NOT NULL;
CREATE UNIQUE INDEX ledger_transfer_reverses ON ledger_transfer (book, reverses)
    WHERE reverses IS NOT NULL;
CREATE INDEX ledger_transfer_hold ON ledger_transfer (book, hold) WHERE hold IS NOT NULL;

-- What each account saw, in order: the debit-positive change, and the balance after it.
CREATE TABLE ledger_history (
    tenant {uuid} NOT NULL,
    book {uuid} NOT NULL,
    account {i64} NOT NULL,
    number {i64} NOT NULL,
    amount {amount} NOT NULL,
    balance {amount} NOT NULL,
    effective {date} NOT NULL,
    booked_at {time} NOT NULL,
    PRIMARY KEY (book, account, number)
) {clustered};
{{tenant_table ledger_history append_only}}
