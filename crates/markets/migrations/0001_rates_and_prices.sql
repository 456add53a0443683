-- Rates of exchange for everybody: 1 base = rate quote. A correction is a row with the next revision;
-- the rate is a decimal as text, because it must come back digit by digit.
CREATE TABLE markets_rate (
    base {text} NOT NULL,
    quote {text} NOT NULL,
    on_date {date} NOT NULL,
    source {text} NOT NULL,
    revision {i64} NOT NULL,
    rate {text} NOT NULL,
    kind {text} NOT NULL,
    recorded {time} NOT NULL,
    PRIMARY KEY (base, quote, on_date, source, revision)
) {clustered};
{{common_table markets_rate append_only}}

-- The pairs that have a rate, so that a way from one currency to another is found without reading
-- the rates.
CREATE TABLE markets_pair (
    base {text} NOT NULL,
    quote {text} NOT NULL,
    PRIMARY KEY (base, quote)
) {clustered};
{{common_table markets_pair append_only}}

-- A tenant's own rates, as markets_rate.
CREATE TABLE markets_tenant_rate (
    tenant {uuid} NOT NULL,
    base {text} NOT NULL,
    quote {text} NOT NULL,
    on_date {date} NOT NULL,
    source {text} NOT NULL,
    revision {i64} NOT NULL,
    rate {text} NOT NULL,
    kind {text} NOT NULL,
    recorded {time} NOT NULL,
    PRIMARY KEY (tenant, base, quote, on_date, source, revision)
) {clustered};
{{tenant_table markets_tenant_rate append_only}}

-- The pairs of a tenant's own rates.
CREATE TABLE markets_tenant_pair (
    tenant {uuid} NOT NULL,
    base {text} NOT NULL,
    quote {text} NOT NULL,
    PRIMARY KEY (tenant, base, quote)
) {clustered};
{{tenant_table markets_tenant_pair append_only}}

-- Prices of commodities: one unit is worth price of currency. A correction is a row with the next
-- revision.
CREATE TABLE markets_price (
    tenant {uuid} NOT NULL,
    commodity {text} NOT NULL,
    on_date {date} NOT NULL,
    source {text} NOT NULL,
    revision {i64} NOT NULL,
    price {text} NOT NULL,
    currency {text} NOT NULL,
    kind {text} NOT NULL,
    recorded {time} NOT NULL,
    PRIMARY KEY (tenant, commodity, on_date, source, revision)
) {clustered};
{{tenant_table markets_price append_only}}
