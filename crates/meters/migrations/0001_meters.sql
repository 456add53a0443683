-- What was used, once for each reason to say so: `id` is a hash of kind, party and key. A record is
-- counted when its amount is in the sums below.
CREATE TABLE meters_usage (
    tenant {uuid} NOT NULL,
    id {bytes} NOT NULL,
    kind {text} NOT NULL,
    party {uuid} NOT NULL,
    amount {i64} NOT NULL,
    used_at {time} NOT NULL,
    is_counted {bool} NOT NULL,
    PRIMARY KEY (tenant, id)
) {clustered};
{{tenant_table meters_usage}}
CREATE INDEX meters_usage_uncounted ON meters_usage (tenant, kind, used_at) WHERE NOT is_counted;

-- Sums of counted records by hour and by month, both of UTC.
CREATE TABLE meters_sum (
    tenant {uuid} NOT NULL,
    kind {text} NOT NULL,
    span {text} NOT NULL,
    starts_at {time} NOT NULL,
    party {uuid} NOT NULL,
    amount {i64} NOT NULL,
    PRIMARY KEY (tenant, kind, span, starts_at, party)
) {clustered};
{{tenant_table meters_sum}}

-- Held by whoever uses something of which there is so much, until their transaction ends.
CREATE TABLE meters_gate (
    tenant {uuid} NOT NULL,
    feature {text} NOT NULL,
    passed {i64} NOT NULL,
    PRIMARY KEY (tenant, feature)
) {clustered};
{{tenant_table meters_gate}}

-- The plan of a tenant, where it is not the usual one.
CREATE TABLE meters_plan (
    tenant {uuid} NOT NULL PRIMARY KEY,
    plan {text} NOT NULL,
    changed_at {time} NOT NULL
) {clustered};
{{tenant_table meters_plan}}

-- What a tenant, or one person of it, has beside the plan. Without `allowance` there is no limit.
-- `holder` is the person's id, or the tenant's.
CREATE TABLE meters_grant (
    tenant {uuid} NOT NULL,
    feature {text} NOT NULL,
    holder {uuid} NOT NULL,
    allowance {i64},
    until {time},
    granted_at {time} NOT NULL,
    PRIMARY KEY (tenant, feature, holder)
) {clustered};
{{tenant_table meters_grant}}
