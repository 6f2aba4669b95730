-- Remember when the service was audited, so that of many workers one looks every hour, and an operator sees that it did.
-- Safe under load: one new table.
set local lock_timeout = '300ms';
set local statement_timeout = '60s';

create table audit_run (
    number   bigint generated always as identity primary key,
    began_at timestamptz not null,
    ended_at timestamptz, -- null: it goes on, or its process died
    findings integer -- how many things were wrong
);
create index audit_run_began on audit_run (began_at desc);
