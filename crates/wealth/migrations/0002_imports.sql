-- A file of statements that was brought, whatever became of it. The file itself is an object that
-- refers to the import; `file_hash` is keyed for the tenant. What was read from the file stands in
-- the tables below. `version` goes up with every change. Moves of opening balances are numbered from
-- `first_move`: those before it belong to a booking that was undone.
CREATE TABLE wealth_import (
    tenant {uuid} NOT NULL,
    id {uuid} NOT NULL,
    book {uuid} NOT NULL,
    file_name {text} NOT NULL,
    file_hash {bytes} NOT NULL,
    byte_count {i64} NOT NULL,
    format {text},
    format_version {text},
    encoding {text},
    status {text} NOT NULL,
    version {i64} NOT NULL,
    bookable_in_part {bool} NOT NULL,
    mapping {json},
    questions {json} NOT NULL,
    faults {json} NOT NULL,
    faults_left_out {i64} NOT NULL,
    notes {json} NOT NULL,
    reason {text},
    created_at {time} NOT NULL,
    booked_at {time},
    undone_at {time},
    first_move {i64} NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant, id)
) {clustered};
{{tenant_table wealth_import}}
CREATE INDEX wealth_import_hash ON wealth_import (tenant, file_hash);

-- The accounts that an import touches: which asset each is, whether the import opens it, whether
-- the file names it and, where not, whether it is left open which one it is; and how the opening
-- balance stood before and stands after it (days, amounts and where they come from). `number_key` is
-- a hash of the number at the bank, whatever the file writes around it, which `naming` tells.
CREATE TABLE wealth_import_account (
    tenant {uuid} NOT NULL,
    import {uuid} NOT NULL,
    asset {uuid} NOT NULL,
    opens {bool} NOT NULL,
    is_unnamed {bool} NOT NULL,
    is_open {bool} NOT NULL,
    type {text} NOT NULL,
    country {text} NOT NULL,
    name {text} NOT NULL,
    currency {text} NOT NULL,
    scale {i64} NOT NULL,
    keys {json} NOT NULL,
    layout {bytes},
    asset_version {i64} NOT NULL,
    opened_on {date},
    opened_before {date},
    opening_before {json},
    opening_after {json},
    number_key {bytes},
    naming {text},
    PRIMARY KEY (tenant, import, asset)
) {clustered};
{{tenant_table wealth_import_account}}
CREATE INDEX wealth_import_account_asset ON wealth_import_account (tenant, asset);

-- The statements of an import, as the bank states them. Days between `covers_from` and `covers_to`,
-- these two left out, are in it completely.
CREATE TABLE wealth_import_statement (
    tenant {uuid} NOT NULL,
    import {uuid} NOT NULL,
    number {i64} NOT NULL,
    asset {uuid},
    label {text} NOT NULL,
    currency {text},
    scale {i64},
    from_on {date},
    to_on {date},
    covers_from {date},
    covers_to {date},
    opening_on {date},
    opening_amount {amount},
    opening_origin {text},
    closing_on {date},
    closing_amount {amount},
    refused {i64} NOT NULL,
    notes {json} NOT NULL,
    PRIMARY KEY (tenant, import, number)
) {clustered};
{{tenant_table wealth_import_statement}}
CREATE INDEX wealth_import_statement_asset ON wealth_import_statement (tenant, asset);

-- The lines of an import. The hashes are keyed by the tenant: `id_key` of the bank's reference,
-- `text_key` of the normalised texts. `of_import` and `of_line` name the line that is the same, or
-- may be; `told_import` and `told_line` the telling of it that was compared, itself or one that is
-- known through it. `why` is a code. What the file says in words (counterparty, purpose, references,
-- metadata) is sealed. `transfer` books the line, or would.
CREATE TABLE wealth_import_line (
    tenant {uuid} NOT NULL,
    import {uuid} NOT NULL,
    number {i64} NOT NULL,
    statement {i64} NOT NULL,
    file_line {i64} NOT NULL,
    asset {uuid},
    booked_on {date} NOT NULL,
    value_on {date},
    amount {amount} NOT NULL,
    texts {sealed},
    family {text} NOT NULL,
    id_key {bytes},
    text_key {bytes} NOT NULL,
    status {text} NOT NULL,
    why {text},
    of_import {uuid},
    of_line {i64},
    told_import {uuid},
    told_line {i64},
    decision {text},
    transfer {uuid} NOT NULL,
    PRIMARY KEY (tenant, import, number)
) {clustered};
{{tenant_table wealth_import_line}}
CREATE INDEX wealth_import_line_day ON wealth_import_line (tenant, asset, booked_on);
CREATE INDEX wealth_import_line_id ON wealth_import_line (tenant, asset, id_key);
CREATE INDEX wealth_import_line_transfer ON wealth_import_line (tenant, transfer);

-- What people decided about lines, the first decision first: what the line was before and became, and
-- the code of what had been thought of it.
CREATE TABLE wealth_import_decision (
    tenant {uuid} NOT NULL,
    import {uuid} NOT NULL,
    line {i64} NOT NULL,
    number {i64} NOT NULL,
    decision {text} NOT NULL,
    from_status {text} NOT NULL,
    to_status {text} NOT NULL,
    why {text},
    by_actor {json} NOT NULL,
    decided_at {time} NOT NULL,
    PRIMARY KEY (tenant, import, line, number)
) {clustered};
{{tenant_table wealth_import_decision}}

-- What an import books beside its lines: opening balances and their corrections, positive into the
-- account.
CREATE TABLE wealth_import_opening (
    tenant {uuid} NOT NULL,
    import {uuid} NOT NULL,
    number {i64} NOT NULL,
    asset {uuid} NOT NULL,
    statement {i64} NOT NULL,
    code {text} NOT NULL,
    effective {date} NOT NULL,
    amount {amount} NOT NULL,
    PRIMARY KEY (tenant, import, number)
) {clustered};
{{tenant_table wealth_import_opening}}

-- Which asset a bank's account is, by a keyed hash of its number and currency.
CREATE TABLE wealth_bank_account (
    tenant {uuid} NOT NULL,
    key {bytes} NOT NULL,
    asset {uuid} NOT NULL,
    PRIMARY KEY (tenant, key)
) {clustered};
{{tenant_table wealth_bank_account}}
CREATE INDEX wealth_bank_account_asset ON wealth_bank_account (tenant, asset);

-- How the opening balance of an imported account stands now, and which import made it so.
CREATE TABLE wealth_bank_opening (
    tenant {uuid} NOT NULL,
    asset {uuid} NOT NULL,
    opening {json} NOT NULL,
    PRIMARY KEY (tenant, asset)
) {clustered};
{{tenant_table wealth_bank_opening}}
