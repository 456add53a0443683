-- Jobs: what is to be done, by whom it is being done, and what became of it. Those of the system
-- have the tenant that stands for nobody.
CREATE TABLE jobs_job (
    tenant {uuid} NOT NULL,
    id {uuid} NOT NULL,
    kind {text} NOT NULL,
    args {text} NOT NULL,
    state {text} NOT NULL,
    priority {i64} NOT NULL,
    run_at {time} NOT NULL,
    attempt {i64} NOT NULL,
    attempts_max {i64} NOT NULL,
    -- The fence: one higher with each lease.
    token {i64} NOT NULL,
    lease_until {time},
    worker {text},
    unique_key {text},
    -- The same while the job is not finished, so that one index holds it against others.
    live_key {text},
    cancel_requested {bool} NOT NULL,
    progress_done {i64},
    progress_total {i64},
    error_code {text},
    error {text},
    schedule {text},
    correlation {uuid} NOT NULL,
    enqueued_at {time} NOT NULL,
    started_at {time},
    finished_at {time},
    PRIMARY KEY (tenant, id)
) {clustered};
{{tenant_table jobs_job}}
CREATE UNIQUE INDEX jobs_job_key ON jobs_job (tenant, kind, live_key);
CREATE INDEX jobs_job_state ON jobs_job (tenant, state, id);
CREATE INDEX jobs_job_available ON jobs_job (tenant, priority, run_at, id)
    WHERE state = 'available';
CREATE INDEX jobs_job_scheduled ON jobs_job (run_at) WHERE state = 'scheduled';
CREATE INDEX jobs_job_leased ON jobs_job (lease_until) WHERE state = 'running';
CREATE INDEX jobs_job_finished ON jobs_job (finished_at) WHERE finished_at IS NOT NULL;

-- Schedules: which job is enqueued when, again and again.
CREATE TABLE jobs_schedule (
    tenant {uuid} NOT NULL,
    name {text} NOT NULL,
    kind {text} NOT NULL,
    args {text} NOT NULL,
    cron {text} NOT NULL,
    zone {text} NOT NULL,
    priority {i64} NOT NULL,
    attempts_max {i64} NOT NULL,
    -- Nothing where no day will come, or the text can no longer be read.
    next_at {time},
    last_at {time},
    last_job {uuid},
    PRIMARY KEY (tenant, name)
) {clustered};
{{tenant_table jobs_schedule}}
CREATE INDEX jobs_schedule_next ON jobs_schedule (next_at);
