-- What operators can hold back: the jobs of a pool, and all new orders. And how the queue looked, minute by minute, for the
-- plots of the desk. New tables alone: nobody waits for them.
set local lock_timeout = '300ms';
set local statement_timeout = '60s';

create table pool_pause (
    pool   text primary key,
    reason text not null,
    since  timestamptz not null
);

create table maintenance (
    is_only boolean primary key default true check (is_only),
    message text not null,
    since   timestamptz not null,
    until   timestamptz check (until > since)
);

create table pool_minute (
    pool       text not null,
    minute     timestamptz not null,
    queued     integer not null check (queued >= 0),
    running    integer not null check (running >= 0),
    oldest_ms  bigint not null check (oldest_ms >= 0),
    succeeded  integer not null check (succeeded >= 0),
    failed     integer not null check (failed >= 0),
    cancelled  integer not null check (cancelled >= 0),
    primary key (pool, minute)
);
create index pool_minute_age on pool_minute (minute);
