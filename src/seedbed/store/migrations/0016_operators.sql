-- What operators decide about accounts (disabled, unlimited, a monthly refill) and about what a key may charge in a month,
-- and the log of what they did. Both tables that get columns are small; the new ones nobody waits for. What was charged
-- before is not counted: no key has a cap yet.
set local lock_timeout = '300ms';
set local statement_timeout = '60s';

alter table api_key add monthly_cap_credits bigint check (monthly_cap_credits > 0);

alter table account
    add disabled_at timestamptz,
    add disabled_because text,
    add is_unlimited boolean not null default false,
    add refill_credits bigint check (refill_credits > 0),
    add refill_from date,
    add check ((disabled_at is null) = (disabled_because is null)),
    add check ((refill_credits is null) = (refill_from is null));
create index account_refilled on account (refill_from) where refill_credits is not null;

create table refill (
    account_id    bigint not null references account,
    month         date not null,
    given_credits bigint not null check (given_credits >= 0),
    at            timestamptz not null,
    primary key (account_id, month)
);

create table key_spending (
    api_key_id      bigint not null,
    month           date not null,
    charged_credits bigint not null check (charged_credits >= 0),
    primary key (api_key_id, month)
) with (fillfactor = 50);

create table operator_action (
    number     bigint generated always as identity primary key,
    at         timestamptz not null,
    actor      text not null,
    api_key_id bigint,
    action     text not null,
    subject    text not null,
    account_id bigint,
    changes    json not null,
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
