-- Fleets: who leads each, where a worker runs and for whom, which machines and workers are to take no jobs, and how long an
-- engine takes to load. The table of workers is small; columns without a value are added without reading it.
set local lock_timeout = '300ms';
set local statement_timeout = '60s';

alter table worker
    add host text,
    add engine text,
    add gpus text,
    add fleet text,
    add slot text,
    add is_drained boolean not null default false;

create table fleet (
    name     text primary key,
    leader   text not null,
    backend  text not null,
    led_since timestamptz not null,
    seen_at  timestamptz not null,
    pools    json not null
);

create table drain (
    kind   text not null check (kind in ('host', 'worker')),
    target text not null,
    reason text not null,
    since  timestamptz not null,
    primary key (kind, target)
);

create table engine_load (
    pool    text not null,
    engine  text not null,
    load_ms bigint not null check (load_ms >= 0),
    told_at timestamptz not null,
    primary key (pool, engine)
);
