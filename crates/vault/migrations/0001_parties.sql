-- The parties that something is sealed for: people and organisations, by their ids alone. One that
-- was erased stays, so that no new key is made for it.
CREATE TABLE vault_party (
    tenant {uuid} NOT NULL,
    party {uuid} NOT NULL,
    created_at {time} NOT NULL,
    erased_at {time},
    PRIMARY KEY (tenant, party)
) {clustered};
{{tenant_table vault_party}}

-- Their keys, each wrapped by a key of the tenant. The one with the highest number seals, all open:
-- what is sealed names its key. Of an erased party `wrapped` is empty, so that what its keys sealed
-- is told from what is damaged.
CREATE TABLE vault_party_key (
    tenant {uuid} NOT NULL,
    id {uuid} NOT NULL,
    party {uuid} NOT NULL,
    number {i64} NOT NULL,
    wrapping {i64} NOT NULL,
    wrapped {bytes},
    made_at {time} NOT NULL,
    PRIMARY KEY (tenant, id)
) {clustered};
{{tenant_table vault_party_key}}
CREATE UNIQUE INDEX vault_party_key_party ON vault_party_key (tenant, party, number);
CREATE INDEX vault_party_key_wrapping ON vault_party_key (tenant, wrapping);
