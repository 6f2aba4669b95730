-- Jobs that ended while a remote service may still work for them: an index of them alone, so that looking costs nothing.
-- It is built while writers wait; only rows with a memory are in it, and there are few of those.
set local lock_timeout = '300ms';
set local statement_timeout = '60s';

create index job_to_withdraw on job (pool, finished_at)
    where state in ('cancelled', 'failed') and (memory ->> 'state') in ('sending', 'sent');
