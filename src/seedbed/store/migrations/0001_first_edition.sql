-- Everything that the first edition stores: accounts, keys, money, lanes, jobs, assets, deliveries, workers.
-- The commentary stands in schema.sql.
set local lock_timeout = '300ms';
set local statement_timeout = '60s';

create table account (
    id         bigint generated always as identity primary key,
    name       text not null,
    created_at timestamptz not null default clock_timestamp()
);

create table api_key (
    id           bigint generated always as identity primary key,
    account_id   bigint not null references account,
    is_live      boolean not null,
    digest       bytea not null unique check (octet_length(digest) = 32),
    last_four    text not null check (length(last_four) = 4),
    name         text not null,
    scopes       text[] not null check (cardinality(scopes) > 0),
    created_at   timestamptz not null default clock_timestamp(),
    expires_at   timestamptz,
    revoked_at   timestamptz,
    last_used_at timestamptz
);
create index api_key_of_account on api_key (account_id, id);

create table webhook_secret (
    id         bigint generated always as identity primary key,
    account_id bigint not null references account,
    is_live    boolean not null,
    secret     text not null check (secret like 'whsec\_%'),
    created_at timestamptz not null default clock_timestamp(),
    retires_at timestamptz
);
create unique index webhook_secret_current on webhook_secret (account_id, is_live) where retires_at is null;

create table lane (
    account_id  bigint not null references account,
    is_live     boolean not null,
    pool        text not null,
    running     integer not null default 0 check (running >= 0),
    queued      integer not null default 0 check (queued >= 0),
    vtime_ms    bigint not null default 0,
    weight      integer not null default 1 check (weight > 0),
    max_running integer not null check (max_running > 0),
    primary key (account_id, is_live, pool)
) with (fillfactor = 50);
create index lane_ready on lane (pool, vtime_ms) where queued > 0 and running < max_running;
create index lane_active on lane (pool, vtime_ms) where queued + running > 0;
create index lane_clock on lane (pool, vtime_ms);

create type job_state as enum (
    'queued',
    'processing',
    'succeeded',
    'failed',
    'cancelled'
);

create table job (
    id            text primary key check (id like 'req\_%'),
    number        bigint generated always as identity unique,
    account_id    bigint not null,
    is_live       boolean not null,
    dialect       text not null,
    pool          text not null,
    state         job_state not null default 'queued',
    request       json not null, -- json, not jsonb: metadata comes back as its owner spelt it
    priority      smallint not null check (priority between 0 and 9),
    price_credits bigint not null check (price_credits >= 0),
    estimate_ms   bigint not null check (estimate_ms > 0),
    attempt       integer not null default 0,
    failures      integer not null default 0,
    version       integer not null default 1,
    run_at        timestamptz not null,
    deadline_at   timestamptz not null,
    lease_until   timestamptz,
    worker        text,
    stage         text,
    fraction      double precision check (fraction between 0 and 1),
    aspect_ratio  text,
    engine        text,
    shot_plan     json,
    warnings      text[] not null default '{}',
    output        json,
    error_code    text,
    error_message text,
    created_at    timestamptz not null,
    started_at    timestamptz,
    finished_at   timestamptz,
    foreign key (account_id, is_live, pool) references lane,
    check ((state = 'processing') = (lease_until is not null)),
    check ((state = 'processing') = (worker is not null)),
    check ((state = 'succeeded') = (output is not null)),
    check ((state = 'failed') = (error_code is not null)),
    check ((error_code is null) = (error_message is null)),
    check ((stage is null) = (fraction is null)),
    check ((state in ('succeeded', 'failed', 'cancelled')) = (finished_at is not null))
) with (fillfactor = 80);
create index job_next on job (account_id, is_live, pool, priority desc, number) where state = 'queued';
create index job_lease on job (lease_until) where state = 'processing';
create index job_deadline on job (deadline_at) where state in ('queued', 'processing');
create index job_of_account on job (account_id, is_live, number desc);
create index job_recent on job (pool, finished_at desc) where state = 'succeeded';

create function refuse_leaving_a_final_state() returns trigger language plpgsql as $$
begin
    raise exception 'job % is % and stays so', old.id, old.state using errcode = 'integrity_constraint_violation';
end $$;
create trigger job_final_states_are_final before update of state on job
    for each row when (old.state in ('succeeded', 'failed', 'cancelled'))
    execute function refuse_leaving_a_final_state();

create table idempotency (
    account_id bigint not null references account,
    is_live    boolean not null,
    scope      text not null,
    key        text not null check (length(key) between 1 and 255),
    digest     bytea not null check (octet_length(digest) = 32),
    job_id     text not null references job on delete cascade,
    answer     bytea not null,
    expires_at timestamptz not null,
    primary key (account_id, is_live, scope, key)
);
create index idempotency_expiry on idempotency (expires_at);
create index idempotency_of_job on idempotency (job_id);

create table balance (
    account_id        bigint not null references account,
    is_live           boolean not null,
    available_credits bigint not null default 0 check (available_credits >= 0),
    held_credits      bigint not null default 0 check (held_credits >= 0),
    primary key (account_id, is_live)
) with (fillfactor = 50);

create type bucket as enum (
    'issued',
    'available',
    'held',
    'revenue'
);
create type transfer_kind as enum ('topup', 'hold', 'capture', 'release', 'adjust');

create table transfer (
    id             bigint generated always as identity primary key,
    account_id     bigint not null,
    is_live        boolean not null,
    kind           transfer_kind not null,
    source         bucket not null,
    target         bucket not null,
    amount_credits bigint not null check (amount_credits > 0),
    job_id         text,
    hold_id        bigint,
    note           text,
    at             timestamptz not null,
    foreign key (account_id, is_live) references balance,
    unique (id, account_id, is_live, job_id, amount_credits),
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
    expires_at timestamptz not null
);
create index asset_expiry on asset (expires_at);

create table asset_pin (
    job_id   text not null references job on delete cascade,
    asset_id text not null references asset,
    primary key (job_id, asset_id)
);
create index asset_pin_of_asset on asset_pin (asset_id);

create type delivery_state as enum (
    'pending',
    'delivered',
    'exhausted',
    'stopped'
);

create table delivery (
    id              text primary key check (id like 'msg\_%'),
    job_id          text not null references job on delete cascade,
    event           job_state not null,
    url             text not null,
    state           delivery_state not null default 'pending',
    attempts        integer not null default 0,
    last_status     integer,
    last_latency_ms integer,
    last_excerpt    text,
    created_at      timestamptz not null,
    attempted_at    timestamptz,
    next_at         timestamptz
);
create unique index delivery_one_end_a_job on delivery (job_id) where event in ('succeeded', 'failed', 'cancelled');
create index delivery_of_job on delivery (job_id);

create table worker (
    id           text primary key,
    pools        text[] not null,
    capabilities jsonb not null,
    doing        text,
    started_at   timestamptz not null default clock_timestamp(),
    seen_at      timestamptz not null
);
create index worker_seen on worker (seen_at);
