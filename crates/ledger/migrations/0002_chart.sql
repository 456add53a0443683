-- What a group or an account is called below the group above it; a parent of zeros is none. The
-- tree itself is the engine's: these rows change in the commit of the step that changes it.
CREATE TABLE ledger_path (
    tenant {uuid} NOT NULL,
    book {uuid} NOT NULL,
    parent {uuid} NOT NULL,
    segment {text} NOT NULL,
    node {uuid} NOT NULL,
    is_group {bool} NOT NULL,
    PRIMARY KEY (book, parent, segment)
) {clustered};
{{tenant_table ledger_path}}
CREATE UNIQUE INDEX ledger_path_node ON ledger_path (book, node);

-- Other names by which an account is found.
CREATE TABLE ledger_alias (
    tenant {uuid} NOT NULL,
    book {uuid} NOT NULL,
    alias {text} NOT NULL,
    account {uuid} NOT NULL,
    PRIMARY KEY (book, alias)
) {clustered};
{{tenant_table ledger_alias}}
