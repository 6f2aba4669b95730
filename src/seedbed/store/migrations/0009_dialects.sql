-- Lets an account's latest jobs be counted and filtered as the Ark dialect lists them, without reading the jobs.
-- Safe under load: a column with a constant default and an empty one change no row. The index reads the table once while
-- writers wait: seconds for a million jobs. Jobs from before this file have no `shown_model` and are found by every filter
-- but that one; after seven days none of them is listed any more.
set local lock_timeout = '300ms';
set local statement_timeout = '60s';

alter table job add column is_flexible boolean not null default false;
alter table job add column shown_model text;
create index job_listed on job (account_id, is_live, created_at desc, number desc)
    include (state, error_code, is_flexible, shown_model);
