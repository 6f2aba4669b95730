-- Lists with filters go on from `-number`, which only this index knows: by the unique index of `number` PostgreSQL would
-- walk over every job that is filtered out, because it takes all states to be equally frequent.
-- The index reads the table once while writers wait: seconds for a million jobs.
set local lock_timeout = '300ms';
set local statement_timeout = '60s';

drop index job_by_kind;
create index job_by_kind on job (account_id, is_live, (request ->> 'model'), state, (-number));
