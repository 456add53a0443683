-- How far each tenant's events were handed to a broker.
CREATE TABLE bus_position (
    tenant {uuid} NOT NULL,
    broker {text} NOT NULL,
    position {text} NOT NULL,
    moved_at {time} NOT NULL,
    PRIMARY KEY (tenant, broker)
) {clustered};
{{tenant_table bus_position}}
