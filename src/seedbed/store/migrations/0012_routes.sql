-- A job keeps the engines that may make it, which of them it is with, and what went wrong under the others; and what a
-- remote engine must not forget, such as the id of the job that it has ordered elsewhere.
-- Columns without a value, or with a constant one, are added without reading the table.
set local lock_timeout = '300ms';
set local statement_timeout = '60s';

alter table job
    add route  json,
    add leg    integer not null default 0 check (leg >= 0),
    add tried  json,
    add memory json,
    add sent   json;
