-- Logs every attempt of a webhook, switches dead addresses off, and lets an account listen to its final jobs.
-- The index on job is the one step that reads a table: ends of jobs wait for about a second for each million of them.
set local lock_timeout = '300ms';
set local statement_timeout = '60s';

lock table job in share mode; -- before delivery, as everybody does

create table delivery_attempt (
    delivery_id text not null references delivery on delete cascade,
    number      integer not null check (number > 0),
    at          timestamptz not null,
    status      integer,
    latency_ms  integer not null check (latency_ms >= 0),
    excerpt     text not null,
    is_private  boolean not null,
    error       text,
    primary key (delivery_id, number),
    unique (delivery_id, at)
);

create table webhook_endpoint (
    account_id    bigint not null references account,
    is_live       boolean not null,
    address       text not null,
    failing_since timestamptz not null,
    failures      integer not null check (failures > 0),
    last_status   integer,
    off_since     timestamptz,
    off_because   text check (off_because in ('gone', 'failing')),
    primary key (account_id, is_live, address),
    check ((off_since is null) = (off_because is null))
);

-- Of each delivery so far only the last attempt is known. Whose network its answer came from is not, so it is private.
insert into delivery_attempt (delivery_id, number, at, status, latency_ms, excerpt, is_private)
select id, attempts, attempted_at, last_status, coalesce(last_latency_ms, 0), coalesce(last_excerpt, ''), true
from delivery where attempts > 0 and attempted_at is not null;

alter table delivery drop column last_excerpt;
alter table delivery add column restarted_after integer not null default 0;
alter table delivery add column stopped_because text check (stopped_because in ('gone', 'failing'));

create index job_ended on job (account_id, is_live, finished_at, id) where finished_at is not null;
