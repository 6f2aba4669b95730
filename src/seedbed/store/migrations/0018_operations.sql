-- What operators can hold back: the jobs of a pool, and all new orders. And how the queue looked, minute by minute, for the
-- plots of the desk, what ended, and how much is stored. New tables alone: nobody waits for them.
set local lock_timeout = '300ms';
set local statement_timeout = '60s';

create table pool_pause (
    pool   text primary key,
    reason text not null,
    since  timestamptz not null,
    actor  text not null
);

create table maintenance (
    is_only boolean primary key default true check (is_only),
    message text not null,
    since   timestamptz not null,
    until   timestamptz check (until > since),
    actor   text not null
);

create table pool_minute (
    minute    timestamptz not null,
    pool      text not null,
    queued    integer not null check (queued >= 0),
    running   integer not null check (running >= 0),
    oldest_ms bigint not null check (oldest_ms >= 0),
    primary key (minute, pool)
);

create table pool_outcome (
    minute timestamptz not null,
    pool   text not null,
    code   text not null,
    jobs   integer not null check (jobs > 0),
    primary key (minute, pool, code)
);

create table stored (
    part       text primary key,
    files      bigint not null check (files >= 0),
    size_bytes bigint not null check (size_bytes >= 0),
    counted_at timestamptz not null
);
