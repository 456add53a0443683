-- What a family owns or owes. What it is worth stands nowhere here: how much there is of it is the
-- balance of its account, what one of it is worth is a price.
CREATE TABLE wealth_asset (
    tenant {uuid} NOT NULL,
    id {uuid} NOT NULL,
    book {uuid} NOT NULL,
    account {uuid} NOT NULL,
    type {text} NOT NULL,
    holding {text} NOT NULL,
    country {text} NOT NULL,
    owner {text},
    name {text} NOT NULL,
    commodity {text} NOT NULL,
    scale {i64} NOT NULL,
    currency {text} NOT NULL,
    opened_on {date} NOT NULL,
    disposed_on {date},
    disposed_at {time},
    origin {text} NOT NULL,
    version {i64} NOT NULL,
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL,
    PRIMARY KEY (tenant, id)
) {clustered};
{{tenant_table wealth_asset}}
CREATE UNIQUE INDEX wealth_asset_account ON wealth_asset (tenant, account);

-- The accounts of a book that stand on the other side of an asset's transfers, one for each
-- commodity.
CREATE TABLE wealth_role_account (
    tenant {uuid} NOT NULL,
    book {uuid} NOT NULL,
    role {text} NOT NULL,
    commodity {text} NOT NULL,
    account {uuid} NOT NULL,
    PRIMARY KEY (tenant, book, role, commodity)
) {clustered};
{{tenant_table wealth_role_account append_only}}

-- The days of which somebody stated how much there was of an asset: a statement of an earlier day
-- changes the days up to the next of these, not beyond.
CREATE TABLE wealth_stated_day (
    tenant {uuid} NOT NULL,
    asset {uuid} NOT NULL,
    on_date {date} NOT NULL,
    PRIMARY KEY (tenant, asset, on_date)
) {clustered};
{{tenant_table wealth_stated_day append_only}}
