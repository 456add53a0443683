-- Files: whose they are, how far they have come, and what is in them as far as that may be seen.
-- `hash` is keyed by tenant and party. `content_key` opens the chunks, which stand in the store
-- of bytes. `same_as` names the object that already held the same content. `touched_at` is the
-- time from which an object that nobody needs is kept a while longer; at `tidy_at` what pieces that
-- were sent twice left in the store is taken away.
CREATE TABLE objects_object (
    tenant {uuid} NOT NULL,
    id {uuid} NOT NULL,
    party {uuid} NOT NULL,
    state {text} NOT NULL,
    size {i64} NOT NULL,
    received {i64} NOT NULL,
    media_type {text},
    hash {bytes},
    content_key {sealed} NOT NULL,
    name {sealed} NOT NULL,
    same_as {uuid},
    refusal {text},
    kept_until {time},
    tidy_at {time},
    created_at {time} NOT NULL,
    touched_at {time} NOT NULL,
    PRIMARY KEY (tenant, id)
) {clustered};
{{tenant_table objects_object}}
CREATE UNIQUE INDEX objects_object_hash ON objects_object (tenant, party, hash)
    WHERE state = 'stored';

-- The chunks of an object that count. In the store each has a name of its own, made of object,
-- number and `id`, which is never used again.
CREATE TABLE objects_chunk (
    tenant {uuid} NOT NULL,
    object {uuid} NOT NULL,
    number {i64} NOT NULL,
    id {uuid} NOT NULL,
    hash {bytes} NOT NULL,
    PRIMARY KEY (tenant, object, number)
) {clustered};
{{tenant_table objects_chunk}}

-- What needs an object: the kind of a thing, and its id.
CREATE TABLE objects_reference (
    tenant {uuid} NOT NULL,
    object {uuid} NOT NULL,
    kind {text} NOT NULL,
    id {uuid} NOT NULL,
    created_at {time} NOT NULL,
    PRIMARY KEY (tenant, object, kind, id)
) {clustered};
{{tenant_table objects_reference}}
CREATE INDEX objects_reference_id ON objects_reference (tenant, kind, id);

-- Legal holds: while there is one, nothing takes the object away.
CREATE TABLE objects_hold (
    tenant {uuid} NOT NULL,
    object {uuid} NOT NULL,
    matter {text} NOT NULL,
    placed_at {time} NOT NULL,
    PRIMARY KEY (tenant, object, matter)
) {clustered};
{{tenant_table objects_hold}}
