-- How far each projection of a stream has come; changes in the transaction of its rows.
CREATE TABLE journal_projection (
    projection {text} NOT NULL,
    stream {uuid} NOT NULL,
    tenant {uuid} NOT NULL,
    seq {i64} NOT NULL,
    PRIMARY KEY (projection, stream)
) {clustered};
{{tenant_table journal_projection}}
