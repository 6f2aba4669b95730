"""Everybody's jobs as the operator's API shows them."""

from __future__ import annotations

import msgspec

from seedbed.api.admin.job_wire import JobDetails, JobView, LegView
from seedbed.api.native.account import transfer_view
from seedbed.api.native.moments import shown, shown_or_null
from seedbed.api.native.webhooks import delivery_view
from seedbed.api.native.wire import GenerationView
from seedbed.core.keys import Mode
from seedbed.core.native_view import native_view
from seedbed.store import attempts, deliveries, job_board
from seedbed.store.database import Connection
from seedbed.store.job_board import Standing


def job_view(standing: Standing) -> JobView:
    job = standing.job
    return JobView(
        request_id=job.id,
        account_id=job.account_id,
        account_name=standing.account_name,
        key_id=job.api_key_id,
        mode=Mode.LIVE if job.is_live else Mode.TEST,
        dialect=job.dialect,
        status=job.state,
        model=(job.request.echo or {}).get("model", job.request.model),
        pool=job.pool,
        engine=job.engine,
        priority=standing.priority,
        attempt=job.attempt,
        failures=job.failures,
        worker=standing.worker,
        stage=job.progress.stage if job.progress else None,
        fraction=job.progress.fraction if job.progress else None,
        error_code=job.failure.code if job.failure else None,
        credits=job.charged_credits,
        created_at=shown(job.created_at),
        started_at=shown_or_null(job.started_at),
        finished_at=shown_or_null(job.finished_at),
    )


async def job_details(conn: Connection, standing: Standing, *, base_url: str) -> JobDetails:
    job = standing.job
    sent = await deliveries.of_job(conn, job.id)
    logs = await attempts.of_deliveries(conn, [delivery.id for delivery in sent])
    return JobDetails(
        job=job_view(standing),
        route=tuple(LegView(engine=leg.engine, pool=leg.pool) for leg in job.route),
        leg=job.leg,
        rank_at=shown(standing.rank_at),
        run_at=shown(standing.run_at),
        claimed_at=shown_or_null(job.claimed_at),
        lease_until=shown_or_null(standing.lease_until),
        deadline_at=shown(job.deadline_at),
        generation=msgspec.convert(native_view(job, base_url=base_url), GenerationView),
        transfers=tuple(map(transfer_view, await job_board.money_of(conn, job.id))),
        deliveries=tuple(delivery_view(delivery, logs[delivery.id]) for delivery in sent),
    )
