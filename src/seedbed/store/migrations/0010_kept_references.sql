-- Keeps what a job's references held when they were fetched, so that a rerun does not depend on addresses that expire.
-- Also lets a job say which of its attempts has stored a preview.
-- Safe under load: a column that is empty or has a constant default changes no row, and the index reads a table of uploads, which is small.
set local lock_timeout = '300ms';
set local statement_timeout = '60s';

alter table job add column preview_attempt integer;
alter table asset add column is_kept boolean not null default false;
create unique index asset_kept on asset (account_id, is_live, sha256) where is_kept;

create table job_reference (
    job_id   text not null references job on delete cascade,
    position smallint not null check (position >= 0),
    asset_id text not null references asset on delete cascade,
    primary key (job_id, position)
);
create index job_reference_of_asset on job_reference (asset_id);
