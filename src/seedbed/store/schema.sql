-- The whole schema of Seedbed, as it is after every migration. A test compares the two.
--
-- Business rules stand here as well as in the code: what the code forgets, a check, a unique index or a trigger refuses.
-- Times are the database's. Credits are whole numbers. `is_live` separates the two modes: nothing of one is seen in the other.
--
-- Locks are taken in one order everywhere, so that no two transactions can wait for each other:
--     idempotency key (advisory) -> lane -> job -> asset -> balance
-- Whoever holds only a job's id reads its lane without a lock, locks the lane, then the job, and checks the job again.
-- A transaction locks one lane and one job at most.

create table schema_migration (
    name       text primary key,
    applied_at timestamptz not null default clock_timestamp()
);

-- Accounts and keys ---------------------------------------------------------------------------------------------------

create table account (
    id         bigint generated always as identity primary key,
    name       text not null,
    created_at timestamptz not null default clock_timestamp(),
    disabled_at      timestamptz, -- its keys are refused from then on
    disabled_because text,
    is_unlimited     boolean not null default false, -- a live charge that it cannot pay is given to it in the same commit
    refill_credits   bigint check (refill_credits > 0), -- its live balance is brought up to this once a month
    refill_from      date, -- the first month of which it is
    check ((disabled_at is null) = (disabled_because is null)),
    check ((refill_credits is null) = (refill_from is null))
);
create index account_refilled on account (refill_from) where refill_credits is not null;

create table api_key (
    id           bigint generated always as identity primary key,
    account_id   bigint not null references account,
    is_live      boolean not null,
    digest       bytea not null unique check (octet_length(digest) = 32), -- SHA-256; the key itself is never stored
    last_four    text not null check (length(last_four) = 4),
    name         text not null,
    scopes       text[] not null check (cardinality(scopes) > 0),
    created_at   timestamptz not null default clock_timestamp(),
    expires_at   timestamptz,
    revoked_at   timestamptz,
    last_used_at timestamptz, -- to the minute
    queue_limit_jobs   integer check (queue_limit_jobs > 0), -- null: only the account's limit
    running_limit_jobs integer check (running_limit_jobs > 0),
    requests_per_minute  integer check (requests_per_minute > 0), -- null in a limit: as the service's settings say
    upload_bytes_per_day bigint check (upload_bytes_per_day > 0),
    monthly_cap_credits  bigint check (monthly_cap_credits > 0), -- what it may charge in a month of UTC; null: no such limit
    stands_for           text -- whom its sessions are of, where they sign in by other means than a key
);
create index api_key_of_account on api_key (account_id, id);
create unique index api_key_standing on api_key (account_id, stands_for)
    where stands_for is not null and revoked_at is null;

-- What a key has taken of each of its quotas (core/rate_limits.py says how that is counted). Every request writes here, so
-- the table is unlogged: such a commit waits for no disk. After a crash of the server it is empty, and all quotas are full.
create unlogged table rate (
    api_key_id  bigint not null references api_key,
    policy      text not null,
    taken_at    timestamptz not null, -- when somebody last took of it, or was refused
    free_at     timestamptz not null, -- when everything that was taken is free again
    was_refused boolean not null, -- how that last taking ended: the statement that took reads it from here
    primary key (api_key_id, policy)
) with (fillfactor = 50);

-- What a key has charged in a month of UTC: its holds, less those that were released. Written under the lock of the balance.
-- There is no foreign key, as there is none from its jobs.
create table key_spending (
    api_key_id      bigint not null,
    month           date not null, -- its first day
    charged_credits bigint not null check (charged_credits >= 0),
    primary key (api_key_id, month)
) with (fillfactor = 50);

create table webhook_secret (
    id         bigint generated always as identity primary key,
    account_id bigint not null references account,
    is_live    boolean not null,
    secret     text not null check (secret like 'whsec\_%'),
    created_at timestamptz not null default clock_timestamp(),
    retires_at timestamptz -- set by a rotation; until then deliveries bear both signatures
);
create unique index webhook_secret_current on webhook_secret (account_id, is_live) where retires_at is null;

-- Jobs ----------------------------------------------------------------------------------------------------------------

-- One account's jobs in one mode for one pool of workers: the unit of fair share and of the running limit. Its counters are
-- changed in the commit that moves a job, under this row's lock. That lock is what keeps the limit.
create table lane (
    account_id  bigint not null references account,
    is_live     boolean not null,
    pool        text not null,
    running     integer not null default 0 check (running >= 0), -- jobs in state processing
    queued      integer not null default 0 check (queued >= 0), -- jobs in state queued, those that wait for a retry too
    vtime_ms    bigint not null default 0, -- engine time it was given, by its weight: the least is served next
    weight      integer not null default 1 check (weight > 0), -- a live lane's is more than a test lane's (core.fairness)
    max_running integer not null check (max_running > 0),
    primary key (account_id, is_live, pool)
) with (fillfactor = 50);
create index lane_ready on lane (vtime_ms, pool) where queued > 0 and running < max_running;
create index lane_active on lane (pool, vtime_ms) where queued + running > 0;
create index lane_clock on lane (vtime_ms);

create type job_state as enum (
    'queued',     -- -> processing (claim), cancelled (cancel), failed (expired)
    'processing', -- -> succeeded, failed (finish), cancelled (cancel), queued (retry, hand-back, lease lost)
    'succeeded',  -- final: output stored, hold captured
    'failed',     -- final: hold released
    'cancelled'   -- final: hold released
);

create table job (
    id            text primary key check (id like 'req\_%'), -- also the capability to the result
    number        bigint generated always as identity unique, -- the order of arrival
    account_id    bigint not null,
    is_live       boolean not null,
    dialect       text not null,
    pool          text not null,
    state         job_state not null default 'queued',
    request       json not null, -- json, not jsonb: metadata comes back as its owner spelt it
    priority      smallint not null check (priority between 0 and 9),
    price_credits bigint not null check (price_credits >= 0),
    estimate_ms   bigint not null check (estimate_ms > 0), -- engine time, for fair share and for the place in the queue
    attempt       integer not null default 0, -- the fence: grows with every claim; every write of a worker names it
    failures      integer not null default 0, -- the retry budget under one engine; a hand-back costs none
    version       integer not null default 1, -- grows with every change its owner can see, progress apart
    run_at        timestamptz not null, -- not claimed before; in the future while a retry waits
    deadline_at   timestamptz not null, -- failed (expired) from then on
    lease_until   timestamptz, -- the worker must be heard of before
    worker        text,
    stage         text,
    fraction      double precision check (fraction between 0 and 1),
    aspect_ratio  text, -- null until the worker has seen the first picture
    engine        text,
    shot_plan     json,
    warnings      text[] not null default '{}',
    output        json,
    error_code    text,
    error_message text,
    created_at    timestamptz not null,
    started_at    timestamptz,
    finished_at   timestamptz,
    api_key_id    bigint, -- whose limits it counts for; no foreign key: a key may be erased, its jobs may not
    rank_at       timestamptz not null default now(), -- its place in its lane: arrival, brought forward by priority
    claimed_at    timestamptz, -- when the last attempt began
    kills         integer not null default 0, -- how many engine processes have died under it
    is_flexible   boolean not null default false, -- waits for everybody else, at half the price
    shown_model   text, -- the id of the model as the request named it
    preview_attempt integer, -- the last attempt that stored a preview
    route  json, -- the engines that may make it, in order, with their pools; null: whichever its pool has
    leg    integer not null default 0 check (leg >= 0), -- which of them it is with: `pool` is that one's
    tried  json, -- the attempts that failed: engine, code, moment
    memory json, -- of its engine, about work that goes on elsewhere; for operators alone
    sent   json, -- what the model was told in place of the request
    foreign key (account_id, is_live, pool) references lane,
    check ((state = 'processing') = (lease_until is not null)),
    check ((state = 'processing') = (worker is not null)),
    check ((state = 'succeeded') = (output is not null)),
    check ((state = 'failed') = (error_code is not null)),
    check ((error_code is null) = (error_message is null)),
    check ((stage is null) = (fraction is null)),
    check ((state in ('succeeded', 'failed', 'cancelled')) = (finished_at is not null))
) with (fillfactor = 80);
-- By key as well, so that a thousand jobs of a key at its limit are one step to pass over, not a thousand.
create index job_next on job (account_id, is_live, pool, coalesce(api_key_id, 0), rank_at, number)
    where state = 'queued';
create index job_of_key on job (api_key_id, state)
    where state in ('queued', 'processing') and api_key_id is not null;
-- By what never changes, so that a heartbeat, which moves lease_until, touches no index at all.
create index job_leased on job (number) where state = 'processing';
create index job_deadline on job (deadline_at) where state in ('queued', 'processing');
create index job_of_account on job (account_id, is_live, number desc);
create index job_recent on job (pool, finished_at desc) where state = 'succeeded';
create index job_ended on job (account_id, is_live, finished_at, id) where finished_at is not null; -- for those who listen
create index job_listed on job (account_id, is_live, created_at desc, number desc)
    include (state, error_code, is_flexible, shown_model); -- lists by the number of a page, and their totals
-- Lists with filters. By `-number`, so that the unique index of `number`, which skips nothing, is no choice for them.
create index job_by_kind on job (account_id, is_live, (request ->> 'model'), state, (-number));

-- Those that ended while a remote service may still work for them.
create index job_to_withdraw on job (pool, finished_at)
    where state in ('cancelled', 'failed') and (memory ->> 'state') in ('sending', 'sent');

-- A sound lane has zero in every column of `drift`.
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

create function refuse_leaving_a_final_state() returns trigger language plpgsql as $$
begin
    raise exception 'job % is % and stays so', old.id, old.state using errcode = 'integrity_constraint_violation';
end $$;
create trigger job_final_states_are_final before update of state on job
    for each row when (old.state in ('succeeded', 'failed', 'cancelled'))
    execute function refuse_leaving_a_final_state();

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

-- The answer to the first request with a key, in the commit of what it did. That a request is still in flight is told by an
-- advisory lock, because until the commit there is no row.
create table idempotency (
    account_id bigint not null references account,
    is_live    boolean not null,
    scope      text not null, -- method and path
    key        text not null check (length(key) between 1 and 255),
    digest     bytea not null check (octet_length(digest) = 32), -- of the request's body
    job_id     text references job on delete cascade, -- null: the request made no job
    answer     bytea not null, -- the body of a 2xx answer
    expires_at timestamptz not null,
    primary key (account_id, is_live, scope, key)
);
create index idempotency_expiry on idempotency (expires_at);
create index idempotency_of_job on idempotency (job_id);

-- A request whose work takes longer than a transaction may (an upload is looked into and stored): it holds its key here
-- until it has answered, or until its time is over because its process died.
create table idempotency_flight (
    account_id bigint not null references account,
    is_live    boolean not null,
    scope      text not null,
    key        text not null check (length(key) between 1 and 255),
    holder     text not null, -- chance: only who took the key gives it back
    held_until timestamptz not null,
    primary key (account_id, is_live, scope, key)
);

-- Money ---------------------------------------------------------------------------------------------------------------

-- What an account has in one mode: the sums of its transfers, kept so that a hold need not add them up.
create table balance (
    account_id        bigint not null references account,
    is_live           boolean not null,
    available_credits bigint not null default 0 check (available_credits >= 0),
    held_credits      bigint not null default 0 check (held_credits >= 0),
    primary key (account_id, is_live)
) with (fillfactor = 50);

create type bucket as enum (
    'issued',    -- the operator's: below zero by what was given out
    'available', -- an account's, to spend
    'held',      -- an account's, set aside for its open jobs
    'revenue'    -- the operator's: what finished jobs have earned
);
create type transfer_kind as enum ('topup', 'hold', 'capture', 'release', 'adjust');

-- The ledger. A row takes from one bucket what it gives to another, and is never changed. There is no foreign key to the
-- job: a job may be erased, its money may not.
create table transfer (
    id             bigint generated always as identity primary key,
    account_id     bigint not null,
    is_live        boolean not null,
    kind           transfer_kind not null,
    source         bucket not null,
    target         bucket not null,
    amount_credits bigint not null check (amount_credits > 0),
    job_id         text,
    hold_id        bigint, -- the hold that a capture or a release resolves
    note           text,
    at             timestamptz not null,
    foreign key (account_id, is_live) references balance,
    unique (id, account_id, is_live, job_id, amount_credits),
    -- A hold is resolved whole, for its own job and account.
    foreign key (hold_id, account_id, is_live, job_id, amount_credits)
        references transfer (id, account_id, is_live, job_id, amount_credits),
    check ((kind in ('hold', 'capture', 'release')) = (job_id is not null)),
    check ((kind in ('capture', 'release')) = (hold_id is not null)),
    check ((source, target) = case kind
        when 'topup' then ('issued'::bucket, 'available'::bucket)
        when 'hold' then ('available'::bucket, 'held'::bucket)
        when 'capture' then ('held'::bucket, 'revenue'::bucket)
        when 'release' then ('held'::bucket, 'available'::bucket)
        when 'adjust' then ('available'::bucket, 'issued'::bucket)
    end)
);
create unique index transfer_one_hold_a_job on transfer (job_id) where kind = 'hold';
create unique index transfer_one_resolution_a_hold on transfer (hold_id) where hold_id is not null;
create index transfer_of_account on transfer (account_id, is_live, id);

create function refuse_rewriting_the_ledger() returns trigger language plpgsql as $$
begin
    raise exception 'the ledger is append-only: write another transfer instead'
        using errcode = 'integrity_constraint_violation';
end $$;
create trigger transfer_is_append_only before update or delete or truncate on transfer
    for each statement execute function refuse_rewriting_the_ledger();

create view ledger_entry as
    select id as transfer_id, account_id, is_live, source as bucket, -amount_credits as amount_credits from transfer
    union all
    select id, account_id, is_live, target, amount_credits from transfer;

-- The monthly refills that were made: one a month, whatever happens.
create table refill (
    account_id    bigint not null references account,
    month         date not null, -- its first day
    given_credits bigint not null check (given_credits >= 0), -- what was lacking, which may be nothing
    at            timestamptz not null,
    primary key (account_id, month)
);

-- One row for each account and mode; a sound ledger has zero in every column of `proof`.
create view ledger_proof as
    select account_id, is_live,
        coalesce(sum(e.amount_credits), 0) as sum_credits,
        b.available_credits - coalesce(sum(e.amount_credits) filter (where e.bucket = 'available'), 0) as available_drift,
        b.held_credits - coalesce(sum(e.amount_credits) filter (where e.bucket = 'held'), 0) as held_drift,
        b.held_credits - coalesce((
            select sum(j.price_credits) from job j
            where j.account_id = b.account_id and j.is_live = b.is_live and j.state in ('queued', 'processing')
        ), 0) as open_jobs_drift
    from balance b left join ledger_entry e using (account_id, is_live)
    group by account_id, is_live, b.account_id, b.is_live, b.available_credits, b.held_credits;

-- Bytes, webhooks, workers ---------------------------------------------------------------------------------------------

create table asset (
    id         text primary key check (id like 'ast\_%'),
    account_id bigint not null references account,
    is_live    boolean not null,
    kind       text not null,
    format     text not null,
    blob_key   text not null unique,
    size_bytes bigint not null check (size_bytes >= 0),
    sha256     text not null check (length(sha256) = 64),
    created_at timestamptz not null,
    expires_at timestamptz not null, -- not used for new jobs from then on; deleted once no job pins it
    is_kept    boolean not null default false -- a worker's copy of what a job's URL held, and no upload
);
create index asset_expiry on asset (expires_at);
create unique index asset_kept on asset (account_id, is_live, sha256) where is_kept; -- the same bytes are kept once

-- An open job keeps its assets.
create table asset_pin (
    job_id   text not null references job on delete cascade,
    asset_id text not null references asset,
    primary key (job_id, asset_id)
);
create index asset_pin_of_asset on asset_pin (asset_id);

-- What the URLs among a job's references held when they were fetched, for its retries and its reruns. Unlike a pin it does
-- not keep the asset: one that has expired takes its rows along.
create table job_reference (
    job_id   text not null references job on delete cascade,
    position smallint not null check (position >= 0), -- in the request's list
    asset_id text not null references asset on delete cascade,
    primary key (job_id, position)
);
create index job_reference_of_asset on job_reference (asset_id);

create type delivery_state as enum (
    'pending',   -- -> delivered, exhausted, stopped; an attempt is scheduled
    'delivered', -- a 2xx answer; -> pending (redelivery)
    'exhausted', -- no attempt is left; -> pending (redelivery)
    'stopped'    -- its address is switched off; -> pending (redelivery)
);

create table delivery (
    id              text primary key check (id like 'msg\_%'), -- the webhook-id, the same over all attempts
    job_id          text not null references job on delete cascade,
    event           job_state not null, -- the state that is told
    url             text not null,
    state           delivery_state not null default 'pending',
    attempts        integer not null default 0,
    last_status     integer, -- null: no answer came
    last_latency_ms integer,
    created_at      timestamptz not null,
    attempted_at    timestamptz,
    next_at         timestamptz, -- no attempt is made before, whatever task comes up
    restarted_after integer not null default 0, -- how many attempts there were before the last redelivery
    stopped_because text check (stopped_because in ('gone', 'failing'))
);
create unique index delivery_one_end_a_job on delivery (job_id) where event in ('succeeded', 'failed', 'cancelled');
create index delivery_of_job on delivery (job_id);

-- What came of every attempt. The moment an attempt began tells it from all others of its delivery, so that one whose
-- recording is done twice is written once.
create table delivery_attempt (
    delivery_id text not null references delivery on delete cascade,
    number      integer not null check (number > 0),
    at          timestamptz not null,
    status      integer, -- null: no answer came, and `error` says why
    latency_ms  integer not null check (latency_ms >= 0),
    excerpt     text not null, -- the beginning of the answer
    is_private  boolean not null, -- it came from a network that the operator opened: the excerpt is the operator's alone
    error       text,
    primary key (delivery_id, number),
    unique (delivery_id, at)
);

-- Addresses of webhooks (scheme, host and path; never the query) that have done nothing but fail lately, or are switched
-- off. Locked after a delivery. A success deletes the row, unless it is switched off: that only its owner undoes.
create table webhook_endpoint (
    account_id    bigint not null references account,
    is_live       boolean not null,
    address       text not null,
    failing_since timestamptz not null,
    failures      integer not null check (failures > 0),
    last_status   integer,
    off_since     timestamptz,
    off_because   text check (off_because in ('gone', 'failing')),
    primary key (account_id, is_live, address),
    check ((off_since is null) = (off_because is null))
);

create type worker_state as enum (
    'ready',      -- -> testing (its engine failed several times in a row)
    'testing',    -- -> ready, quarantined
    'quarantined' -- takes no job; -> testing (again and again, with growing pauses)
);

create table worker (
    id           text primary key,
    pools        text[] not null,
    capabilities jsonb not null,
    doing        text, -- the job it works on
    started_at   timestamptz not null default clock_timestamp(),
    seen_at      timestamptz not null,
    state        worker_state not null default 'ready', -- of its best slot
    state_since  timestamptz not null default clock_timestamp(),
    reason       text, -- what is wrong with any of its slots
    host         text,
    engine       text, -- by its name in the deployment
    gpus         text, -- those that it was given, as the driver counts them; null: it was given none
    fleet        text, -- who keeps it; null: somebody else does
    slot         text, -- its place in that fleet
    is_drained   boolean not null default false -- it knows that it is to take no jobs
);
create index worker_seen on worker (seen_at);

-- Who leads a fleet, and what it last decided. That only one leads is kept by an advisory lock (store/fleet.py); whoever
-- writes here writes over the connection that holds it.
create table fleet (
    name      text primary key,
    leader    text not null, -- host and process
    backend   text not null,
    led_since timestamptz not null,
    seen_at   timestamptz not null,
    pools     json not null -- what each should have and has, for those who ask
);

-- Machines and workers that are to take no jobs until this row is gone.
create table drain (
    kind   text not null check (kind in ('host', 'worker')),
    target text not null,
    reason text not null,
    since  timestamptz not null,
    primary key (kind, target)
);

-- How long an engine last took to load: what a job waits besides when its pool has no worker.
create table engine_load (
    pool    text not null,
    engine  text not null,
    load_ms bigint not null check (load_ms >= 0),
    told_at timestamptz not null,
    primary key (pool, engine)
);

-- Pools of which no job is claimed for now. A claim that is under way as a pause commits may still get its job.
create table pool_pause (
    pool   text primary key,
    reason text not null,
    since  timestamptz not null,
    actor  text not null -- who said so, by the name that the key had then
);

-- A row is there while no new orders are taken.
create table maintenance (
    is_only boolean primary key default true check (is_only),
    message text not null, -- for customers
    since   timestamptz not null,
    until   timestamptz check (until > since), -- over by itself from then on
    actor   text not null
);

-- How each pool stood in a minute. Rows of more than a day are thinned to one in ten minutes, and deleted after eight days.
create table pool_minute (
    minute    timestamptz not null, -- its beginning
    pool      text not null,
    queued    integer not null check (queued >= 0),
    running   integer not null check (running >= 0),
    oldest_ms bigint not null check (oldest_ms >= 0), -- how long the job that would be next has waited
    primary key (minute, pool)
);

-- How many jobs of each pool ended in a minute, and how. Thinned like the rows above.
create table pool_outcome (
    minute timestamptz not null,
    pool   text not null, -- the one that they were with at their end
    code   text not null, -- succeeded, cancelled, or why they failed
    jobs   integer not null check (jobs > 0),
    primary key (minute, pool, code)
);

-- How much was stored when the store was last read as a whole.
create table stored (
    part       text primary key, -- jobs: results and previews; assets: uploads and references
    files      bigint not null check (files >= 0),
    size_bytes bigint not null check (size_bytes >= 0),
    counted_at timestamptz not null
);

-- Browsers that are signed in to the console: each stands for a key, and ends with it.
create table console_session (
    digest     bytea primary key check (octet_length(digest) = 32), -- SHA-256 of the cookie, which is never stored
    api_key_id bigint not null references api_key on delete cascade,
    began_at   timestamptz not null,
    expires_at timestamptz not null
);
create index console_session_of_key on console_session (api_key_id);
create index console_session_expiry on console_session (expires_at);

-- Each is good for one sign-in.
create table console_ticket (
    digest     bytea primary key check (octet_length(digest) = 32), -- SHA-256 of the ticket
    api_key_id bigint not null references api_key on delete cascade,
    expires_at timestamptz not null
);

-- Attempts that lost their job: whatever bytes they stored are nobody's. There is no foreign key to the job: a job may be
-- erased before its bytes are.
create table leftover (
    job_id  text not null,
    attempt integer not null check (attempt > 0),
    due_at  timestamptz not null, -- the bytes are to be deleted then
    sweeps  integer not null default 0, -- how often that was done
    primary key (job_id, attempt)
);
create index leftover_due on leftover (due_at);

-- When the service was audited. Of many workers one looks every hour.
create table audit_run (
    number   bigint generated always as identity primary key,
    began_at timestamptz not null,
    ended_at timestamptz, -- null: it goes on, or its process died
    findings integer -- how many things were wrong
);
create index audit_run_began on audit_run (began_at desc);

-- What one worker at a time does for the whole service.
create table chore (
    name     text primary key,
    begun_at timestamptz not null -- when somebody last took it on
);

-- What operators did, in the commit in which they did it. Never changed.
create table operator_action (
    number     bigint generated always as identity primary key,
    at         timestamptz not null,
    actor      text not null, -- the name of the key as it was then, or of the command line or the service
    api_key_id bigint, -- null: no key
    action     text not null, -- core/operators.py names them
    subject    text not null, -- what it was done to, such as account/7
    account_id bigint, -- whose that is; null: nobody's
    changes    json not null, -- without secrets
    request_id text
);
create index operator_action_by_kind on operator_action (action, number desc);
create index operator_action_of_subject on operator_action (subject, number desc);
create index operator_action_of_account on operator_action (account_id, number desc) where account_id is not null;

create function refuse_rewriting_the_operators_log() returns trigger language plpgsql as $$
begin
    raise exception 'the log of operators is append-only' using errcode = 'integrity_constraint_violation';
end $$;
create trigger operator_action_is_append_only before update or delete or truncate on operator_action
    for each statement execute function refuse_rewriting_the_operators_log();
