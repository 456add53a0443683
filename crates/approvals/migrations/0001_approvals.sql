-- Commands that somebody asked to be approved. `hash` is of the command's canonical form; `people`
-- and `roles` are what its rule asked for when it was asked; `asked_by` is missing where it was
-- nobody who signs in. `content` is the command and why it is wanted.
CREATE TABLE approvals_request (
    tenant {uuid} NOT NULL,
    id {uuid} NOT NULL,
    kind {text} NOT NULL,
    subject_kind {text} NOT NULL,
    subject {text} NOT NULL,
    hash {bytes} NOT NULL,
    asked_by {uuid},
    people {i64} NOT NULL,
    roles {text} NOT NULL,
    state {text} NOT NULL,
    content {sealed} NOT NULL,
    created_at {time} NOT NULL,
    expires_at {time} NOT NULL,
    changed_at {time} NOT NULL,
    PRIMARY KEY (tenant, id)
) {clustered};
{{tenant_table approvals_request}}
-- Of one thing there is one request at a time that can still be decided or used.
CREATE UNIQUE INDEX approvals_request_open ON approvals_request (tenant, kind, subject_kind, subject)
    WHERE state IN ('pending', 'approved');

-- Who said what. `principal` is whose word it counts as: the person's own, or that of whoever
-- delegated theirs. A person decides once, and a word counts once.
CREATE TABLE approvals_decision (
    tenant {uuid} NOT NULL,
    id {uuid} NOT NULL,
    request {uuid} NOT NULL,
    person {uuid} NOT NULL,
    principal {uuid} NOT NULL,
    verdict {text} NOT NULL,
    reason {sealed} NOT NULL,
    decided_at {time} NOT NULL,
    PRIMARY KEY (tenant, id)
) {clustered};
{{tenant_table approvals_decision}}
CREATE UNIQUE INDEX approvals_decision_person ON approvals_decision (tenant, request, person);
CREATE UNIQUE INDEX approvals_decision_principal ON approvals_decision (tenant, request, principal);

-- Who decides for whom, and until when.
CREATE TABLE approvals_delegation (
    tenant {uuid} NOT NULL,
    id {uuid} NOT NULL,
    principal {uuid} NOT NULL,
    delegate {uuid} NOT NULL,
    until {time} NOT NULL,
    created_at {time} NOT NULL,
    PRIMARY KEY (tenant, id)
) {clustered};
{{tenant_table approvals_delegation}}
CREATE INDEX approvals_delegation_delegate ON approvals_delegation (tenant, delegate, until);
