-- Payees: accounts that others may send to. Whoever was given the id of one can, and nobody else:
-- it says neither whose it is nor which account. Its name is what is shown to them.
CREATE TABLE remittances_payee (
    tenant {uuid} NOT NULL,
    id {uuid} NOT NULL,
    book {uuid} NOT NULL,
    account {uuid} NOT NULL,
    commodity {text} NOT NULL,
    scale {i64} NOT NULL,
    name {sealed} NOT NULL,
    opened_at {time} NOT NULL,
    closed_at {time},
    PRIMARY KEY (tenant, id)
) {clustered};
{{tenant_table remittances_payee}}
CREATE UNIQUE INDEX remittances_payee_id ON remittances_payee (id);

-- Remittances, a row for each side: what a tenant sends (direction 0) and what comes to it
-- (direction 1), both with the id of the saga that moves it. What was withdrawn before it was
-- announced has a row with the taker too, so that it is not announced any more.
CREATE TABLE remittances_remittance (
    tenant {uuid} NOT NULL,
    id {uuid} NOT NULL,
    direction {i64} NOT NULL,
    book {uuid} NOT NULL,
    account {uuid} NOT NULL,
    payee {uuid} NOT NULL,
    commodity {text} NOT NULL,
    scale {i64} NOT NULL,
    amount {amount} NOT NULL,
    effective {date} NOT NULL,
    texts {sealed} NOT NULL,
    status {text} NOT NULL,
    -- Why it came back.
    code {text},
    asked_at {time} NOT NULL,
    changed_at {time} NOT NULL,
    PRIMARY KEY (tenant, id, direction)
) {clustered};
{{tenant_table remittances_remittance}}
