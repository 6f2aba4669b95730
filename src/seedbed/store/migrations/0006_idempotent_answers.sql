-- Lets an answer be stored that made no job (an upload, a redelivery), and announces work that outlasts a transaction.
-- Both statements only touch the catalogue, so they hold their locks for a moment.
set local lock_timeout = '300ms';
set local statement_timeout = '60s';

alter table idempotency alter column job_id drop not null;

create table idempotency_flight (
    account_id bigint not null references account,
    is_live    boolean not null,
    scope      text not null,
    key        text not null check (length(key) between 1 and 255),
    holder     text not null,
    held_until timestamptz not null,
    primary key (account_id, is_live, scope, key)
);
