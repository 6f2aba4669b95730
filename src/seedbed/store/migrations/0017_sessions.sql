-- Browsers that are signed in to the console, and tickets for one sign-in. Two new tables: nobody waits for them.
set local lock_timeout = '300ms';
set local statement_timeout = '60s';

create table console_session (
    digest     bytea primary key check (octet_length(digest) = 32),
    api_key_id bigint not null references api_key on delete cascade,
    began_at   timestamptz not null,
    expires_at timestamptz not null
);
create index console_session_of_key on console_session (api_key_id);
create index console_session_expiry on console_session (expires_at);

create table console_ticket (
    digest     bytea primary key check (octet_length(digest) = 32),
    api_key_id bigint not null references api_key on delete cascade,
    expires_at timestamptz not null
);
