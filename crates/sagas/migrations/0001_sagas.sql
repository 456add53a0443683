-- Sagas: flows over several commits, where each stands, and how it came there. A saga stands with
-- the tenant that began it, whosever rows its steps change.
CREATE TABLE sagas_saga (
    tenant {uuid} NOT NULL,
    id {uuid} NOT NULL,
    kind {text} NOT NULL,
    -- What it is about, which does not change: ids and choices.
    plan {text} NOT NULL,
    state {text} NOT NULL,
    status {text} NOT NULL,
    -- One higher with each change of the state: what was meant for an earlier one is passed over.
    number {i64} NOT NULL,
    -- One higher with each line of its story.
    place {i64} NOT NULL,
    -- The step that is under way: what, whose rows it changes, the job that takes it.
    step {text},
    step_tenant {uuid},
    step_job {uuid},
    -- When the state is late, and the job that says so then.
    late_at {time},
    late_job {uuid},
    error_code {text},
    error {text},
    correlation {uuid} NOT NULL,
    started_at {time} NOT NULL,
    changed_at {time} NOT NULL,
    ended_at {time},
    PRIMARY KEY (tenant, id)
) {clustered};
{{tenant_table sagas_saga}}
CREATE INDEX sagas_saga_status ON sagas_saga (tenant, status, id);
CREATE INDEX sagas_saga_stuck ON sagas_saga (status) WHERE status = 'stuck';

-- Their stories: a line for each thing that was told to a saga and changed it.
CREATE TABLE sagas_line (
    tenant {uuid} NOT NULL,
    saga {uuid} NOT NULL,
    place {i64} NOT NULL,
    at {time} NOT NULL,
    input {text} NOT NULL,
    detail {text},
    state {text} NOT NULL,
    step {text},
    step_tenant {uuid},
    PRIMARY KEY (tenant, saga, place)
) {clustered};
{{tenant_table sagas_line}}
