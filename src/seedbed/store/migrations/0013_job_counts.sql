-- Lists that say how many jobs there are counted them one by one; from now on every job is counted when it moves.
-- The jobs that are there are counted once while writers wait: seconds for a million jobs.
set local lock_timeout = '300ms';
set local statement_timeout = '60s';

lock table job in share row exclusive mode;

-- How many jobs an account has of each kind, by the hour of their arrival: the totals of lists, without reading the jobs.
-- By pool too, so that whoever moves a job, and holds its lane, waits for nobody here.
create table job_count (
    account_id  bigint not null,
    is_live     boolean not null,
    hour        timestamptz not null, -- in UTC
    pool        text not null,
    state       job_state not null,
    is_expired  boolean not null,
    is_flexible boolean not null,
    shown_model text not null, -- empty: the request named none
    jobs        bigint not null check (jobs >= 0),
    primary key (account_id, is_live, hour, pool, state, is_expired, is_flexible, shown_model)
) with (fillfactor = 80);

create function count_job() returns trigger language plpgsql as $$
begin
    if tg_op <> 'INSERT' then
        update job_count set jobs = jobs - 1
        where account_id = old.account_id and is_live = old.is_live and pool = old.pool and state = old.state
            and hour = date_trunc('hour', old.created_at, 'UTC') and is_flexible = old.is_flexible
            and is_expired = (old.error_code is not distinct from 'expired')
            and shown_model = coalesce(old.shown_model, '');
    end if;
    if tg_op <> 'DELETE' then
        insert into job_count values (
            new.account_id, new.is_live, date_trunc('hour', new.created_at, 'UTC'), new.pool, new.state,
            new.error_code is not distinct from 'expired', new.is_flexible, coalesce(new.shown_model, ''), 1)
        on conflict (account_id, is_live, hour, pool, state, is_expired, is_flexible, shown_model)
        do update set jobs = job_count.jobs + 1;
    end if;
    return null;
end $$;
create trigger job_is_counted after insert or delete on job for each row execute function count_job();
create trigger job_is_counted_anew after update of state, error_code, pool, created_at, is_flexible, shown_model on job
    for each row when ((old.state, old.error_code, old.pool, old.created_at, old.is_flexible, old.shown_model)
        is distinct from (new.state, new.error_code, new.pool, new.created_at, new.is_flexible, new.shown_model))
    execute function count_job();

-- Where the counts differ from the jobs: always empty.
create view job_count_proof as
    select account_id, is_live, hour, pool, state, is_expired, is_flexible, shown_model,
        coalesce(told.jobs, 0) as told, coalesce(there.jobs, 0) as there
    from job_count told full join (
        select account_id, is_live, date_trunc('hour', created_at, 'UTC') as hour, pool, state,
            error_code is not distinct from 'expired' as is_expired, is_flexible,
            coalesce(shown_model, '') as shown_model, count(*) as jobs
        from job group by 1, 2, 3, 4, 5, 6, 7, 8
    ) there using (account_id, is_live, hour, pool, state, is_expired, is_flexible, shown_model)
    where coalesce(told.jobs, 0) <> coalesce(there.jobs, 0);

insert into job_count
select account_id, is_live, date_trunc('hour', created_at, 'UTC'), pool, state,
    error_code is not distinct from 'expired', is_flexible, coalesce(shown_model, ''), count(*)
from job group by 1, 2, 3, 4, 5, 6, 7, 8;
