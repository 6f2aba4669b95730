-- A heartbeat changed an indexed column, and so wrote a new entry into each of a job's eight indexes; now it writes none.
-- And of a thousand workers one does a chore, where all of them did it: each asks whose turn it is with one statement.
-- The index reads the table once while writers wait: seconds for a million jobs. The old one goes last, because that
-- keeps readers out as well.
set local lock_timeout = '300ms';
set local statement_timeout = '60s';

create table chore (
    name     text primary key,
    begun_at timestamptz not null -- when somebody last took it on
);

create index job_leased on job (number) where state = 'processing';
drop index job_lease;
