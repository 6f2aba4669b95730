-- What each key has taken of its quotas, and limits of a key's own.
-- The commentary stands in schema.sql. Columns without a default are added at once, however many keys there are.
set local lock_timeout = '300ms';
set local statement_timeout = '60s';

alter table api_key
    add column requests_per_minute  integer check (requests_per_minute > 0),
    add column upload_bytes_per_day bigint check (upload_bytes_per_day > 0);

create unlogged table rate (
    api_key_id  bigint not null references api_key,
    policy      text not null,
    taken_at    timestamptz not null,
    free_at     timestamptz not null,
    was_refused boolean not null,
    primary key (api_key_id, policy)
) with (fillfactor = 50);
