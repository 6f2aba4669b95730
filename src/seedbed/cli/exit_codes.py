"""What the exit code of a command says. docs/cli.md has the same table; scripts rely on it."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    OK = 0
    FAILED = 1  # a job ended without a video, or something on this machine went wrong
    MISUSED = 2  # the command line itself is wrong
    REFUSED = 3  # the service said no
    UNREACHABLE = 4  # no answer, or none but that the service cannot answer now
    UNFINISHED = 5  # the time to wait is over; the job goes on
    INTERRUPTED = 130  # Ctrl-C; jobs that were ordered go on


def exit_code_of(error: BaseException) -> ExitCode:
    """Return the exit code that an error ends the command with."""
    from seedbed_client import ApiError, ConnectionFailed, WaitTimedOut

    match error:
        case ApiError():
            return ExitCode.UNREACHABLE if error.status >= 500 else ExitCode.REFUSED
        case ConnectionFailed():
            return ExitCode.UNREACHABLE
        case WaitTimedOut():
            return ExitCode.UNFINISHED
        case _:
            return ExitCode.FAILED
