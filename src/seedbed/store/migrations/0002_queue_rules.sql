-- Rank that ages, limits of a key, what an attempt cost its lane, jobs that kill engines, and the proof of the counters.
-- Columns with defaults rewrite no table. The indexes read the table once while writers wait: seconds for a million jobs.
set local lock_timeout = '300ms';
set local statement_timeout = '60s';

lock table lane, job in access exclusive mode; -- in the order in which everybody locks them

alter table api_key
    add column queue_limit_jobs   integer check (queue_limit_jobs > 0),
    add column running_limit_jobs integer check (running_limit_jobs > 0);

alter table job
    add column api_key_id bigint,
    add column rank_at timestamptz not null default now(),
    add column claimed_at timestamptz,
    add column kills integer not null default 0;
update job set rank_at = created_at - priority * interval '10 minutes', claimed_at = started_at
where state in ('queued', 'processing');

drop index job_next;
create index job_next on job (account_id, is_live, pool, coalesce(api_key_id, 0), rank_at, number)
    where state = 'queued';
create index job_of_key on job (api_key_id, state)
    where state in ('queued', 'processing') and api_key_id is not null;

update lane set weight = 4 where is_live;
drop index lane_ready, lane_clock;
create index lane_ready on lane (vtime_ms, pool) where queued > 0 and running < max_running;
create index lane_clock on lane (vtime_ms);

create view lane_proof as
    select account_id, is_live, pool,
        lane.queued - coalesce(open.queued, 0) as queued_drift,
        lane.running - coalesce(open.running, 0) as running_drift
    from lane left join (
        select account_id, is_live, pool,
            count(*) filter (where state = 'queued') as queued,
            count(*) filter (where state = 'processing') as running
        from job where state in ('queued', 'processing')
        group by account_id, is_live, pool
    ) open using (account_id, is_live, pool);
