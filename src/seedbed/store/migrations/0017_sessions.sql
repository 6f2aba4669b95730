-- Browsers that are signed in to the console, tickets for one sign-in, and keys that stand for people who sign in by other
-- means than a key. Keys are few, and a column without a value is added without reading them.
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

alter table api_key add stands_for text;
create unique index api_key_standing on api_key (account_id, stands_for)
    where stands_for is not null and revoked_at is null;
