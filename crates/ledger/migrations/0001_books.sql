-- A book: one legal entity's ledger. Its engine's journal is the stream with the same id.
CREATE TABLE ledger_book (
    tenant {uuid} NOT NULL,
    id {uuid} NOT NULL PRIMARY KEY,
    name {text} NOT NULL,
    currency {text} NOT NULL,
    scale {i64} NOT NULL,
    opened_at {time} NOT NULL
) {clustered};
{{tenant_table ledger_book}}

-- Names and other text of accounts and transfers, apart from what is hashed, so that they can be
-- erased: sealed for the party that the tenant is, below the book and the account or transfer.
CREATE TABLE ledger_account_text (
    tenant {uuid} NOT NULL,
    book {uuid} NOT NULL,
    account {uuid} NOT NULL,
    texts {sealed} NOT NULL,
    PRIMARY KEY (book, account)
) {clustered};
{{tenant_table ledger_account_text}}

CREATE TABLE ledger_transfer_text (
    tenant {uuid} NOT NULL,
    book {uuid} NOT NULL,
    transfer {uuid} NOT NULL,
    texts {sealed} NOT NULL,
    PRIMARY KEY (book, transfer)
) {clustered};
{{tenant_table ledger_transfer_text}}
