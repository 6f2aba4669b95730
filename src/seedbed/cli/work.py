"""`seedbed work`: a worker on this machine, for a service anywhere."""

from __future__ import annotations


def work() -> None:
    """Run a worker against SEEDBED_DATABASE_URL: it takes jobs and makes their videos, until Ctrl-C."""
    from seedbed.cli.database import migrated
    from seedbed.cli.interrupts import run_loop
    from seedbed.core.errors import NotReady
    from seedbed.fleet.process import run_until_stopped
    from seedbed.settings import load_settings
    from seedbed.telemetry.logs import start_logging

    settings = load_settings()
    if settings.database_url is None:
        raise NotReady(
            "SEEDBED_DATABASE_URL is not set, so there is no service to work for. (`seedbed serve` without it brings "
            "its own database and its own worker.)"
        )
    start_logging(settings.log_level)
    migrated(settings.database_url, may_change=False)
    run_loop(run_until_stopped(settings))
