-- What a person must look at and decide. `readers` are the roles that see it, each between blanks;
-- `due_at` is when it is escalated, where nobody has decided by then.
CREATE TABLE cases_case (
    tenant {uuid} NOT NULL,
    id {uuid} NOT NULL,
    kind {text} NOT NULL,
    subject_kind {text} NOT NULL,
    subject {text} NOT NULL,
    readers {text} NOT NULL,
    state {text} NOT NULL,
    priority {text} NOT NULL,
    assignee {uuid},
    due_at {time} NOT NULL,
    escalated_at {time},
    choice {text},
    created_at {time} NOT NULL,
    changed_at {time} NOT NULL,
    PRIMARY KEY (tenant, id)
) {clustered};
{{tenant_table cases_case}}
-- Of one thing there is one case of a kind at a time that is open.
CREATE UNIQUE INDEX cases_case_open ON cases_case (tenant, kind, subject_kind, subject)
    WHERE state = 'open';

-- All that happened to a case, the earliest first. `actor` is missing where it was nobody who signs
-- in; `detail` is an id or a word, `said` what a person wrote.
CREATE TABLE cases_entry (
    tenant {uuid} NOT NULL,
    case_id {uuid} NOT NULL,
    number {i64} NOT NULL,
    step {text} NOT NULL,
    actor {uuid},
    detail {text},
    said {sealed},
    happened_at {time} NOT NULL,
    PRIMARY KEY (tenant, case_id, number)
) {clustered};
{{tenant_table cases_entry}}
