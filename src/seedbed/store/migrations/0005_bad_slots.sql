-- What a worker thinks of itself, and the bytes that attempts which came to nothing may have left.
-- The table of workers is small and is rewritten; nobody waits for long.
set local lock_timeout = '300ms';
set local statement_timeout = '60s';

create type worker_state as enum ('ready', 'testing', 'quarantined');

alter table worker
    add column state worker_state not null default 'ready',
    add column state_since timestamptz not null default clock_timestamp(),
    add column reason text;

create table leftover (
    job_id  text not null,
    attempt integer not null check (attempt > 0),
    due_at  timestamptz not null,
    sweeps  integer not null default 0,
    primary key (job_id, attempt)
);
create index leftover_due on leftover (due_at);
