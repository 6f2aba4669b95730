"""The command line: which commands there are, and how an error reaches a person.

Nothing heavy is imported here or at the top of a command's file, so that `seedbed --help` answers at once. What a
person can mend is one line on the standard error and a non-zero exit code; a traceback only comes on request.
"""

from __future__ import annotations

import os
import sys

import typer

from seedbed.cli import (
    account_commands,
    audit,
    audit_log,
    backup,
    batch,
    conformance,
    contact_sheet,
    credit_commands,
    demo,
    doctor,
    engine_commands,
    env,
    fleet,
    generate,
    job_commands,
    key_commands,
    listen,
    maintenance_commands,
    mcp,
    migrate,
    model_commands,
    move,
    open_console,
    operator_jobs,
    pool_commands,
    restore,
    route,
    serve,
    settings_table,
    webhook_commands,
    work,
)
from seedbed.cli.console import complain
from seedbed.cli.exit_codes import exit_code_of
from seedbed.core.errors import SeedbedError

app = typer.Typer(
    name="seedbed",
    help="The open, self-hosted Seedance 2.0 Open API. Start with `seedbed demo` or `seedbed serve`.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(demo.demo)
app.command()(serve.serve)
app.command()(work.work)
app.command(name="console")(open_console.open_console)
app.add_typer(fleet.fleet, name="fleet")
app.command()(generate.generate)
app.command()(generate.estimate)
app.command()(job_commands.get)
app.command(name="list")(job_commands.list_jobs)
app.command()(job_commands.watch)
app.command()(job_commands.cancel)
app.command()(job_commands.upload)
app.command()(batch.batch)
app.command()(env.env)
app.command()(listen.listen)
app.command()(mcp.mcp)
app.add_typer(webhook_commands.webhook_commands, name="webhooks")
app.command(name="contact-sheet")(contact_sheet.contact_sheet)
app.add_typer(account_commands.accounts, name="accounts")
app.add_typer(key_commands.keys, name="keys")
app.add_typer(credit_commands.credit_commands, name="credits")
app.add_typer(pool_commands.pools, name="pools")
app.add_typer(operator_jobs.jobs, name="jobs")
app.add_typer(maintenance_commands.maintenance, name="maintenance")
app.command()(migrate.migrate)
app.command(name="settings")(settings_table.settings)
app.command()(doctor.doctor)
app.command()(route.route)
app.add_typer(engine_commands.engine_commands, name="engine")
app.add_typer(model_commands.model_commands, name="models")
app.command()(audit.audit)
app.command(name="audit-log")(audit_log.audit_log)
app.command()(conformance.conformance)
app.command()(backup.backup)
app.command()(restore.restore)
app.command()(move.move)


def main() -> None:
    """Run the command that was asked for, and leave with its exit code."""
    try:
        app(prog_name="seedbed")  # also where it is started as a module: completion goes by the name
    except SystemExit:
        raise  # the ordinary end of every command
    except _expected() as error:
        if os.environ.get("SEEDBED_LOG_LEVEL") == "debug":
            raise
        complain(_sentence(error))
        sys.exit(exit_code_of(error))


def _expected() -> tuple[type[BaseException], ...]:
    """Python asks only once something was raised, so a command that goes well never pays for these imports."""
    from seedbed_client import SeedbedError as ClientError

    return SeedbedError, ClientError, OSError


def _sentence(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    return str(error) or type(error).__name__


if __name__ == "__main__":
    main()
